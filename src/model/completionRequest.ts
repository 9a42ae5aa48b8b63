import { type Body, type Dialect, dialects } from "./dialects.ts";
import type { ChatRequest, FimRequest } from "./modelClient.ts";
import { ModelError } from "./modelErrors.ts";

/** Builds the infill prompt; `stop` are the family's special tokens. */
export type RenderFim = (request: FimRequest) => {
  readonly prompt: string;
  readonly stop: readonly string[];
};

export interface FimWays {
  readonly dialect: Dialect;
  readonly model: string;
  /** Needed where this side writes the prompt. */
  readonly renderFim?: RenderFim | undefined;
  /** Stands for this window, so that the engine drops its older requests for newer ones; says nothing of the user. */
  readonly user?: string | undefined;
  /** Context as text in front of the prefix, where the server has no place for other files. */
  readonly renderContext?: ((request: FimRequest) => string) | undefined;
}

/** The JSON body of a completion, and special tokens that must not be shown. */
export function completionBody(
  request: FimRequest,
  ways: FimWays,
): { readonly body: Body; readonly special: readonly string[] } {
  const { names, always, maxStops } = dialects[ways.dialect];
  const { fields, special } = promptFields(request, ways);
  const stop = [...new Set([...request.stop, ...special])].slice(0, maxStops);
  const body: Record<string, unknown> = { model: ways.model, ...fields, ...always };
  put(body, names.maxTokens, request.maxTokens);
  put(body, names.temperature, request.temperature);
  if (names.candidates && request.candidates > 1) put(body, names.candidates, request.candidates);
  if (stop.length > 0) put(body, names.stop, stop);
  if (request.seed !== undefined) put(body, names.seed, request.seed);
  return { body, special };
}

/** The body that evaluates a prompt and generates nothing; undefined where the server has no such thing. */
export function prefillBody(request: FimRequest, ways: FimWays): Body | undefined {
  const { prefill } = dialects[ways.dialect];
  if (!prefill) return undefined;
  const { body } = completionBody({ ...request, candidates: 1 }, ways);
  const { stream: _, stream_options: __, logprobs: ___, n_probs: ____, ...rest } = body;
  return { ...rest, ...prefill };
}

function promptFields(request: FimRequest, ways: FimWays): { fields: Body; special: readonly string[] } {
  const row = dialects[ways.dialect];
  const { context, path, prefix, suffix, beginsWith = [], lead } = request;
  const around = (text: string): Body => ({
    [row.prefix]: text,
    ...(row.suffix && { [row.suffix]: suffix }),
  });
  switch (row.prompt) {
    case "family": {
      if (!ways.renderFim) throw noFim(ways.model);
      const { prompt, stop } = ways.renderFim(request);
      return { fields: { [row.prefix]: prompt }, special: stop };
    }
    case "suffix":
      return { fields: around((ways.renderContext?.(request) ?? "") + prefix), special: [] };
    case "fields": {
      const extra = context.map((file) => ({ filename: file.path, text: file.text }));
      return {
        fields: {
          ...around(prefix),
          ...(extra.length > 0 && { input_extra: extra }),
          ...(ways.dialect === "engine" && {
            filename: path,
            ...(ways.user && { user: ways.user }),
            ...(beginsWith.length > 0 && { begins_with: beginsWith }),
            ...(lead && { lead }),
          }),
        },
        special: [],
      };
    }
  }
}

function put(body: Record<string, unknown>, name: string, value: unknown): void {
  const [first = name, rest] = name.split(".");
  body[first] = rest === undefined ? value : { ...(body[first] as object), [rest]: value };
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
    ...(request.seed !== undefined && { seed: request.seed }),
    ...(request.probabilities && { logprobs: true }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** Fields that only add to the answer, so that a server which rejects one can do without. */
const optionalFields = [
  "logprobs",
  "stream_options",
  "seed",
  "priority",
  "input_extra",
  "filename",
  "begins_with",
  "lead",
  "n_probs",
];

/** The form of a JSON schema's field that is older than `json_schema`, as llama-cpp-python takes it. */
function olderFormat(format: unknown): Body {
  const { schema } = (format as { readonly json_schema: { readonly schema: unknown } }).json_schema;
  return { type: "json_object", schema };
}

/** How often an answer must come only without a field until that is no accident. */
const proofs = 2;

/**
 * What a server has refused: fields are left out from then on, `max_tokens` goes under its newer name, a JSON schema
 * first in its older form.
 */
export class RefusedFields {
  readonly #names = new Set<string>();
  readonly #suspected = new Map<string, number>();

  remember(name: string): void {
    this.#names.add(name);
  }

  /** An answer has come without these fields where none came with them: remembered when it happens again. */
  suspect(names: Iterable<string>): void {
    for (const name of names) {
      const times = (this.#suspected.get(name) ?? 0) + 1;
      this.#suspected.set(name, times);
      if (times >= proofs) this.#names.add(name);
    }
  }

  /** @param also left out this time. */
  without(body: Body, also: ReadonlySet<string>): Body {
    const names = new Set([...this.#names, ...also]);
    return Object.fromEntries(
      Object.entries(body).flatMap(([name, value]) => {
        if (name === "response_format" && !names.has(name) && names.has("json_schema"))
          return [[name, olderFormat(value)]];
        if (!names.has(name)) return [[name, value]];
        return name === "max_tokens" ? [["max_completion_tokens", value]] : [];
      }),
    );
  }
}

/** The optional field of `body` that a refusal names; undefined when there is none. */
export function refusedField(body: Body, refusal: string): string | undefined {
  const format = body["response_format"] as { readonly type: string } | undefined;
  if (format && /response_format|json_schema/.test(refusal))
    return format.type === "json_schema" ? "json_schema" : "response_format";
  return /max_completion_tokens/.test(refusal) && "max_tokens" in body
    ? "max_tokens"
    : optionalFields.find((field) => field in body && new RegExp(`\\b${field}\\b`).test(refusal));
}

/** The field of `body` that asks for probabilities; undefined when there is none. */
export function probabilitiesField(body: Body): string | undefined {
  return ["logprobs", "n_probs"].find((field) => field in body);
}

function noFim(model: string): ModelError {
  return new ModelError(
    "no-fim",
    `It is not known how the model ${model} is asked to fill in the middle.`,
    "Choose the model's family in the settings, or a code model that can complete.",
  );
}
