import { APIConnectionError, APIError, OpenAI } from "openai";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { abortableWait } from "./abortableWait.ts";
import { completionEvents, isRecord } from "./completionEvents.ts";
import {
  type Body,
  chatBody,
  completionBody,
  type FimWays,
  rejectedField,
  withoutRejected,
} from "./completionRequest.ts";
import { type CallTimeouts, type Fetch, HttpCall } from "./httpCall.ts";
import type { ChatRequest, CompletionEvent, FimRequest, ModelClient } from "./modelClient.ts";
import { ModelError } from "./modelErrors.ts";
import { systemCode } from "./modelStoreError.ts";
import { modelError, retryAfterMs, type ServerFailure } from "./serverFailure.ts";

export interface OpenAiClientOptions extends Pick<FimWays, "dialect" | "renderFim" | "renderContext"> {
  /** With the version, for example `http://127.0.0.1:8080/v1`. */
  readonly baseUrl: string;
  readonly fetch: Fetch;
  /** Asked before every request, so that a new key counts at once. */
  readonly apiKey: () => Promise<string | undefined>;
  readonly completionModel: string;
  readonly chatModel: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeouts?: CallTimeouts;
  /** From 0 to below 1, spreads retries; `Math.random` unless given. */
  readonly random?: () => number;
}

const defaultTimeouts: CallTimeouts = { firstByteMs: 60_000, betweenChunksMs: 30_000 };
const maxRetries = 2;
const retryBaseMs = 500;
/** A server that asks for a longer wait is reported instead. */
const longestWaitMs = 10_000;
/** The SDK's own timer is set out of the way: {@link HttpCall} keeps time. */
const sdkTimeoutMs = 2 ** 31 - 1;

/** Answers with which servers say that they have no such route. */
const lacksRoute = new Set(["model-not-found", "bad-response"]);

const brokenConnection = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

type Ask<T> = (sdk: OpenAI, signal: AbortSignal) => Promise<T>;

interface Answer<T> {
  readonly value: T;
  readonly call: HttpCall;
}

interface StreamWays {
  readonly model: string;
  readonly candidates: number;
  readonly special: readonly string[];
  readonly retries: number;
}

/** The client of every backend, the embedded engine included. */
export class OpenAiClient implements ModelClient {
  readonly #options: OpenAiClientOptions;
  /** Fields that this server has refused. */
  readonly #rejected = new Set<string>();
  #hasTokenize = true;

  constructor(options: OpenAiClientOptions) {
    this.#options = options;
  }

  async *complete(
    request: FimRequest,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    const { completionModel: model } = this.#options;
    const { body, special } = completionBody(request, { ...this.#options, model });
    const open =
      (rest: Body): Ask<AsyncIterable<unknown>> =>
      (sdk, callSignal) =>
        sdk.completions.create(rest as unknown as OpenAI.CompletionCreateParamsStreaming, {
          signal: callSignal,
        });
    yield* this.#stream(body, open, { model, candidates: request.candidates, special, retries: 0 }, signal);
  }

  async *chat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    const { chatModel: model } = this.#options;
    const open =
      (rest: Body): Ask<AsyncIterable<unknown>> =>
      (sdk, callSignal) =>
        sdk.chat.completions.create(rest as unknown as OpenAI.ChatCompletionCreateParamsStreaming, {
          signal: callSignal,
        });
    const how = { model, candidates: 1, special: [], retries: maxRetries };
    yield* this.#stream(chatBody(request, model), open, how, signal);
  }

  async prefill(request: FimRequest, signal: AbortSignal): Promise<void> {
    if (this.#options.dialect !== "engine" || signal.aborted) return;
    const { completionModel: model, log } = this.#options;
    const {
      stream: _,
      stream_options: __,
      logprobs: ___,
      ...body
    } = completionBody(request, {
      ...this.#options,
      model,
    }).body;
    const prefill = { ...body, max_tokens: 0, n: 1, priority: "prefill" };
    try {
      await this.#call(
        (sdk, callSignal) =>
          sdk.completions.create(prefill as unknown as OpenAI.CompletionCreateParamsNonStreaming, {
            signal: callSignal,
          }),
        model,
        signal,
      );
    } catch (error) {
      if (!signal.aborted) log.debug(`Prefill failed: ${String(error)}`);
    }
  }

  async countTokens(text: string, signal: AbortSignal): Promise<number | undefined> {
    if (!this.#hasTokenize) return undefined;
    const url = new URL("/tokenize", this.#options.baseUrl).href;
    let answer: unknown;
    try {
      ({ value: answer } = await this.#call(
        (sdk, callSignal) =>
          sdk.post(url, { body: { content: text, add_special: false }, signal: callSignal }),
        this.#options.completionModel,
        signal,
      ));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ModelError && lacksRoute.has(error.code))) throw error;
    }
    if (isRecord(answer) && Array.isArray(answer["tokens"])) return answer["tokens"].length;
    this.#hasTokenize = false;
    return undefined;
  }

  /**
   * The names of the models that the server offers.
   * @throws {ModelError}, or the signal's reason when it aborts.
   */
  async listModels(signal: AbortSignal): Promise<readonly string[]> {
    const { value: page }: Answer<unknown> = await this.#withRetries(
      maxRetries,
      () =>
        this.#call(
          (sdk, callSignal) => sdk.get("/models", { signal: callSignal }),
          this.#options.completionModel,
          signal,
        ),
      signal,
    );
    const entries = isRecord(page) ? page["data"] : undefined;
    if (!Array.isArray(entries))
      throw new ModelError(
        "bad-response",
        `${this.#server} does not list models the OpenAI way.`,
        "Check that the address belongs to an OpenAI-compatible server; it usually ends in /v1.",
      );
    return entries.flatMap((entry) =>
      isRecord(entry) && typeof entry["id"] === "string" ? [entry["id"]] : [],
    );
  }

  async *#stream(
    body: Body,
    open: (body: Body) => Ask<AsyncIterable<unknown>>,
    how: StreamWays,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    try {
      if (!signal.aborted) {
        const { value: chunks, call } = await this.#withRetries(
          how.retries,
          () => this.#withoutRefused(body, open, how.model, signal),
          signal,
        );
        try {
          for await (const event of completionEvents(chunks, how.candidates, how.special)) {
            if (signal.aborted) break;
            yield event;
            if (event.type === "done") return;
          }
        } catch (error) {
          throw this.#translate(error, call, how.model);
        }
      }
    } catch (error) {
      if (!signal.aborted && apiErrorOf(error)?.code !== "superseded") throw error;
    }
    yield { type: "done", finishReason: "cancelled", usage: {} };
  }

  /** Asks again without an optional field that the server refuses, and remembers it. */
  async #withoutRefused<T>(
    body: Body,
    open: (body: Body) => Ask<T>,
    model: string,
    signal: AbortSignal,
  ): Promise<Answer<T>> {
    for (;;) {
      const sent = withoutRejected(body, this.#rejected);
      try {
        return await this.#call(open(sent), model, signal);
      } catch (error) {
        const refusal = apiErrorOf(error);
        if (refusal?.status !== 400 && refusal?.status !== 422) throw error;
        const field = rejectedField(sent, refusal.message);
        if (field === undefined) throw error;
        this.#options.log.debug(`${this.#server} refuses the field ${field}; going on without it.`);
        this.#rejected.add(field);
      }
    }
  }

  async #call<T>(ask: Ask<T>, model: string, signal: AbortSignal): Promise<Answer<T>> {
    const { fetch, apiKey, clock, timeouts = defaultTimeouts } = this.#options;
    const call = new HttpCall({ fetch, apiKey, clock, timeouts, signal });
    const sdk = new OpenAI({
      baseURL: this.#options.baseUrl,
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
      return { value: await ask(sdk, signal), call };
    } catch (error) {
      signal.throwIfAborted();
      throw this.#translate(error, call, model);
    }
  }

  async #withRetries<T>(retries: number, attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, random = Math.random } = this.#options;
    for (let tries = 0; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        const asked = signal.aborted || tries >= retries ? undefined : askedWaitMs(error);
        if (asked === undefined || asked > longestWaitMs) throw error;
        await abortableWait(clock, Math.max(asked, retryBaseMs * 2 ** tries * (0.5 + random())), signal);
      }
    }
  }

  #translate(error: unknown, call: HttpCall, model: string): ModelError {
    if (error instanceof ModelError) return error;
    if (call.failure) return call.failure;
    if (call.cause instanceof ModelError) return call.cause;
    return modelError(failureOf(error, call.cause), { server: this.#server, model });
  }

  get #server(): string {
    return this.#options.dialect === "engine" ? "The engine" : new URL(this.#options.baseUrl).host;
  }
}

function failureOf(error: unknown, cause: unknown): ServerFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof APIError))
    return { message, type: cause === undefined ? "malformed" : undefined, cause: cause ?? error };
  return {
    // An error that arrives as an event of a stream has no status of its own.
    status: error.status ?? (error instanceof APIConnectionError ? undefined : 500),
    code: typeof error.code === "string" ? error.code : undefined,
    type: typeof error.type === "string" ? error.type : undefined,
    message,
    retryAfter: error.headers?.get("retry-after") ?? undefined,
    cause: cause ?? error,
  };
}

/** The server's refusal behind an error. */
function apiErrorOf(error: unknown): APIError | undefined {
  return error instanceof ModelError && error.cause instanceof APIError ? error.cause : undefined;
}

/** How long to wait before another try, or undefined where another try makes no sense. */
function askedWaitMs(error: unknown): number | undefined {
  const refusal = apiErrorOf(error);
  if (refusal?.status === 429 || refusal?.status === 503)
    return retryAfterMs(refusal.headers?.get("retry-after") ?? undefined) ?? 0;
  const code = systemCode(error);
  return code !== undefined && brokenConnection.has(code) ? 0 : undefined;
}
