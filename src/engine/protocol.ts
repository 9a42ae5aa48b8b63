/**
 * What passes over the IPC channel between the extension and the engine's child process: HTTP's requests and answers
 * without headers, cut in pieces, plus control. Bodies are text because every body of the OpenAI protocol is.
 */
export type ToEngine =
  | {
      readonly type: "request";
      readonly id: number;
      readonly method: string;
      /** Path with query, for example `/v1/completions`. */
      readonly path: string;
      readonly body?: string;
    }
  | { readonly type: "abort"; readonly id: number }
  | { readonly type: "ping"; readonly id: number };

export type FromEngine =
  /** Sent once, when the engine listens. */
  | { readonly type: "ready" }
  | { readonly type: "head"; readonly id: number; readonly status: number }
  | { readonly type: "chunk"; readonly id: number; readonly text: string }
  | { readonly type: "end"; readonly id: number }
  /** The request broke off; no more messages with this id follow. */
  | { readonly type: "failed"; readonly id: number; readonly message: string }
  | { readonly type: "pong"; readonly id: number }
  | {
      readonly type: "log";
      readonly level: "trace" | "debug" | "info" | "warn" | "error";
      readonly message: string;
    };

/** How the engine is set up; handed over as JSON in the environment variable {@link engineConfigVariable}. */
export interface EngineConfig {
  /** Name under which the model is listed in `/v1/models`. */
  readonly modelId: string;
  readonly modelPath: string;
  /** A LoRA adapter as a GGUF file, for everything that the model answers. */
  readonly adapterPath?: string;
  /** Threads for evaluation; 0 lets the engine choose from the machine. */
  readonly threads: number;
  /** Context size in tokens, shared by prompt and answer; 0 lets the engine choose from memory and the model. */
  readonly contextSize: number;
  /** Milliseconds without a request after which the model is unloaded; 0 never unloads. */
  readonly idleUnloadMs: number;
  /** "off" keeps everything on the CPU; "auto" uses the GPU package, or what the engine has of itself, as on a Mac. */
  readonly gpu: "off" | "auto";
  /** A GPU package that lies elsewhere than beside the engine: its name, as node-llama-cpp imports it, and its folder. */
  readonly gpuPackage?: { readonly name: string; readonly folder: string };
  /** Folder for evaluated prompts, which are warm again after a restart; absent: none are kept. */
  readonly promptFolder?: string;
  /** Folder for copies of models that are fitted to the processor, which answer faster; absent: none is made or used. */
  readonly fittedFolder?: string;
}

export const engineConfigVariable = "WISP_ENGINE_CONFIG";

/**
 * Fields beyond the OpenAI protocol that the engine understands in `POST /v1/completions`. `input_extra` and
 * `timings` carry the names that llama.cpp's server gave them.
 */
export interface EngineCompletionExtras {
  /** Repo-level context in front of the prompt. */
  readonly input_extra?: readonly { readonly filename: string; readonly text: string }[];
  /** Path of the completed file in the repo-level form. */
  readonly filename?: string;
  /** Texts (names) of which the answer has to begin with one; honoured where the temperature is 0. */
  readonly begins_with?: readonly string[];
  /** Text with which the answer has to begin, whichever tokens spell it; honoured where the temperature is 0. */
  readonly lead?: string;
  /**
   * With `echo: true` and `max_tokens: 0`, as in OpenAI's first protocol, the answer is the prompt itself with the
   * probability of each of its tokens; this leaves out so many characters in front, which are context only.
   */
  readonly echo_from?: number;
  /**
   * `max_tokens: 0` evaluates the prompt only; such a request yields to every other one. With `logprobs` it
   * answers with the likeliest first token and its alternatives, which costs no decoding.
   */
  readonly priority?: "completion" | "chat" | "prefill";
}

/** Field `timings` of the last chunk or of the body, in tokens and milliseconds. */
export interface EngineTimings {
  /** Prompt tokens evaluated now. */
  readonly prompt_n: number;
  /** Prompt tokens reused from the KV cache. */
  readonly cache_n: number;
  readonly prompt_ms: number;
  readonly predicted_n: number;
  readonly predicted_ms: number;
  /** Tokens that were drafted, and those of them that were right and are among `predicted_n`. */
  readonly draft_n: number;
  readonly draft_n_accepted: number;
}

/** What one request cost: an entry of `GET /work?after=NUMBER`. Counts are tokens, times milliseconds since the epoch. */
export interface EngineWork {
  /** Counts up from 1 while the model stays loaded. */
  readonly number: number;
  readonly lane: "completion" | "chat";
  /** False where the prompt alone was wanted. */
  readonly decodes: boolean;
  readonly startedAt: number;
  /** When the prompt was evaluated and the first token decoded; absent while that has not happened. */
  readonly promptAt?: number;
  /** Absent while the request runs. */
  readonly endedAt?: number;
  readonly promptTokens: number;
  /** Tokens in front of the cursor: the prompt without the suffix and what goes with it. */
  readonly prefixTokens: number;
  /** Tokens of the prompt that were found in the KV cache. */
  readonly reused: number;
  readonly evaluated: number;
  readonly decoded: number;
}

/** Field `error.code` of the engine's error bodies (`{error: {message, type, code}}`). */
export type EngineErrorCode =
  | "bad-model-file"
  | "bad-adapter"
  | "no-model"
  | "out-of-memory"
  | "no-fim"
  | "context-overflow"
  | "superseded"
  | "invalid-request"
  | "unauthorized"
  | "internal";
