import { type Context, Hono } from "hono";
import type { Log } from "../base/log.ts";
import { type AnswerTask, answerEvents } from "./answer.ts";
import { AnswerBodies } from "./answerBodies.ts";
import { respond } from "./answerResponse.ts";
import { ApiError, apiErrorOf, invalid } from "./apiError.ts";
import { Fields } from "./fields.ts";
import { fimPrompt, plainPrompt } from "./fim.ts";
import { metricsText, TokenCounts } from "./metrics.ts";
import type { ModelHolder } from "./modelHolder.ts";
import type { ModelRuntime } from "./modelRuntime.ts";
import type { Priority, RequestQueue } from "./requestQueue.ts";
import { type AnswerRequest, type CompletionRequest, readChat, readCompletion } from "./requests.ts";

export interface AppOptions {
  readonly modelId: string;
  readonly holder: ModelHolder;
  readonly queue: RequestQueue;
  readonly log: Log;
  /** Whose requests these are where a request has no field `user`; undefined: every request stands alone. */
  readonly client: string | undefined;
}

/** The engine's endpoints, in the OpenAI protocol; a web `Request` in, a web `Response` out. */
export function createApp(options: AppOptions): Hono {
  const { modelId, holder, queue, log } = options;
  const app = new Hono();

  app.get("/health", (c) => {
    if (c.req.query("load")) holder.use(() => {}).catch((error) => log.debug(`Loading: ${error.message}`));
    const speed = holder.runtime?.speed;
    return c.json({
      status: holder.state,
      model: modelId,
      requests: queue.length,
      ...(holder.runtime && {
        context_size: holder.runtime.contextSize,
        device: holder.runtime.placement.device ?? null,
        unused_gpu: holder.runtime.placement.unusedGpu ?? null,
        fim: holder.runtime.vocabulary.fim !== undefined,
        speed: { prefill: speed?.prefill ?? null, decode: speed?.decode ?? null },
      }),
      ...(holder.state === "error" && holder.error?.body),
    });
  });

  app.get("/work", (c) => {
    const after = Number(c.req.query("after") ?? 0);
    return c.json({ work: holder.runtime?.work.after(Number.isFinite(after) ? after : 0) ?? [] });
  });

  const tokens = new TokenCounts();
  app.get("/metrics", (c) => {
    c.header("content-type", "text/plain; version=0.0.4");
    return c.body(metricsText(queue, tokens));
  });

  const model = { id: modelId, object: "model", created: 0, owned_by: "wisp" };
  app.get("/v1/models", (c) => c.json({ object: "list", data: [model] }));
  app.get("/v1/models/:id", (c) => {
    if (c.req.param("id") === modelId) return c.json(model);
    throw new ApiError("invalid-request", `There is no model ${c.req.param("id")} here.`, 404);
  });

  const tokenize = async (c: Context): Promise<Response> => {
    const fields = new Fields(await bodyOf(c));
    const content = fields.string("content");
    if (content === undefined) throw invalid("content must be a string.");
    return c.json({ tokens: await holder.use((runtime) => runtime.vocabulary.tokenize(content)) });
  };
  app.post("/tokenize", tokenize);
  app.post("/v1/tokenize", tokenize);

  app.post("/v1/completions", async (c) => {
    const request = readCompletion(await bodyOf(c));
    const { echoFrom } = request;
    if (echoFrom !== undefined)
      return answer(c, request, request.priority, (runtime) => weighing(runtime, request, echoFrom));
    return answer(c, request, request.priority, (runtime) => ({
      lane: "completion",
      tokens:
        request.suffix === undefined
          ? plainPrompt(runtime.vocabulary, request.prompt)
          : fimPrompt(
              runtime.vocabulary,
              { ...request, prefix: request.prompt, suffix: request.suffix },
              runtime.contextSize,
            ),
      stop: request.stop,
      form: undefined,
      beginsWith: request.beginsWith,
      lead: request.lead,
      request,
      endsAtSpecial: true,
    }));
  });

  app.post("/v1/chat/completions", async (c) => {
    const request = readChat(await bodyOf(c));
    return answer(c, request, "chat", (runtime) => {
      const { tokens, stop } = runtime.chatPrompt(request.turns);
      return {
        lane: "chat",
        tokens,
        stop: [...request.stop, ...stop],
        form: request.form,
        request,
        endsAtSpecial: false,
      };
    });
  });

  function answer(
    c: Context,
    request: AnswerRequest,
    priority: Priority,
    task: (runtime: ModelRuntime) => AnswerTask,
  ): Promise<Response> {
    const client = request.user ?? options.client;
    return respond(c.req.raw.signal, request, (signal, deliver) =>
      queue.submit({ priority, client, signal }, (turn) =>
        holder.use(async (runtime) => {
          const bodies = new AnswerBodies({
            kind: priority === "chat" && "turns" in request ? "chat" : "completion",
            model: modelId,
            logprobs: request.logprobs,
            vocabulary: runtime.vocabulary,
          });
          for await (const event of answerEvents(runtime, task(runtime), turn, tokens))
            deliver(event, bodies);
        }),
      ),
    );
  }

  app.notFound((c) => {
    const error = new ApiError("invalid-request", `There is no ${c.req.method} ${c.req.path} here.`, 404);
    return Response.json(error.body, { status: error.status });
  });
  app.onError((error, c) => {
    const apiError = apiErrorOf(error);
    if (apiError.code === "internal" && !c.req.raw.signal.aborted) log.error(apiError.message);
    return Response.json(apiError.body, { status: apiError.status });
  });
  return app;
}

/** On the chat's lane, so that the suggestion's prompt stays in the KV cache. */
function weighing(runtime: ModelRuntime, request: CompletionRequest, echoFrom: number): AnswerTask {
  // Cut where the text that is weighed begins, so that the same text always has the same tokens.
  const before = runtime.vocabulary.tokenize(request.prompt.slice(0, echoFrom));
  const { bos } = runtime.vocabulary;
  // The first token of all has nothing before it that could make it likely.
  const context = bos === null ? before : [bos, ...before];
  const text = runtime.vocabulary.tokenize(request.prompt.slice(echoFrom));
  return {
    lane: "chat",
    tokens: [...context, ...text],
    weighFrom: Math.max(1, context.length),
    stop: [],
    form: undefined,
    request,
    endsAtSpecial: false,
  };
}

async function bodyOf(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    throw invalid("The body is not JSON.");
  }
}
