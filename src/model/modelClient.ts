/**
 * The one port through which completion, chat, explain and fix reach a model,
 * whether it is the embedded engine or a server.
 */
export interface ModelClient {
  /**
   * Streams a fill-in-the-middle completion. The last event is always `done`; when `signal` aborts, the stream
   * ends with `finishReason: "cancelled"` instead of throwing.
   * @throws {ModelError} for every other failure.
   */
  complete(request: FimRequest, signal: AbortSignal): AsyncIterable<CompletionEvent>;

  /**
   * Evaluates the prompt of `request` into the model's KV cache and generates nothing, at the lowest priority.
   * Resolves at once where the backend has no such thing.
   * @returns the tokens with which an answer may begin, likeliest first, as far as the backend tells; a `lead` is not
   * looked at, and an empty text stands for no answer at all. Undefined where the prompt was not read.
   * @throws {ModelError}, or the signal's reason when it aborts; the user hears it from the completion that follows.
   */
  prefill(request: FimRequest, signal: AbortSignal): Promise<readonly TokenProbability[] | undefined>;

  /**
   * Streams a chat answer; ends like {@link ModelClient.complete}.
   * @throws {ModelError}
   */
  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<CompletionEvent>;

  /**
   * The number of tokens of `text` in the model's own vocabulary, or undefined where the backend cannot tell, or not now.
   * @throws the signal's reason when it aborts.
   */
  countTokens(text: string, signal: AbortSignal): Promise<number | undefined>;

  /**
   * How likely the model finds a text that is there already, token by token; undefined where the backend cannot tell.
   * @throws {ModelError}, or the signal's reason when it aborts.
   */
  weigh(request: WeighRequest, signal: AbortSignal): Promise<readonly WeighedToken[] | undefined>;
}

export interface WeighRequest {
  /** What stands in front. */
  readonly context: string;
  readonly text: string;
}

/** A token of a text, with what the model would have written in its place, likeliest first. */
export interface WeighedToken extends TokenProbability {
  readonly alternatives: readonly TokenProbability[];
}

/** Text of another place in the workspace that goes in front of the code, in repo-level FIM form where the model knows it. */
export interface ContextSnippet {
  /** Workspace-relative path with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface FimRequest {
  /** Other places first: byte-stable while the user types in one line, so that the KV cache survives. */
  readonly context: readonly ContextSnippet[];
  /** Workspace-relative path of the file that is completed. */
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
  /** Upper bound of generated tokens per candidate. */
  readonly maxTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Number of alternatives, streamed one after the other or interleaved; 1 unless the user asked explicitly. */
  readonly candidates: number;
  /** Texts at which generation ends; they are not part of the answer. At most four (servers reject more). */
  readonly stop: readonly string[];
  readonly seed?: number;
  /**
   * Names of which the answer has to begin with one, with what stands in front of them if anything. The embedded engine
   * holds itself to them where the temperature is 0; other backends do not know of it.
   */
  readonly beginsWith?: readonly string[];
  /** Text with which the answer has to begin, whichever tokens spell it; otherwise like `beginsWith`. */
  readonly lead?: string;
}

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly temperature: number;
  /** When given, the answer is JSON that satisfies this JSON schema. */
  readonly jsonSchema?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
  readonly stop?: readonly string[];
  readonly seed?: number;
  /** Asks for the probability of each token; backends that do not know of it answer without. */
  readonly probabilities?: boolean;
}

/** A generated token with the probability (0 to 1) that the model gave it. */
export interface TokenProbability {
  readonly text: string;
  readonly probability: number;
}

export type CompletionEvent =
  | {
      readonly type: "delta";
      /** Index of the alternative, from 0. */
      readonly candidate: number;
      readonly text: string;
      /** One entry per token of `text`, absent where the backend does not tell. */
      readonly tokens?: readonly TokenProbability[];
      /** Of a chat's answer: the model that writes it in the place of the one that was asked. */
      readonly standIn?: string;
    }
  | { readonly type: "done"; readonly finishReason: FinishReason; readonly usage: Usage };

export type FinishReason = "stop" | "length" | "cancelled";

/** What a request cost; a field is undefined where the backend does not tell. */
export interface Usage {
  readonly promptTokens?: number;
  /** Prompt tokens that were found in the KV cache, part of `promptTokens`. */
  readonly cachedPromptTokens?: number;
  readonly completionTokens?: number;
  readonly promptMs?: number;
  readonly decodeMs?: number;
}
