import { ModelError } from "./modelErrors.ts";

export function crashed(message: string, cause?: unknown): ModelError {
  return new ModelError(
    "engine-crashed",
    message,
    "It is started again by itself; try again in a moment.",
    cause,
  );
}

export function badResponse(message: string, cause?: unknown): ModelError {
  return new ModelError(
    "bad-response",
    message,
    "Restart the engine, and report this if it happens again.",
    cause,
  );
}
