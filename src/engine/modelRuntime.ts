import type { WorkLog } from "./workLog.ts";

/** Index of an entry of the model's vocabulary. */
export type TokenId = number;

export interface ChatTurn {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Special tokens for filling in the middle, as the model file's vocabulary declares them. */
export interface FimTokens {
  readonly prefix: TokenId;
  readonly suffix: TokenId;
  /** Null in models that end the prompt with the prefix. */
  readonly middle: TokenId | null;
  /** Repo-level form; null where the vocabulary has none. */
  readonly repository: TokenId | null;
  readonly file: TokenId | null;
}

export interface Vocabulary {
  /** Prepended to every prompt; null where the model wants none. */
  readonly bos: TokenId | null;
  readonly fim: FimTokens | undefined;
  /** `special`: texts of special tokens become these tokens; otherwise they stay plain text. */
  tokenize(text: string, special?: boolean): TokenId[];
  /** Text without special tokens; `before` are the tokens that come in front. An unfinished character is U+FFFD. */
  detokenize(tokens: readonly TokenId[], before: readonly TokenId[]): string;
  isSpecial(token: TokenId): boolean;
  isEnd(token: TokenId): boolean;
}

/** What the answer must be: any JSON object, or JSON of a schema. */
export type AnswerForm =
  | { readonly type: "json_object" }
  | { readonly type: "json_schema"; readonly schema: Readonly<Record<string, unknown>> };

export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly seed: number | undefined;
}

export interface GenerateOptions {
  /** Each lane has a KV cache of its own, so that chat and completion do not evict each other. */
  readonly lane: "completion" | "chat";
  readonly tokens: readonly TokenId[];
  /** 0 evaluates the prompt only; where alternatives are wanted too, they are those of the first token of an answer. */
  readonly maxTokens: number;
  readonly sampling: Sampling;
  readonly form: AnswerForm | undefined;
  /** Texts of which the answer has to begin with one, a name that then ends; greedy answers only. */
  readonly beginsWith?: readonly string[] | undefined;
  /** Text with which the answer has to begin, whichever tokens spell it; greedy answers only. */
  readonly lead?: string | undefined;
  /** Alternatives per token to report with their probability; undefined: no probabilities are wanted. */
  readonly alternatives: number | undefined;
  /** Awaited between batches: throws to stop, or waits to let others go first. */
  breathe(): Promise<void>;
}

export interface WeighOptions extends Pick<GenerateOptions, "lane" | "tokens" | "breathe"> {
  /** Tokens in front, at least one, which are context only. */
  readonly from: number;
  /** Alternatives per token. */
  readonly alternatives: number;
}

export interface Alternative {
  readonly token: TokenId;
  readonly probability: number;
}

export type GenerationEvent =
  /** A batch of the prompt was evaluated. */
  | { readonly type: "read"; readonly tokens: number }
  /** All of it was, besides what was found in the cache. */
  | { readonly type: "prompt"; readonly cached: number; readonly evaluated: number; readonly ms: number }
  | {
      readonly type: "token";
      readonly token: TokenId;
      /** May be NaN where no probabilities are wanted. */
      readonly probability: number;
      readonly alternatives: readonly Alternative[];
      /** So many drafted tokens were evaluated together with this one's; 0 for what came out of the draft itself. */
      readonly draft?: number;
    };

/** What a model runs on. */
export interface Placement {
  /** Names of the GPUs, and how many layers they have where that is not all; undefined on the processor alone. */
  readonly device?: string | undefined;
  /** Why a GPU that was wanted is not used. */
  readonly unusedGpu?: string | undefined;
}

/** A loaded model. */
export interface ModelRuntime {
  /** What the latest requests cost. */
  readonly work: WorkLog;
  readonly vocabulary: Vocabulary;
  /** Tokens that prompt and answer may have together. */
  readonly contextSize: number;
  readonly placement: Placement;
  /** Moving estimates in tokens per second, undefined before the first measurement. */
  readonly speed: { readonly prefill: number | undefined; readonly decode: number | undefined };
  /** The prompt by the model file's own chat template, up to where the answer begins, and texts that end it. */
  chatPrompt(turns: readonly ChatTurn[]): { readonly tokens: TokenId[]; readonly stop: readonly string[] };
  /**
   * One caller at a time, except while it waits in `breathe`, where one on the other lane may run.
   * Ends after an end token, which is yielded too.
   * @throws {ApiError} `invalid-request` for a schema that has no grammar.
   */
  generate(options: GenerateOptions): AsyncGenerator<GenerationEvent, void, undefined>;
  /** The tokens of a text that is there already, each with the probability that the model gives it after those before. */
  weigh(options: WeighOptions): AsyncGenerator<GenerationEvent, void, undefined>;
  dispose(): Promise<void>;
}
