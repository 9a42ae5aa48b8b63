import { WispError } from "../base/wispError.ts";

export type ModelErrorCode =
  /** No model is chosen or its file is not on disk. */
  | "no-model"
  /** The file is there but is not a model the engine can load (truncated, not GGUF, unknown architecture). */
  | "bad-model-file"
  /** The adapter is none, or it was made for another model. */
  | "bad-adapter"
  /** The machine has too little free memory for the model and its context. */
  | "out-of-memory"
  /** The model has no fill-in-the-middle tokens, so it cannot complete (it may still chat). */
  | "no-fim"
  /** The embedded engine died; it is being restarted. */
  | "engine-crashed"
  /** The embedded engine died too often or was stopped; only the user starts it again. */
  | "engine-stopped"
  /** Nothing answers at the server's address. */
  | "unreachable"
  | "unauthorized"
  | "model-not-found"
  | "rate-limited"
  | "timeout"
  | "context-overflow"
  /** The server is there and does not take this request. */
  | "refused"
  /** The server answered with something that is not the protocol. */
  | "bad-response"
  | "server-error";

/** Every failure that a {@link ModelClient} can report. */
export class ModelError extends WispError<ModelErrorCode> {}

/** A failure of any kind as one that tells the user what to do. */
export function asModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ModelError("server-error", message, "See Wisp's log for what happened.", error);
}
