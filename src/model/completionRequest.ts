import type { EngineCompletionExtras } from "../engine/protocol.ts";
import type { ChatRequest, FimRequest } from "./modelClient.ts";
import { ModelError } from "./modelErrors.ts";

/**
 * How a server is asked to fill in the middle. "engine": prompt, suffix and the engine's own fields;
 * "openai-suffix": prompt and suffix, for servers that build the infill prompt themselves;
 * "template": one prompt in the model family's form, for servers that pass prompts through (llama-server, vLLM).
 */
export type Dialect = "engine" | "openai-suffix" | "template";

/** Builds the infill prompt; `stop` are the family's special tokens. */
export type RenderFim = (request: FimRequest) => {
  readonly prompt: string;
  readonly stop: readonly string[];
};

export interface FimWays {
  readonly dialect: Dialect;
  readonly model: string;
  /** Needed by "template". */
  readonly renderFim?: RenderFim | undefined;
  /** Context as text in front of the prefix, for "openai-suffix". */
  readonly renderContext?: ((request: FimRequest) => string) | undefined;
}

export type Body = Readonly<Record<string, unknown>>;

/** OpenAI's limit; servers reject more. */
const maxStops = 4;

/** The JSON body of `POST /completions`, and special tokens that must not be shown. */
export function completionBody(
  request: FimRequest,
  ways: FimWays,
): { readonly body: Body; readonly special: readonly string[] } {
  const { prompt, suffix, stop: special, extras } = fimFields(request, ways);
  const stop = [...new Set([...request.stop, ...special])].slice(0, maxStops);
  const body = {
    model: ways.model,
    prompt,
    ...(suffix !== undefined && { suffix }),
    ...extras,
    max_tokens: request.maxTokens,
    temperature: request.temperature,
    ...(request.candidates > 1 && { n: request.candidates }),
    ...(stop.length > 0 && { stop }),
    ...(request.seed !== undefined && { seed: request.seed }),
    logprobs: 1,
    stream: true,
    stream_options: { include_usage: true },
  };
  return { body, special };
}

function fimFields(
  request: FimRequest,
  ways: FimWays,
): {
  prompt: string;
  suffix?: string;
  stop: readonly string[];
  extras?: EngineCompletionExtras;
} {
  switch (ways.dialect) {
    case "engine":
      return {
        prompt: request.prefix,
        suffix: request.suffix,
        stop: [],
        extras: {
          ...(request.context.length > 0 && {
            input_extra: request.context.map(({ path, text }) => ({ filename: path, text })),
          }),
          filename: request.path,
          priority: "completion",
        },
      };
    case "openai-suffix":
      return {
        prompt: (ways.renderContext?.(request) ?? "") + request.prefix,
        suffix: request.suffix,
        stop: [],
      };
    case "template":
      if (!ways.renderFim) throw noFim(ways.model);
      return ways.renderFim(request);
  }
}

export function chatBody(request: ChatRequest, model: string): Body {
  return {
    model,
    messages: request.messages,
    max_tokens: request.maxTokens,
    temperature: request.temperature,
    ...(request.stop && request.stop.length > 0 && { stop: request.stop }),
    ...(request.jsonSchema && {
      response_format: { type: "json_schema", json_schema: { ...request.jsonSchema, strict: true } },
    }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** Fields that only add to the answer, so that a server which rejects one can do without. */
const optionalFields = ["logprobs", "stream_options", "seed", "priority", "input_extra", "filename"];

/** The optional field of `body` that a refusal names, if any. */
export function rejectedField(body: Body, refusal: string): string | undefined {
  if (/max_completion_tokens/.test(refusal) && "max_tokens" in body) return "max_tokens";
  return optionalFields.find((field) => field in body && new RegExp(`\\b${field}\\b`).test(refusal));
}

/** `body` without the fields that the server is known to reject; `max_tokens` goes under its newer name. */
export function withoutRejected(body: Body, rejected: ReadonlySet<string>): Body {
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) => {
      if (!rejected.has(name)) return [[name, value]];
      return name === "max_tokens" ? [["max_completion_tokens", value]] : [];
    }),
  );
}

export function noFim(model: string): ModelError {
  return new ModelError(
    "no-fim",
    `It is not known how the model ${model} is asked to fill in the middle.`,
    "Choose the model's family in the settings, or a code model that can complete.",
  );
}
