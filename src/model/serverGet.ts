import type { Clock } from "../base/clock.ts";
import { type Fetch, HttpCall } from "./httpCall.ts";
import { ModelError } from "./modelErrors.ts";
import { modelError } from "./serverFailure.ts";

export interface GetOptions {
  readonly fetch: Fetch;
  readonly apiKey: () => Promise<string | undefined>;
  readonly clock: Clock;
  /** Until the answer's first byte, and between its pieces; all of it may take twice as long. */
  readonly withinMs: number;
}

export interface GotJson {
  readonly status: number;
  /** Undefined where the answer is not JSON. */
  readonly body: unknown;
  /** Why what came is not looked at: a web page, or a way to another server. */
  readonly failure?: ModelError;
}

/**
 * A small question outside the OpenAI protocol. Any answer counts, a refusal too.
 * @throws {ModelError} when there is none, or the signal's reason when it aborts.
 */
export async function getJson(url: string, options: GetOptions, signal: AbortSignal): Promise<GotJson> {
  const { withinMs } = options;
  const timeouts = { firstByteMs: withinMs, betweenChunksMs: withinMs, wholeMs: 2 * withinMs };
  const call = new HttpCall({ ...options, timeouts, signal });
  try {
    const response = await call.fetch(url, { headers: { accept: "application/json" } });
    return { status: response.status, body: parsed(await response.text()) };
  } catch (error) {
    signal.throwIfAborted();
    const failure = error instanceof ModelError ? error : call.failure;
    // This is not what was looked for, but somebody is there.
    if (failure?.code === "bad-response") return { status: 0, body: undefined, failure };
    if (failure) throw failure;
    const message = error instanceof Error ? error.message : String(error);
    throw modelError({ message, cause: call.cause ?? error }, { server: new URL(url).host, model: "", url });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
