import { chatEvents, completionEvents, type FakeModel, filled, halves, listed } from "./fakeKnownServers.ts";
import { FakeRoutesServer, type Reply, type Routes, replyEvents, replyJson } from "./fakeRoutesServer.ts";

/** Mistral's API reference: `/v1/fim/completions` answers in chat chunks, unknown fields are refused. */
export function mistral(model: FakeModel, key: string): Routes {
  const known = new Set("model prompt suffix max_tokens temperature stop random_seed stream".split(" "));
  return guarded(key, replyJson(401, { message: "Unauthorized", request_id: "1" }), {
    "GET /v1/models": listed([model.id], "mistralai"),
    "POST /v1/fim/completions": ({ body }) => {
      const extra = Object.keys(body).find((name) => !known.has(name));
      if (extra !== undefined)
        return replyJson(422, {
          object: "error",
          message: { detail: [{ type: "extra_forbidden", loc: ["body", extra], msg: "Extra inputs" }] },
        });
      const head = { id: "1", object: "chat.completion.chunk", created: 1, model: model.id };
      const pieces = halves(filled(body["prompt"], body["suffix"])).map((content, at) => ({
        ...head,
        choices: [
          { index: 0, delta: { role: "assistant", content }, finish_reason: at === 1 ? "stop" : null },
        ],
      }));
      return replyEvents(pieces, true);
    },
    "POST /v1/chat/completions": (request) => chatEvents(request, model.id),
  });
}

/** api-docs.deepseek.com, "FIM Completion (Beta)": `/beta/completions` with `suffix`. */
export function deepseek(model: FakeModel, key: string): Routes {
  const refusal = { message: "Authentication Fails", type: "authentication_error", code: "invalid_request" };
  return guarded(key, replyJson(401, { error: refusal }), {
    "GET /v1/models": listed([model.id], "deepseek"),
    "POST /beta/completions": ({ body }) =>
      completionEvents(filled(body["prompt"], body["suffix"]), { logprobs: true, model: model.id }),
    "POST /v1/chat/completions": (request) => chatEvents(request, model.id),
  });
}

/**
 * platform.openai.com, API reference: `suffix` for gpt-3.5-turbo-instruct only; newer chat models refuse `max_tokens`
 * for its newer name.
 */
export function openai(model: FakeModel, key: string): Routes {
  const refused = (message: string, code: string | null): Reply =>
    replyJson(400, { error: { message, type: "invalid_request_error", param: null, code } });
  const wrongKey = {
    message: "Incorrect API key provided.",
    type: "invalid_request_error",
    code: "invalid_api_key",
  };
  return guarded(key, replyJson(401, { error: wrongKey }), {
    "GET /v1/models": listed([model.id, "gpt-5-mini"], "openai"),
    "POST /v1/completions": ({ body }) =>
      body["model"] === "gpt-3.5-turbo-instruct"
        ? completionEvents(filled(body["prompt"], body["suffix"]), { logprobs: true, model: model.id })
        : replyJson(404, {
            error: {
              message: "This is a chat model and not supported in the v1/completions endpoint.",
              type: "invalid_request_error",
              param: "model",
              code: null,
            },
          }),
    "POST /v1/chat/completions": (request) =>
      request.body["max_tokens"] === undefined
        ? chatEvents(request, model.id)
        : refused(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            "unsupported_parameter",
          ),
  });
}

function guarded(key: string, refusal: Reply, routes: Routes): Routes {
  return Object.fromEntries(
    Object.entries(routes).map(([route, answer]) => [
      route,
      (request) => (request.headers["authorization"] === `Bearer ${key}` ? answer(request) : refusal),
    ]),
  );
}

/** Starts a server and a `fetch` for which it stands at `origin`, as if it were that service. */
export async function serviceAt(
  origin: string,
  routes: Routes,
): Promise<{ server: FakeRoutesServer; fetch: typeof fetch }> {
  const server = await FakeRoutesServer.start(routes);
  return {
    server,
    fetch: (input, init) => fetch(String(input).replace(origin, server.origin), init),
  };
}
