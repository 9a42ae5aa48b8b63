import type { Log } from "../base/log.ts";
import { completionEvents, foreseenTokens, isRecord, weighedTokens } from "./completionEvents.ts";
import {
  chatBody,
  completionBody,
  type FimWays,
  prefillBody,
  probabilitiesField,
  RefusedFields,
  refusedField,
} from "./completionRequest.ts";
import type { Chunks, Connection } from "./connection.ts";
import { type Body, type DialectRow, dialects, dialectUrl, serverRoot } from "./dialects.ts";
import type { CallTimeouts } from "./httpCall.ts";
import type {
  ChatRequest,
  CompletionEvent,
  FimRequest,
  ModelClient,
  TokenProbability,
  WeighedToken,
  WeighRequest,
} from "./modelClient.ts";
import { ModelError, type ModelErrorCode } from "./modelErrors.ts";
import { withRetries } from "./retries.ts";
import { type ConnectionOptions, ServerConnection } from "./serverConnection.ts";
import { serviceKind } from "./serverKinds.ts";
import { askedWaitMs, refusalOf } from "./serverRefusal.ts";
import type { SpecialTokens } from "./specialTokenGuard.ts";

export type OpenAiClientOptions = ClientOptions & (ServerWay | OtherWay);

type ServerWay = Omit<ConnectionOptions, "name">;

/** For who is not reached over HTTP. */
interface OtherWay extends Pick<ServerWay, "baseUrl" | "clock"> {
  readonly connection: Connection;
}

interface ClientOptions extends Pick<FimWays, "dialect" | "renderFim" | "renderContext" | "user"> {
  readonly completionModel: string;
  readonly chatModel: string;
  readonly log: Log;
  /** From 0 to below 1, spreads retries; `Math.random` unless given. */
  readonly random?: () => number;
  /** For a test of the model: what it writes like special tokens stays in its completions. */
  readonly showsSpecialTokens?: boolean;
}

const maxRetries = 2;
const weighedAlternatives = 4;
/** Of a token count, which can be estimated: a gateway that lets the path hang is not to hold up what waits for it. */
const countTimeouts: CallTimeouts = { firstByteMs: 3_000, betweenChunksMs: 3_000 };

/** Answers that may name a field which the server does not take; llama-cpp-python says it with 500. */
const refusing = new Set<number | undefined>([400, 422, 500]);

/** Answers with which servers, and gateways in front of them, say that they have no such route. */
const lacksRoute = new Set<ModelErrorCode>(["model-not-found", "bad-response", "refused", "unauthorized"]);

interface StreamWays extends Pick<DialectRow, "framing" | "chunk"> {
  readonly url: string;
  readonly model: string;
  readonly candidates: number;
  readonly special: SpecialTokens | undefined;
  readonly refused: RefusedFields;
  readonly retries: number;
}

/** The client of every backend, the embedded engine included. */
export class OpenAiClient implements ModelClient {
  readonly #options: OpenAiClientOptions;
  readonly #connection: Connection;
  readonly #counting: Connection;
  /** Apart, because a service may know other fields in its chat than in its completions. */
  readonly #refused = { completion: new RefusedFields(), chat: new RefusedFields() };
  #hasTokenize: boolean;

  constructor(options: OpenAiClientOptions) {
    this.#options = options;
    // A service on the net is asked its documented ways only.
    this.#hasTokenize = serviceKind(options.baseUrl) === undefined;
    if ("connection" in options) {
      this.#connection = options.connection;
      this.#counting = options.connection;
      return;
    }
    const connection = { ...options, name: serverName(options) };
    this.#connection = new ServerConnection(connection);
    // The engine may have to load its model first, and does answer.
    const hurries = options.dialect !== "engine" && !options.timeouts;
    this.#counting = hurries
      ? new ServerConnection({ ...connection, timeouts: countTimeouts })
      : this.#connection;
  }

  async *complete(
    request: FimRequest,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    const { completionModel: model, dialect, baseUrl, showsSpecialTokens = false } = this.#options;
    const row = dialects[dialect];
    // Without a field for their number, alternatives are asked for one after the other.
    const rounds = row.names.candidates === undefined ? request.candidates : 1;
    for (let round = 0; round < rounds; round++) {
      const seed = request.seed === undefined ? {} : { seed: request.seed + round };
      const asked = rounds === 1 ? request : { ...request, ...seed, candidates: 1 };
      const { body, special: listed } = completionBody(asked, { ...this.#options, model });
      const ways: StreamWays = {
        ...row,
        url: dialectUrl(dialect, baseUrl),
        model,
        candidates: asked.candidates,
        // The engine ends an answer at its model's special tokens by itself.
        special: dialect === "engine" ? undefined : { listed, byStyle: !showsSpecialTokens },
        refused: this.#refused.completion,
        retries: 0,
      };
      for await (const event of this.#stream(body, ways, signal)) {
        if (event.type === "delta") yield rounds === 1 ? event : { ...event, candidate: round };
        else if (round === rounds - 1 || event.finishReason === "cancelled") return yield event;
      }
    }
  }

  async *chat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    const { chatModel: model, baseUrl } = this.#options;
    const ways: StreamWays = {
      url: `${baseUrl.replace(/\/+$/, "")}/chat/completions`,
      framing: "events",
      model,
      candidates: 1,
      special: undefined,
      refused: this.#refused.chat,
      retries: maxRetries,
    };
    yield* this.#stream(chatBody(request, model), ways, signal);
  }

  async prefill(request: FimRequest, signal: AbortSignal): Promise<readonly TokenProbability[] | undefined> {
    const { completionModel: model, dialect, baseUrl } = this.#options;
    const body = signal.aborted ? undefined : prefillBody(request, { ...this.#options, model });
    if (!body) return [];
    return foreseenTokens(await this.#connection.post(dialectUrl(dialect, baseUrl), body, model, signal));
  }

  async countTokens(text: string, signal: AbortSignal): Promise<number | undefined> {
    if (!this.#hasTokenize) return undefined;
    const url = `${serverRoot(this.#options.baseUrl)}/tokenize`;
    const model = this.#options.completionModel;
    // llama-server and the engine take `content`; vLLM wants `model` and `prompt`, and says so with a 400.
    const forms = [
      { content: text, add_special: false },
      { model, prompt: text, add_special_tokens: false },
    ];
    for (const body of forms) {
      try {
        const answer = await this.#counting.post(url, body, model, signal);
        if (isRecord(answer) && Array.isArray(answer["tokens"])) return answer["tokens"].length;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ModelError)) throw error;
        // What may pass costs this one count; an estimate does as well.
        if (!lacksRoute.has(error.code)) return undefined;
        if (error.code !== "refused") break;
      }
    }
    this.#hasTokenize = false;
    return undefined;
  }

  async weigh(
    { context, text }: WeighRequest,
    signal: AbortSignal,
  ): Promise<readonly WeighedToken[] | undefined> {
    const { completionModel: model, dialect, baseUrl, user } = this.#options;
    // Servers that echo a prompt at all weigh all of it, and llama-server does not.
    if (dialect !== "engine") return undefined;
    const body = {
      model,
      prompt: context + text,
      echo: true,
      echo_from: context.length,
      max_tokens: 0,
      logprobs: weighedAlternatives,
      ...(user && { user }),
    };
    return weighedTokens(await this.#connection.post(dialectUrl(dialect, baseUrl), body, model, signal));
  }

  /**
   * The names of the models that the server offers.
   * @throws {ModelError}, or the signal's reason when it aborts.
   */
  async listModels(signal: AbortSignal): Promise<readonly string[]> {
    const ask = (): Promise<unknown> =>
      this.#connection.get("/models", this.#options.completionModel, signal);
    const page = await withRetries(ask, this.#retries(maxRetries), signal);
    const entries = isRecord(page) ? page["data"] : undefined;
    if (!Array.isArray(entries))
      throw new ModelError(
        "bad-response",
        `${serverName(this.#options)} does not list models the OpenAI way.`,
        "Check that the address belongs to an OpenAI-compatible server; it usually ends in /v1.",
      );
    return entries.flatMap((entry) =>
      isRecord(entry) && typeof entry["id"] === "string" ? [entry["id"]] : [],
    );
  }

  async *#stream(
    body: Body,
    ways: StreamWays,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    try {
      if (!signal.aborted) {
        const open = (): Promise<Chunks> => this.#open(body, ways, signal);
        const chunks = await withRetries(open, this.#retries(ways.retries), signal);
        for await (const event of completionEvents(chunks, ways.candidates, ways.special)) {
          if (signal.aborted) break;
          yield event;
          if (event.type === "done") return;
        }
      }
    } catch (error) {
      if (!signal.aborted && refusalOf(error)?.code !== "superseded") throw error;
    }
    yield { type: "done", finishReason: "cancelled", usage: {} };
  }

  /**
   * Asks again without an optional field that the server refuses, and remembers it. Some servers (llama-cpp-python
   * without `logits_all`) fail over one only after they have begun an answer, which then ends with nothing in it; as
   * that and a 500 may be an accident, they must happen again to be remembered.
   */
  async #open(body: Body, ways: StreamWays, signal: AbortSignal): Promise<Chunks> {
    const suspects = new Set<string>();
    for (;;) {
      const sent = ways.refused.without(body, suspects);
      try {
        const chunks = await this.#connection.open(ways.url, sent, ways, ways.model, signal);
        const reader = chunks[Symbol.asyncIterator]();
        const first = await reader.next();
        const field = first.done && !signal.aborted ? probabilitiesField(sent) : undefined;
        if (field === undefined) {
          if (!first.done) ways.refused.suspect(suspects);
          return resumed(first, reader);
        }
        suspects.add(field);
        this.#options.log.debug(`${serverName(this.#options)} says nothing with the field ${field}.`);
      } catch (error) {
        const refusal = refusalOf(error);
        if (!refusal || !refusing.has(refusal.status)) throw error;
        // What is said of a prompt that is too long names fields too.
        const isTooLong = error instanceof ModelError && error.code === "context-overflow";
        const field = isTooLong ? undefined : refusedField(sent, refusal.message);
        if (field === undefined) throw error;
        if (refusal.status === 500) suspects.add(field);
        else ways.refused.remember(field);
        this.#options.log.debug(
          `${serverName(this.#options)} refuses the field ${field}; going on without it.`,
        );
      }
    }
  }

  #retries(retries: number): Parameters<typeof withRetries>[1] {
    const { clock, random = Math.random } = this.#options;
    return { retries, waitOf: askedWaitMs, clock, random };
  }
}

/** All of what `reader` reads, of which `first` has been read already. */
async function* resumed(
  first: IteratorResult<unknown, unknown>,
  reader: AsyncIterator<unknown, unknown>,
): Chunks {
  try {
    for (let next = first; !next.done; next = await reader.next()) yield next.value;
  } finally {
    await reader.return?.();
  }
}

function serverName({ dialect, baseUrl }: Pick<OpenAiClientOptions, "dialect" | "baseUrl">): string {
  const { host } = new URL(baseUrl);
  return dialect === "engine" && host.endsWith(".invalid") ? "The engine" : host;
}
