import { holes } from "../../src/model/fimSelfTest.ts";
import { fimFamilies } from "../../src/prompt/fimTemplate.ts";
import {
  type Reply,
  type RoutedRequest,
  type Routes,
  replyEvents,
  replyJson,
  replyLines,
} from "./fakeRoutesServer.ts";

/**
 * Servers as their public documentation describes them, with a model behind them that fills the holes of the
 * self-test when it is asked in the form of its family, and talks otherwise.
 */
export interface FakeModel {
  readonly id: string;
  /** Undefined: a chat model. */
  readonly family: string | undefined;
}

export const coder: FakeModel = { id: "qwen2.5-coder:1.5b", family: "qwen2.5-coder" };
export const talker: FakeModel = { id: "my-coder-qwen2.5-coder-chat", family: undefined };

export const chatter = "Sure! Here is the missing code:\n```python\nreturn a + b\n```";

export function filled(prefix: unknown, suffix: unknown): string {
  const hole = holes.find((known) => known.prefix === prefix && known.suffix === suffix);
  return hole?.answer ?? "pass";
}

/** What the model makes of a raw prompt. */
export function continued(model: FakeModel, prompt: unknown): string {
  const family = fimFamilies.find(({ id }) => id === model.family);
  const hole = family && holes.find((known) => family.render({ context: [], ...known }) === prompt);
  return hole ? hole.answer : chatter;
}

function tokensOf(model: FakeModel, text: unknown): number[] {
  const family = fimFamilies.find(({ id }) => id === model.family);
  return family?.markers.includes(String(text)) ? [7] : [...String(text)].map((_, at) => at);
}

/** In two pieces, as a stream would come. */
export function halves(text: string): [string, string] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

interface Shape {
  readonly logprobs?: boolean;
  readonly model: string;
}

export function completionEvents(text: string, { logprobs, model }: Shape): Reply {
  const head = { id: "cmpl-1", object: "text_completion", created: 1, model };
  const usage = { prompt_tokens: 20, completion_tokens: 2, total_tokens: 22 };
  const pieces = halves(text).map((part, at) => ({
    ...head,
    choices: [
      {
        index: 0,
        text: part,
        logprobs: logprobs
          ? { text_offset: [0], token_logprobs: [-0.1], tokens: [part], top_logprobs: [{ [part]: -0.1 }] }
          : null,
        finish_reason: at === 1 ? "stop" : null,
      },
    ],
  }));
  return replyEvents([...pieces, { ...head, choices: [], usage }], true);
}

export function chatEvents(request: RoutedRequest, model: string): Reply {
  const format = request.body["response_format"] as { type?: string; schema?: unknown } | undefined;
  const text = format?.type === "json_schema" || format?.schema ? '{"sum": 5}' : "Hello!";
  const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model };
  const pieces = halves(text).map((content, at) => ({
    ...head,
    choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: at === 1 ? "stop" : null }],
  }));
  return replyEvents(pieces, true);
}

export function listed(ids: readonly string[], owner: string): (request: RoutedRequest) => Reply {
  const data = ids.map((id) => ({ id, object: "model", created: 1, owned_by: owner }));
  return () => replyJson(200, { object: "list", data });
}

/** docs.vllm.ai, "OpenAI-Compatible Server"; vllm/entrypoints/openai: `suffix` is refused, `/tokenize`, `/version`. */
export function vllm(model: FakeModel): Routes {
  const refused = (message: string): Reply =>
    replyJson(400, { error: { message, type: "BadRequestError", param: null, code: 400 } });
  return {
    "GET /version": () => replyJson(200, { version: "0.10.1" }),
    "GET /v1/models": listed([model.id], "vllm"),
    "POST /v1/completions": ({ body }) =>
      body["suffix"] === undefined
        ? completionEvents(continued(model, body["prompt"]), { logprobs: true, model: model.id })
        : refused("suffix is not currently supported"),
    "POST /v1/chat/completions": (request) => chatEvents(request, model.id),
    "POST /tokenize": ({ body }) =>
      typeof body["prompt"] === "string"
        ? replyJson(200, {
            count: tokensOf(model, body["prompt"]).length,
            max_model_len: 32768,
            tokens: tokensOf(model, body["prompt"]),
          })
        : refused("[{'type': 'missing', 'loc': ('body', 'prompt'), 'msg': 'Field required'}]"),
  };
}

/** llama.cpp, tools/server/README.md: `/props`, `/infill`, `/tokenize`; `suffix` is refused in `/v1/completions`. */
export function llamaServer(model: FakeModel): Routes {
  const refused = (message: string): Reply =>
    replyJson(400, { error: { code: 400, message, type: "invalid_request_error" } });
  const timings = { prompt_n: 4, prompt_ms: 11.5, predicted_n: 2, predicted_ms: 9.25 };
  return {
    "GET /props": () =>
      replyJson(200, {
        default_generation_settings: { n_ctx: 4096 },
        total_slots: 4,
        model_path: "/models/coder.gguf",
        build_info: "b6500-1a2b3c4",
      }),
    "GET /v1/models": listed([model.id], "llamacpp"),
    "POST /infill": ({ body }) => {
      if (model.family === undefined) return refused("Infill is not supported by this model");
      const [first, second] = halves(filled(body["input_prefix"], body["input_suffix"]));
      const piece = (content: string): object => ({
        index: 0,
        content,
        tokens: [1],
        stop: false,
        completion_probabilities: [{ id: 1, token: content, bytes: [], logprob: -0.2, top_logprobs: [] }],
      });
      const last = {
        index: 0,
        content: "",
        stop: true,
        stop_type: "eos",
        stopping_word: "",
        tokens_predicted: 2,
        tokens_evaluated: 20,
        tokens_cached: 21,
        truncated: false,
        timings,
      };
      return replyEvents([piece(first), piece(second), last], false);
    },
    "POST /v1/completions": ({ body }) =>
      body["suffix"] === undefined
        ? completionEvents(continued(model, body["prompt"]), { model: model.id })
        : refused("Unsupported param: suffix"),
    "POST /v1/chat/completions": (request) => chatEvents(request, model.id),
    "POST /tokenize": ({ body }) => replyJson(200, { tokens: tokensOf(model, body["content"]) }),
  };
}

/** Ollama, docs/api.md (`/api/version`, `/api/generate` with `raw`, durations in ns) and docs/openai.md (`suffix`). */
export function ollama(model: FakeModel): Routes {
  const at = "2025-11-24T08:52:19.385406Z";
  return {
    "GET /api/version": () => replyJson(200, { version: "0.12.6" }),
    "GET /v1/models": listed([model.id], "library"),
    "POST /api/generate": ({ body }) => {
      if (body["model"] !== model.id) return replyJson(404, { error: `model '${body["model"]}' not found` });
      const [first, second] = halves(continued(model, body["prompt"]));
      const head = { model: model.id, created_at: at };
      return replyLines([
        { ...head, response: first, done: false },
        { ...head, response: second, done: false },
        {
          ...head,
          response: "",
          done: true,
          done_reason: "stop",
          total_duration: 10706818083,
          load_duration: 6338219291,
          prompt_eval_count: 26,
          prompt_eval_duration: 130079000,
          eval_count: 2,
          eval_duration: 42000000,
        },
      ]);
    },
    "POST /v1/completions": ({ body }) =>
      model.family === undefined
        ? replyJson(400, {
            error: {
              message: `registry.ollama.ai/library/${model.id} does not support insert`,
              type: "invalid_request_error",
              param: null,
              code: null,
            },
          })
        : completionEvents(filled(body["prompt"], body["suffix"]), { model: model.id }),
    "POST /v1/chat/completions": (request) => chatEvents(request, model.id),
    "*": () => (response) => {
      response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found");
    },
  };
}

/** lmstudio.ai/docs, "REST API v0" (`/api/v0/models` with states) and its OpenAI-compatible endpoints. */
export function lmStudio(model: FakeModel): Routes {
  const states = [
    { id: model.id, object: "model", type: "llm", arch: "qwen2", state: "loaded", max_context_length: 32768 },
    { id: "meta-llama-3.1-8b-instruct", object: "model", type: "llm", arch: "llama", state: "not-loaded" },
    { id: "text-embedding-nomic-embed-text-v1.5", object: "model", type: "embeddings", state: "not-loaded" },
  ];
  return {
    "GET /api/v0/models": () => replyJson(200, { object: "list", data: states }),
    "GET /v1/models": listed(
      states.map(({ id }) => id),
      "organization_owner",
    ),
    "POST /v1/completions": ({ body }) =>
      completionEvents(continued(model, body["prompt"]), { model: model.id }),
    "POST /v1/chat/completions": (request) => chatEvents(request, model.id),
    "*": ({ route }) => replyJson(200, { error: `Unexpected endpoint or method. (${route})` }),
  };
}

/**
 * text-generation-inference, router/src/server.rs and its OpenAPI: `/info`, `suffix` is refused with 422, chunks that
 * are not the last have an empty `finish_reason`, nothing is told of probabilities.
 */
export function tgi(model: FakeModel): Routes {
  return {
    "GET /info": () =>
      replyJson(200, {
        model_id: model.id,
        model_sha: "e4317a12ca19c55d2d2b7f8a0f1e6f8b2c3d4e5f",
        model_pipeline_tag: "text-generation",
        max_concurrent_requests: 128,
        max_stop_sequences: 4,
        max_input_tokens: 4095,
        max_total_tokens: 4096,
        max_client_batch_size: 4,
        router: "text-generation-router",
        version: "3.3.4",
      }),
    "GET /v1/models": listed([model.id], model.id),
    "POST /v1/completions": ({ body }) => {
      if (body["suffix"] !== undefined)
        return replyJson(422, {
          error: "Suffix is not supported and can be achieved by preprocessing the prompt.",
          error_type: "suffix not supported",
        });
      const head = { id: "", object: "text_completion", created: 1, model: model.id };
      const pieces = halves(continued(model, body["prompt"])).map((text, at) => ({
        ...head,
        choices: [{ index: 0, text, logprobs: null, finish_reason: at === 1 ? "eos_token" : "" }],
        ...(at === 1 && { usage: { prompt_tokens: 20, completion_tokens: 2, total_tokens: 22 } }),
      }));
      return replyEvents(pieces, true);
    },
    "POST /v1/chat/completions": (request) => chatEvents(request, model.id),
    "POST /tokenize": () =>
      replyJson(422, { error: "missing field `inputs`", error_type: "Input validation error" }),
  };
}

/**
 * llama-cpp-python 0.3.36's server, as it answered: `suffix` is taken, but Qwen2.5-Coder goes on behind it; without
 * `--logits_all` a stream with `logprobs` is empty, because it fails after its status was sent; a JSON schema is taken in
 * its older form only.
 */
export function llamaCppPython(model: FakeModel, options: { readonly logitsAll: boolean }): Routes {
  return {
    "GET /openapi.json": () =>
      replyJson(200, { openapi: "3.1.0", info: { title: "🦙 llama.cpp Python API", version: "0.3.36" } }),
    "GET /v1/models": listed([model.id], "me"),
    "POST /v1/completions": ({ body }) => {
      const asksProbabilities = body["logprobs"] !== undefined && body["logprobs"] !== null;
      if (asksProbabilities && !options.logitsAll) return replyEvents([], false);
      const text =
        body["suffix"] === undefined ? continued(model, body["prompt"]) : "print(add(2, 3))\nprint(add(";
      return completionEvents(text, { logprobs: asksProbabilities, model: model.id });
    },
    "POST /v1/chat/completions": (request) => {
      const format = request.body["response_format"] as { type: string } | undefined;
      const message =
        "1 validation error:\n  {'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), " +
        "'msg': \"Input should be 'text' or 'json_object'\", 'input': 'json_schema'}";
      return format?.type === "json_schema"
        ? replyJson(500, { error: { message, type: "internal_server_error", param: null, code: null } })
        : chatEvents(request, model.id);
    },
  };
}
