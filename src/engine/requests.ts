import { invalid } from "./apiError.ts";
import { Fields, isJson } from "./fields.ts";
import type { AnswerForm, ChatTurn, Sampling } from "./modelRuntime.ts";
import type { EngineCompletionExtras } from "./protocol.ts";
import type { Priority } from "./requestQueue.ts";
import { schemaProblem } from "./schemaCheck.ts";

/** What completions and chat have in common. */
export interface AnswerRequest {
  readonly maxTokens: number | undefined;
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  readonly count: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Undefined: no probabilities; else how many alternatives per token. */
  readonly logprobs: number | undefined;
  readonly user: string | undefined;
}

export interface CompletionRequest extends AnswerRequest {
  readonly prompt: string;
  /** Given: fill in the middle. */
  readonly suffix: string | undefined;
  readonly context: NonNullable<EngineCompletionExtras["input_extra"]>;
  readonly filename: string | undefined;
  readonly priority: Priority;
  readonly beginsWith: readonly string[];
  readonly lead: string | undefined;
  /** Characters in front of the part of the prompt whose tokens are to be weighed; undefined: an answer is wanted. */
  readonly echoFrom: number | undefined;
}

export interface ChatCompletionRequest extends AnswerRequest {
  readonly turns: readonly ChatTurn[];
  readonly form: AnswerForm | undefined;
}

const mostTokens = 1_000_000;
const mostAlternatives = 100;
/** The OpenAI protocol's default for completions. */
const completionTokens = 16;

/** @throws {ApiError} `invalid-request`, which names the field. */
export function readCompletion(body: unknown): CompletionRequest {
  const fields = new Fields(body);
  const prompts = fields.strings("prompt");
  if (prompts.length !== 1 || prompts[0] === undefined) throw invalid("prompt must be one string.");
  fields.neutral("best_of", 1);
  const maxTokens = fields.integer("max_tokens", 0, mostTokens) ?? completionTokens;
  const echoFrom = readEcho(fields, prompts[0], maxTokens);
  const request = {
    ...readAnswer(fields),
    prompt: prompts[0],
    suffix: fields.string("suffix"),
    context: readContext(fields),
    filename: fields.string("filename"),
    priority: echoFrom === undefined ? readPriority(fields, maxTokens) : "chat",
    beginsWith: fields.strings("begins_with"),
    lead: fields.string("lead"),
    echoFrom,
    maxTokens,
    logprobs: fields.integer("logprobs", 0, mostAlternatives),
  };
  if (request.suffix === undefined && request.prompt === "") throw invalid("prompt must not be empty.");
  return request;
}

/** @throws {ApiError} `invalid-request`, which names the field. */
export function readChat(body: unknown): ChatCompletionRequest {
  const fields = new Fields(body);
  const messages = fields.get("messages");
  if (!Array.isArray(messages) || messages.length === 0)
    throw invalid("messages must be a list of at least one message.");
  const older = fields.integer("max_tokens", 1, mostTokens);
  const wantsLogprobs = fields.boolean("logprobs") ?? false;
  const alternatives = fields.integer("top_logprobs", 0, mostAlternatives) ?? 0;
  for (const name of ["tools", "functions"]) {
    const list = fields.get(name);
    if (Array.isArray(list) && list.length > 0) throw invalid(`${name} are not supported by this engine.`);
  }
  const request = {
    ...readAnswer(fields),
    turns: messages.map(readTurn),
    form: readForm(fields.get("response_format")),
    maxTokens: fields.integer("max_completion_tokens", 1, mostTokens) ?? older,
    logprobs: wantsLogprobs ? alternatives : undefined,
  };
  return request;
}

function readAnswer(fields: Fields): Omit<AnswerRequest, "maxTokens" | "logprobs"> {
  fields.neutral("frequency_penalty", 0);
  fields.neutral("presence_penalty", 0);
  fields.neutral("repeat_penalty", 1);
  const bias = fields.get("logit_bias");
  if (isJson(bias) && Object.keys(bias).length > 0) throw invalid("logit_bias is not supported.");
  const streamOptions = fields.get("stream_options") ?? {};
  if (!isJson(streamOptions)) throw invalid("stream_options must be an object.");
  return {
    sampling: {
      temperature: fields.number("temperature", 0, 2) ?? 1,
      topP: fields.number("top_p", 0, 1) ?? 1,
      topK: fields.integer("top_k", 0, mostTokens) ?? 40,
      minP: fields.number("min_p", 0, 1) ?? 0,
      seed: fields.integer("seed", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    },
    stop: fields.strings("stop"),
    count: fields.integer("n", 1, 16) ?? 1,
    stream: fields.boolean("stream") ?? false,
    includeUsage: streamOptions["include_usage"] === true,
    user: fields.string("user"),
  };
}

function readContext(fields: Fields): CompletionRequest["context"] {
  const extra = fields.get("input_extra") ?? [];
  if (!Array.isArray(extra)) throw invalid("input_extra must be a list.");
  return extra.map((item, index) => {
    if (!isJson(item) || typeof item["filename"] !== "string" || typeof item["text"] !== "string")
      throw invalid(`input_extra[${index}] must have a filename and a text.`);
    return { filename: item["filename"], text: item["text"] };
  });
}

function readEcho(fields: Fields, prompt: string, maxTokens: number): number | undefined {
  const from = fields.integer("echo_from", 0, prompt.length) ?? 0;
  if (fields.boolean("echo") !== true) return undefined;
  if (maxTokens > 0) throw invalid("echo is supported with max_tokens 0 only.");
  if (fields.get("suffix") !== undefined) throw invalid("echo is not supported with a suffix.");
  return from;
}

function readPriority(fields: Fields, maxTokens: number): Priority {
  const priority = fields.get("priority") ?? "completion";
  if (priority !== "completion" && priority !== "chat" && priority !== "prefill")
    throw invalid("priority must be completion, chat or prefill.");
  return maxTokens === 0 ? "prefill" : priority;
}

function readTurn(message: unknown, index: number): ChatTurn {
  if (!isJson(message)) throw invalid(`messages[${index}] must be an object.`);
  const role = message["role"] === "developer" ? "system" : message["role"];
  if (role !== "system" && role !== "user" && role !== "assistant")
    throw invalid(`messages[${index}].role must be system, user or assistant.`);
  const { content } = message;
  if (typeof content === "string") return { role, content };
  if (!Array.isArray(content)) throw invalid(`messages[${index}].content must be a string or a list.`);
  const texts = content.map((part) => {
    if (isJson(part) && part["type"] === "text" && typeof part["text"] === "string") return part["text"];
    throw invalid(`messages[${index}].content may have parts of type text only.`);
  });
  return { role, content: texts.join("") };
}

function readForm(format: unknown): AnswerForm | undefined {
  if (format === undefined) return undefined;
  const type = isJson(format) ? format["type"] : undefined;
  if (isJson(format) && type === "text") return undefined;
  if (type === "json_object") return { type };
  const named = isJson(format) && type === "json_schema" ? format["json_schema"] : undefined;
  const schema = isJson(named) ? named["schema"] : undefined;
  if (!isJson(schema))
    throw invalid(
      "response_format must be of type text, json_object, or json_schema with json_schema.schema.",
    );
  const problem = schemaProblem(schema);
  if (problem !== undefined) throw invalid(`response_format: the schema has no grammar: ${problem}.`);
  return { type: "json_schema", schema };
}
