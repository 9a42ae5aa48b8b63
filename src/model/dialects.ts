import { infillChunk, ollamaChunk } from "./completionChunks.ts";

/** How a server is asked to fill in the middle; what each one means is the table {@link dialects}. */
export type Dialect =
  | "engine"
  | "openai-suffix"
  | "template"
  | "infill"
  | "ollama-raw"
  | "mistral-fim"
  | "deepseek-fim";

export type Body = Readonly<Record<string, unknown>>;

/** Names of the fields that every completion has; a dot leads into a nested object. */
export interface FieldNames {
  readonly maxTokens: string;
  readonly temperature: string;
  readonly stop: string;
  readonly seed: string;
  /** Undefined: one answer per request, so that alternatives are asked for one after the other. */
  readonly candidates?: string;
}

export interface DialectRow {
  /** Where it is asked; "base" is the address as given, "root" the same without its version. */
  readonly at: "base" | "root";
  readonly path: string;
  /**
   * Who writes the infill prompt. "fields": the server, from prefix, suffix and other files; "suffix": the
   * server, from prefix and suffix, so that other files come as comments; "family": this side, in the form of
   * the model's family.
   */
  readonly prompt: "fields" | "suffix" | "family";
  /** Fields of prefix and suffix; of the whole prompt where this side writes it. */
  readonly prefix: string;
  readonly suffix?: string;
  readonly names: FieldNames;
  /** Sent with every completion. */
  readonly always: Body;
  /** Sent in place of what they name to evaluate a prompt only; undefined: the server has no such thing. */
  readonly prefill?: Body;
  /** Most texts in `stop`; servers reject more. */
  readonly maxStops: number;
  /** Server-sent events, or one JSON text a line. */
  readonly framing: "events" | "lines";
  /** Brings a chunk of the answer into the OpenAI shape; absent where it has it. */
  readonly chunk?: (chunk: Record<string, unknown>) => Record<string, unknown>;
}

const openAiNames: FieldNames = {
  maxTokens: "max_tokens",
  temperature: "temperature",
  stop: "stop",
  seed: "seed",
  candidates: "n",
};
const streaming = { stream: true };
const openAiAlways = { logprobs: 1, ...streaming, stream_options: { include_usage: true } };
const openAi = {
  at: "base",
  path: "/completions",
  prefix: "prompt",
  names: openAiNames,
  always: openAiAlways,
  maxStops: 4,
  framing: "events",
} as const;

/**
 * What differs between servers. Sources: llama.cpp tools/server/README.md (`/infill`), Ollama docs/api.md
 * (`/api/generate`, `raw`), Mistral's API reference (`/v1/fim/completions`), DeepSeek's API docs (FIM
 * completion, beta), vLLM's OpenAI-compatible server (refuses `suffix`, takes raw prompts).
 */
export const dialects: Readonly<Record<Dialect, DialectRow>> = {
  engine: {
    ...openAi,
    prompt: "fields",
    suffix: "suffix",
    always: { ...openAiAlways, priority: "completion" },
    prefill: { max_tokens: 0, priority: "prefill", logprobs: 100 },
  },
  "openai-suffix": { ...openAi, prompt: "suffix", suffix: "suffix" },
  template: { ...openAi, prompt: "family" },
  infill: {
    at: "root",
    path: "/infill",
    prompt: "fields",
    prefix: "input_prefix",
    suffix: "input_suffix",
    names: { maxTokens: "n_predict", temperature: "temperature", stop: "stop", seed: "seed" },
    always: { n_probs: 1, cache_prompt: true, ...streaming },
    prefill: { n_predict: 0 },
    maxStops: 16,
    framing: "events",
    chunk: infillChunk,
  },
  "ollama-raw": {
    at: "root",
    path: "/api/generate",
    prompt: "family",
    prefix: "prompt",
    names: {
      maxTokens: "options.num_predict",
      temperature: "options.temperature",
      stop: "options.stop",
      seed: "options.seed",
    },
    always: { raw: true, ...streaming },
    maxStops: 16,
    framing: "lines",
    chunk: ollamaChunk,
  },
  "mistral-fim": {
    at: "root",
    path: "/v1/fim/completions",
    prompt: "suffix",
    prefix: "prompt",
    suffix: "suffix",
    names: { maxTokens: "max_tokens", temperature: "temperature", stop: "stop", seed: "random_seed" },
    always: streaming,
    maxStops: 4,
    framing: "events",
  },
  "deepseek-fim": {
    at: "root",
    path: "/beta/completions",
    prompt: "suffix",
    prefix: "prompt",
    suffix: "suffix",
    names: { maxTokens: "max_tokens", temperature: "temperature", stop: "stop", seed: "seed" },
    always: openAiAlways,
    maxStops: 4,
    framing: "events",
  },
};

/** The address without what servers put behind it for the OpenAI protocol. */
export function serverRoot(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, "").replace(/\/(v1|beta)$/, "");
}

/** Where `dialect` asks the server at `baseUrl`. */
export function dialectUrl(dialect: Dialect, baseUrl: string): string {
  const { at, path } = dialects[dialect];
  return (at === "base" ? baseUrl.replace(/\/+$/, "") : serverRoot(baseUrl)) + path;
}
