import type { Log } from "../base/log.ts";
import { ApiError } from "./apiError.ts";
import type { EngineConfig } from "./protocol.ts";

/** Who hears what llama.cpp says; `level` as node-llama-cpp names it. */
export interface Listener {
  hear(level: string, message: string): void;
}

/** What llama.cpp will have complained of, from now on. */
export function complaintsOf(listener: Listener, log: Log): readonly string[] {
  const complaints: string[] = [];
  listener.hear = (level, message) => {
    if (level === "error" || level === "fatal") complaints.push(message);
    log.debug(`llama.cpp: ${message}`);
  };
  return complaints;
}

/** Longest wait for llama.cpp's own words on a failure. */
const complaintsMs = 200;

/** What llama.cpp says comes through a queue of its own, which ends with it. */
export async function complaintsHeard(complaints: readonly string[]): Promise<void> {
  const deadline = performance.now() + complaintsMs;
  while (complaints.length === 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Why a model or its adapter was not loaded, in llama.cpp's words where it said any. */
export function loadFailure(
  error: unknown,
  complaints: readonly string[],
  { modelPath, adapterPath }: Pick<EngineConfig, "modelPath" | "adapterPath">,
): ApiError {
  if (error instanceof ApiError) return error;
  const said = error instanceof Error ? error.message : String(error);
  if (adapterPath !== undefined && /lora/i.test(said)) {
    return new ApiError(
      "bad-adapter",
      `llama.cpp cannot use the adapter ${adapterPath}: ${complaints.at(-1) ?? said}`,
    );
  }
  const detail = complaints.find((complaint) => complaint.includes("error loading model"));
  const reason = detail?.replace(/^.*error loading model: /, "") ?? said;
  return new ApiError("bad-model-file", `llama.cpp cannot load ${modelPath}: ${reason}`);
}
