import { coder, llamaServer } from "../../fakes/fakeKnownServers.ts";
import { type Routes, replyEvents, replyJson } from "../../fakes/fakeRoutesServer.ts";

/** llama-server, whose model also knows how to add. */
export function addingServer(): Routes {
  const known = llamaServer(coder);
  return {
    ...known,
    "POST /infill": (request) =>
      /export function add/.test(String(request.body["input_prefix"]))
        ? replyEvents(
            [
              { content: "a + b;", stop: false },
              { content: "", stop: true, stop_type: "eos", tokens_evaluated: 9, timings: {} },
            ],
            false,
          )
        : (known["POST /infill"]?.(request) ?? replyJson(404, {})),
  };
}

/** The same behind a key. */
export function guarded(routes: Routes, key: string): Routes {
  return Object.fromEntries(
    Object.entries(routes).map(([route, answer]) => [
      route,
      (request) =>
        request.headers["authorization"] === `Bearer ${key}`
          ? answer(request)
          : replyJson(401, { error: { message: "Invalid API Key", type: "authentication_error" } }),
    ]),
  );
}
