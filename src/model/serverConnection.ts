import type { Clock } from "../base/clock.ts";
import { isRecord } from "./completionEvents.ts";
import type { Chunks, Connection } from "./connection.ts";
import type { Body, DialectRow } from "./dialects.ts";
import { type CallTimeouts, type Fetch, HttpCall } from "./httpCall.ts";
import { ModelError } from "./modelErrors.ts";
import type { SdkClient, SdkRefusal } from "./openAiSdk.ts";
import { type FailurePlace, modelError } from "./serverFailure.ts";
import { errorIn, Refusal, refused } from "./serverRefusal.ts";

export interface ConnectionOptions {
  /** With the version, for example `http://127.0.0.1:8080/v1`. */
  readonly baseUrl: string;
  readonly fetch: Fetch;
  /** Asked before every request, so that a new key counts at once. */
  readonly apiKey: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly timeouts?: CallTimeouts;
  /** For people. */
  readonly name: string;
}

const defaultTimeouts: CallTimeouts = { firstByteMs: 60_000, betweenChunksMs: 30_000 };

type Ask<T> = (client: SdkClient) => PromiseLike<T>;

interface Answered<T> extends Way {
  readonly value: T;
}

/** What one request goes through. */
interface Way {
  readonly client: SdkClient;
  readonly call: HttpCall;
  readonly model: string;
}

/** Requests to one server through the OpenAI SDK; every failure comes out as a {@link ModelError}. */
export class ServerConnection implements Connection {
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  async get(path: string, model: string, signal: AbortSignal): Promise<unknown> {
    return (await this.#call((client) => client.get(path, { signal }), model, signal)).value;
  }

  async post(url: string, body: Body, model: string, signal: AbortSignal): Promise<unknown> {
    return (await this.#call((client) => client.post(url, { body, signal }), model, signal)).value;
  }

  async open(
    url: string,
    body: Body,
    form: Pick<DialectRow, "framing" | "chunk">,
    model: string,
    signal: AbortSignal,
  ): Promise<Chunks> {
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const ask: Ask<Response> = (client) =>
      client.post(url, { body, signal: either, stream: true }).asResponse();
    return this.#chunks(await this.#call(ask, model, signal), form, ended);
  }

  /** A server that does not stream gives one chunk. */
  async *#chunks(
    { value: response, ...way }: Answered<Response>,
    { framing, chunk }: Pick<DialectRow, "framing" | "chunk">,
    ended: AbortController,
  ): Chunks {
    const { client, call } = way;
    try {
      if (!response.body) throw nothing();
      const isWhole = /^application\/json\b/i.test(response.headers.get("content-type") ?? "");
      const values: AsyncIterable<unknown> | unknown[] =
        framing === "lines"
          ? client.lines(response.body, ended)
          : isWhole
            ? [await response.json()]
            : client.events(response, ended);
      for await (const value of values) {
        const error = isRecord(value) && value["error"];
        if (error) {
          const body = typeof error === "string" ? { message: error } : error;
          const retryAfter = response.headers.get("retry-after") ?? undefined;
          throw this.#refused({ status: undefined, body, text: "", retryAfter }, way);
        }
        yield chunk && isRecord(value) ? chunk(value) : value;
      }
    } catch (error) {
      throw this.#translate(error, way);
    }
    // The SDK ends a stream quietly that was aborted, also when this side gave up on it.
    if (call.failure) throw call.failure;
  }

  async #call<T>(ask: Ask<T>, model: string, signal: AbortSignal): Promise<Answered<T>> {
    const { fetch, apiKey, clock, timeouts = defaultTimeouts, baseUrl } = this.#options;
    const { SdkClient } = await loadedSdk(signal);
    const call = new HttpCall({ fetch, apiKey, clock, timeouts, signal });
    const client = new SdkClient(baseUrl, call.fetch);
    const way: Way = { client, call, model };
    try {
      return { ...way, value: await ask(client) };
    } catch (error) {
      signal.throwIfAborted();
      throw this.#translate(error, way);
    }
  }

  #translate(error: unknown, way: Way): ModelError {
    const { client, call, model } = way;
    if (error instanceof ModelError) return error;
    if (call.failure) return call.failure;
    const { cause } = call;
    if (cause instanceof ModelError) return cause;
    const refusal = client.refusalIn(error);
    if (refusal) return this.#refused(refusal, way);
    const message = error instanceof Error ? error.message : String(error);
    // What could not be read quotes the answer, in which the key may stand: it goes no further.
    const failure = cause === undefined ? { message, isUnreadable: true } : { message, cause };
    return modelError(failure, this.#place(model));
  }

  /** In the server's words without the key. */
  #refused({ status, body, text, retryAfter }: SdkRefusal, { call, model }: Way): ModelError {
    const { hideKey, cause } = call;
    const said = mapTexts(body, hideKey);
    const error = status === undefined ? said : errorIn(said);
    const refusal = new Refusal({ status, error, text: hideKey(text), retryAfter });
    return refused(refusal, this.#place(model), cause);
  }

  #place(model: string): FailurePlace {
    const { name: server, baseUrl: url } = this.#options;
    return { server, model, url };
  }
}

/** @throws {ModelError}, or the signal's reason when it aborts. */
async function loadedSdk(signal: AbortSignal): Promise<typeof import("./openAiSdk.ts")> {
  try {
    return await import("./openAiSdk.ts");
  } catch (error) {
    throw new ModelError(
      // What stands in for a server that is not there may stand in now too.
      "unreachable",
      "The part of Wisp that asks servers could not be loaded.",
      "Reload the window; if it stays so, install Wisp again.",
      error,
    );
  } finally {
    signal.throwIfAborted();
  }
}

/** `value` with another text in place of each. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((entry) => mapTexts(entry, change));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, mapTexts(entry, change)]));
}

function nothing(): ModelError {
  return new ModelError(
    "bad-response",
    "The server answered with nothing.",
    "Check that the address belongs to a model server; its own log may say more.",
  );
}
