import { APIConnectionError, APIError, OpenAI } from "openai";
import { Stream } from "openai/streaming";
import type { Clock } from "../base/clock.ts";
import { isRecord } from "./completionEvents.ts";
import type { Chunks, Connection } from "./connection.ts";
import type { Body, DialectRow } from "./dialects.ts";
import { type CallTimeouts, type Fetch, HttpCall } from "./httpCall.ts";
import { ModelError } from "./modelErrors.ts";
import { systemCode } from "./modelStoreError.ts";
import { type FailurePlace, modelError, retryAfterMs, type ServerFailure } from "./serverFailure.ts";

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

/** A refusal as the server gave it. */
export interface Refusal {
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly message: string;
}

const defaultTimeouts: CallTimeouts = { firstByteMs: 60_000, betweenChunksMs: 30_000 };
/** The SDK's own timer is set out of the way: {@link HttpCall} keeps time. */
const sdkTimeoutMs = 2 ** 31 - 1;
const brokenConnection = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

type Ask<T> = (sdk: OpenAI) => PromiseLike<T>;

/** Requests to one server through the OpenAI SDK; every failure comes out as a {@link ModelError}. */
export class ServerConnection implements Connection {
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  async get(path: string, model: string, signal: AbortSignal): Promise<unknown> {
    return (await this.#call((sdk) => sdk.get(path, { signal }), model, signal)).value;
  }

  async post(url: string, body: Body, model: string, signal: AbortSignal): Promise<unknown> {
    return (await this.#call((sdk) => sdk.post(url, { body, signal }), model, signal)).value;
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
    const { value, call } = await this.#call(
      async (sdk) => {
        const response = await sdk.post(url, { body, signal: either, stream: true }).asResponse();
        return chunksOf(response, form, ended, sdk);
      },
      model,
      signal,
    );
    return this.#translated(value, call, model);
  }

  async *#translated(chunks: Chunks, call: HttpCall, model: string): Chunks {
    try {
      yield* chunks;
    } catch (error) {
      throw this.#translate(error, call, model);
    }
    // The SDK ends a stream quietly that was aborted, also when this side gave up on it.
    if (call.failure) throw call.failure;
  }

  async #call<T>(
    ask: Ask<T>,
    model: string,
    signal: AbortSignal,
  ): Promise<{ readonly value: T; readonly call: HttpCall }> {
    const { fetch, apiKey, clock, timeouts = defaultTimeouts, baseUrl } = this.#options;
    const call = new HttpCall({ fetch, apiKey, clock, timeouts, signal });
    const sdk = new Sdk({
      baseURL: baseUrl,
      // The call adds the real key; a value here keeps the SDK from taking one out of the environment.
      apiKey: "unused",
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      fetch: call.fetch,
      maxRetries: 0,
      timeout: sdkTimeoutMs,
      logLevel: "off",
      // The SDK refuses to run where it sees a browser's globals; the editor's host may have some.
      dangerouslyAllowBrowser: true,
    });
    try {
      return { value: await ask(sdk), call };
    } catch (error) {
      signal.throwIfAborted();
      throw this.#translate(error, call, model);
    }
  }

  #translate(error: unknown, call: HttpCall, model: string): ModelError {
    if (error instanceof ModelError) return error;
    if (call.failure) return call.failure;
    if (call.cause instanceof ModelError) return call.cause;
    const { name: server, baseUrl: url } = this.#options;
    return modelError(failureOf(keyless(error, call), call.cause), { server, model, url });
  }
}

/** The server's words without the key. Of the headers only the wait is of use. */
function keyless(error: unknown, { hideKey }: HttpCall): unknown {
  if (!(error instanceof APIError) || error instanceof APIConnectionError) return error;
  const retryAfter = error.headers?.get("retry-after");
  const headers = new Headers(retryAfter ? { "retry-after": retryAfter } : {});
  const { status, message } = error;
  const body = mapTexts(error.error, hideKey);
  return new APIError(status, body as object, hideKey(message.replace(/^\d{3} /, "")), headers);
}

/** `value` with another text in place of each. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((entry) => mapTexts(entry, change));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, mapTexts(entry, change)]));
}

/** Not every server wraps its errors as OpenAI does: FastAPI's come as `detail`, some bare. */
class Sdk extends OpenAI {
  protected override makeStatusError(
    status: number,
    error: object,
    message: string | undefined,
    headers: Headers,
  ): APIError {
    if (!isRecord(error) || isRecord(error["error"]))
      return super.makeStatusError(status, error, message, headers);
    const said = error["error"] ?? error["message"] ?? error["detail"] ?? error;
    const text = typeof said === "string" ? said : (validationText(said) ?? JSON.stringify(said));
    return super.makeStatusError(status, { error: { ...error, message: text } }, text, headers);
  }
}

/** FastAPI's list of what is wrong with a request, without the request's own text, which it repeats as `input`. */
function validationText(said: unknown): string | undefined {
  if (!Array.isArray(said)) return undefined;
  const problems = said.filter(isRecord).map(({ loc, msg }) => {
    const place = Array.isArray(loc) ? `${loc.join(".")}: ` : "";
    return `${place}${typeof msg === "string" ? msg : "not valid"}`;
  });
  return problems.length > 0 ? problems.join("; ") : undefined;
}

/** A server that does not stream gives one chunk. */
async function* chunksOf(
  response: Response,
  { framing, chunk }: Pick<DialectRow, "framing" | "chunk">,
  ended: AbortController,
  sdk: OpenAI,
): Chunks {
  if (!response.body)
    throw new ModelError(
      "bad-response",
      "The server answered with nothing.",
      "Check that the address belongs to a model server; its own log may say more.",
    );
  const isWhole = /^application\/json\b/i.test(response.headers.get("content-type") ?? "");
  const values: AsyncIterable<unknown> | unknown[] =
    framing === "lines"
      ? Stream.fromReadableStream(response.body, ended, sdk)
      : isWhole
        ? [await response.json()]
        : Stream.fromSSEResponse(response, ended, sdk);
  for await (const value of values) {
    if (isRecord(value) && value["error"]) {
      const said = value["error"];
      const error = typeof said === "string" ? { message: said } : (said as object);
      throw new APIError(undefined, error, undefined, response.headers);
    }
    yield chunk && isRecord(value) ? chunk(value) : value;
  }
}

/** @param status undefined where the error came in the middle of an answer */
export function refused(status: number | undefined, error: object, place: FailurePlace): ModelError {
  return modelError(failureOf(new APIError(status, error, undefined, undefined), undefined), place);
}

function failureOf(error: unknown, cause: unknown): ServerFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof APIError))
    // What could not be read quotes the answer, in which the key may stand: it goes no further.
    return cause === undefined ? { message, isUnreadable: true } : { message, cause };
  return {
    // An error that arrives as an event of a stream has no status of its own.
    status: error.status ?? (error instanceof APIConnectionError ? undefined : 500),
    code: typeof error.code === "string" ? error.code : undefined,
    type: typeof error.type === "string" ? error.type : undefined,
    message: saidBy(error),
    retryAfter: error.headers?.get("retry-after") ?? undefined,
    cause: cause ?? error,
  };
}

/** The server's own words; the SDK's message puts the status in front of them. */
function saidBy(error: APIError): string {
  const body: unknown = error.error;
  const own = isRecord(body) ? body["message"] : undefined;
  return typeof own === "string" && own !== "" ? own : error.message.replace(/^\d{3} /, "");
}

/** The server's refusal behind an error; undefined for failures on the way. */
export function refusalOf(error: unknown): Refusal | undefined {
  const cause = error instanceof ModelError ? error.cause : undefined;
  if (!(cause instanceof APIError)) return undefined;
  return {
    status: cause.status,
    code: typeof cause.code === "string" ? cause.code : undefined,
    message: cause.message,
  };
}

/** How long a failed request should wait for its next try, or undefined where another try makes no sense. */
export function askedWaitMs(error: unknown): number | undefined {
  const cause = error instanceof ModelError ? error.cause : undefined;
  if (cause instanceof APIError && (cause.status === 429 || cause.status === 503))
    return retryAfterMs(cause.headers?.get("retry-after") ?? undefined) ?? 0;
  const code = systemCode(error);
  return code !== undefined && brokenConnection.has(code) ? 0 : undefined;
}
