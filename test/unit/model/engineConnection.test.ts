import assert from "node:assert/strict";
import { Emitter } from "../../../src/base/emitter.ts";
import { silentLog } from "../../../src/base/log.ts";
import { ApiError } from "../../../src/engine/apiError.ts";
import { createApp } from "../../../src/engine/app.ts";
import { IpcServer } from "../../../src/engine/ipcServer.ts";
import { ModelHolder } from "../../../src/engine/modelHolder.ts";
import type { GenerateOptions, GenerationEvent } from "../../../src/engine/modelRuntime.ts";
import type { FromEngine, ToEngine } from "../../../src/engine/protocol.ts";
import { RequestQueue } from "../../../src/engine/requestQueue.ts";
import { EngineAnswer } from "../../../src/model/engineAnswer.ts";
import { EngineChannel } from "../../../src/model/engineChannel.ts";
import { EngineConnection, engineBaseUrl } from "../../../src/model/engineConnection.ts";
import type { CompletionEvent } from "../../../src/model/modelClient.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { OpenAiClient } from "../../../src/model/openAiClient.ts";
import { ServerConnection } from "../../../src/model/serverConnection.ts";
import { askedWaitMs, refusalOf } from "../../../src/model/serverRefusal.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { ScriptedRuntime } from "../engine/fakeRuntime.ts";

const never = new AbortController().signal;
const request = {
  context: [],
  path: "a.ts",
  prefix: "x",
  suffix: "y",
  maxTokens: 10,
  temperature: 0,
  candidates: 1,
  stop: [],
};

/** Breaks off after two tokens. */
class BreakingRuntime extends ScriptedRuntime {
  override async *generate(options: GenerateOptions): AsyncGenerator<GenerationEvent, void, undefined> {
    for await (const event of super.generate(options)) {
      yield event;
      if (event.type === "token" && event.token === "b".charCodeAt(0))
        throw new ApiError("out-of-memory", "There is no memory left.");
    }
  }
}

/** Both ends of the engine's channel, and its endpoints with a runtime that stands in for llama.cpp. */
function engineWith(runtime: ScriptedRuntime) {
  const clock = new FakeClock();
  const holder = new ModelHolder(async () => runtime, { idleUnloadMs: 0, clock, log: silentLog });
  const queue = new RequestQueue();
  const app = createApp({ modelId: "m", holder, queue, log: silentLog, client: "editor" });
  const said = new Emitter<FromEngine>();
  const heard: ToEngine[] = [];
  const passOn = (message: FromEngine) => setImmediate(() => said.fire(structuredClone(message)));
  const server = new IpcServer({ handle: app.fetch, send: passOn });
  const send = (message: ToEngine): void => {
    heard.push(message);
    setImmediate(() => server.receive(structuredClone(message)));
  };
  const { ask } = new EngineChannel({ send, onMessage: said.listen }, clock);
  return { client: clientOf(new EngineConnection(ask)), connection: new EngineConnection(ask), heard, queue };
}

function clientOf(connection: EngineConnection): OpenAiClient {
  return new OpenAiClient({
    baseUrl: engineBaseUrl,
    connection,
    completionModel: "m",
    chatModel: "m",
    dialect: "engine",
    clock: new FakeClock(),
    log: silentLog,
  });
}

async function events(answer: AsyncIterable<CompletionEvent>): Promise<CompletionEvent[]> {
  const all: CompletionEvent[] = [];
  for await (const event of answer) all.push(event);
  return all;
}

function text(all: readonly CompletionEvent[]): string {
  return all.map((event) => (event.type === "delta" ? event.text : "")).join("");
}

/** An answer as the engine would give it, in these pieces. */
function answering(pieces: readonly string[], status = 200): EngineConnection {
  return new EngineConnection(async () => {
    const answer = new EngineAnswer(status, () => {});
    for (const piece of pieces) answer.add(piece);
    answer.end();
    return answer;
  });
}

describe("the connection to the engine", () => {
  it("carries completions with probabilities and usage, chat, prefill, counts and the list of models", async () => {
    const { client, heard } = engineWith(new ScriptedRuntime("aéb"));
    const answer = await events(client.complete(request, never));
    assert.equal(text(answer), "aéb");
    const [first] = answer;
    assert.ok(first?.type === "delta");
    assert.deepEqual(first.tokens, [{ text: "a", probability: 0.5 }]);
    const done = answer.at(-1);
    assert.ok(done?.type === "done" && done.finishReason === "stop");
    assert.equal(done.usage.completionTokens, 4);
    assert.equal(done.usage.cachedPromptTokens, 2);
    const messages = [{ role: "user", content: "Hello" }] as const;
    assert.equal(text(await events(client.chat({ messages, maxTokens: 9, temperature: 0 }, never))), "aéb");
    assert.deepEqual(await client.prefill(request, never), [{ text: "a", probability: 0.5 }]);
    assert.equal(await client.countTokens("four", never), 4);
    assert.deepEqual(await client.listModels(never), ["m"]);
    assert.deepEqual(new Set(heard.map(({ type }) => type)), new Set(["request"]));
  });

  it("gives refusals the code, the words and the hint that they have over HTTP", async () => {
    const bodies = [
      ...(
        ["bad-model-file", "no-model", "out-of-memory", "no-fim", "context-overflow", "internal"] as const
      ).map((code) => JSON.stringify({ error: { message: "It said so.", type: "t", code } })),
      JSON.stringify({ error: { message: "n must be a number.", code: "invalid-request" } }),
      JSON.stringify({ message: "bare" }),
      "Internal Server Error",
    ];
    for (const status of [400, 404, 409, 429, 500, 503])
      for (const body of bodies) {
        const overHttp = new ServerConnection({
          baseUrl: engineBaseUrl,
          fetch: async () => new Response(body, { status }),
          apiKey: async () => undefined,
          clock: new FakeClock(),
          name: "The engine",
        });
        const failures = await Promise.all(
          [answering([body], status), overHttp].map(async (connection) => {
            const error = await connection.post(`${engineBaseUrl}/completions`, {}, "m", never).then(
              () => assert.fail("no refusal"),
              (failure: unknown) => failure,
            );
            assert.ok(error instanceof ModelError);
            const { code, message, hint } = error;
            return { code, message, hint, status: refusalOf(error)?.status, waitMs: askedWaitMs(error) };
          }),
        );
        assert.deepEqual(failures[0], failures[1], `${status} ${body}`);
      }
  });

  it("passes refusals of the engine on", async () => {
    const { connection } = engineWith(new ScriptedRuntime("a"));
    const body = { model: "m", prompt: "x", suffix: "", max_tokens: 1, n: "many" };
    const asked = connection.open(`${engineBaseUrl}/completions`, body, {}, "m", never);
    const isSo = (error: unknown) => error instanceof ModelError && /n must be/.test(error.message);
    await assert.rejects(asked, (error) => isSo(error) && refusalOf(error)?.status === 400);
    const unknown = connection.get("/nothing", "m", never);
    await assert.rejects(unknown, (error) => error instanceof ModelError && error.code === "model-not-found");
    const left = connection.get("/models", "m", AbortSignal.abort("left"));
    await assert.rejects(left, (reason) => reason === "left");
  });

  it("tells of an answer that breaks off in the middle", async () => {
    const { client } = engineWith(new BreakingRuntime("abc"));
    const all: CompletionEvent[] = [];
    const reading = (async () => {
      for await (const event of client.complete(request, never)) all.push(event);
    })();
    await assert.rejects(reading, (error) => {
      assert.ok(error instanceof ModelError);
      assert.deepEqual([error.code, error.message], ["out-of-memory", "There is no memory left."]);
      assert.deepEqual(refusalOf(error)?.status, undefined);
      return true;
    });
    assert.equal(text(all), "ab");
  });

  it("ends as cancelled what is withdrawn, at the engine too", async () => {
    const { client, heard, queue } = engineWith(new ScriptedRuntime("a".repeat(9)));
    const withdrawn = new AbortController();
    let end = "";
    for await (const event of client.complete(request, withdrawn.signal)) {
      if (event.type === "done") end = event.finishReason;
      else withdrawn.abort();
    }
    assert.equal(end, "cancelled");
    assert.equal(heard.at(-1)?.type, "abort");
    const deadline = Date.now() + 2000;
    while (queue.length > 0 && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(queue.length, 0);
  });

  it("ends a superseded completion as cancelled", async () => {
    const body = JSON.stringify({ error: { message: "A newer one came.", code: "superseded" } });
    const all = await events(clientOf(answering([body], 409)).complete(request, never));
    assert.deepEqual(all, [{ type: "done", finishReason: "cancelled", usage: {} }]);
  });

  it("reads events however they are cut", async () => {
    const chunk = (piece: string, end: string | null): string =>
      `data: ${JSON.stringify({ choices: [{ index: 0, text: piece, finish_reason: end }] })}\n\n`;
    const all = `${chunk("a\n\nb", null)}${chunk("€", "stop")}data: [DONE]\n\n`;
    for (const size of [1, 2, 3, 7, 50, all.length]) {
      const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
        all.slice(n * size, (n + 1) * size),
      );
      const answer = await events(clientOf(answering(pieces)).complete(request, never));
      assert.equal(text(answer), "a\n\nb€", `pieces of ${size}`);
      assert.equal(answer.at(-1)?.type, "done");
    }
  });

  it("says what is no JSON, and what has no end", async () => {
    const post = (pieces: string[], status?: number) =>
      answering(pieces, status).post(`${engineBaseUrl}/completions`, {}, "m", never);
    await assert.rejects(post(["<html>"]), { code: "bad-response" });
    await assert.rejects(post(["gone wrong"], 500), { code: "server-error", message: /gone wrong/ });
    await assert.rejects(post([""], 500), { code: "server-error", message: /no reason was given/ });
    const cut = clientOf(answering(['data: {"choices": [{"text": "a"}]}\n\n']));
    await assert.rejects(events(cut.complete(request, never)), { code: "bad-response" });
  });
});
