import assert from "node:assert/strict";
import { serverCounts } from "../../../bench/server/serverCounts.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { nextTurn } from "../../../src/base/nextTurn.ts";
import { createApp } from "../../../src/engine/app.ts";
import { serveHttp } from "../../../src/engine/httpServer.ts";
import { ModelHolder } from "../../../src/engine/modelHolder.ts";
import type { GenerateOptions, GenerationEvent } from "../../../src/engine/modelRuntime.ts";
import { RequestQueue } from "../../../src/engine/requestQueue.ts";
import { OpenAiClient } from "../../../src/model/openAiClient.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { ScriptedRuntime } from "./fakeRuntime.ts";

/** Reads a prompt without end, token by token, until somebody withdraws the request. */
class EndlessRuntime extends ScriptedRuntime {
  read = 0;

  override async *generate(options: GenerateOptions): AsyncGenerator<GenerationEvent, void, undefined> {
    this.asked.push(options);
    for (;;) {
      this.read++;
      yield { type: "read", tokens: 1 };
      await options.breathe();
    }
  }
}

const token = "right";
const request = {
  context: [],
  path: "a.py",
  prefix: "x",
  suffix: "y",
  maxTokens: 100_000,
  temperature: 0,
  candidates: 1,
  stop: [],
};

describe("requests that clients withdraw, over HTTP", () => {
  it("are closed at the engine: what waits is never computed, what runs ends", async () => {
    const runtime = new EndlessRuntime("");
    const holder = new ModelHolder(async () => runtime, {
      idleUnloadMs: 0,
      clock: new FakeClock(),
      log: silentLog,
    });
    const queue = new RequestQueue();
    const app = createApp({ modelId: "m", holder, queue, log: silentLog, client: undefined });
    const server = await serveHttp({ app, host: "127.0.0.1", port: 0, token });
    const client = (user: string): OpenAiClient =>
      new OpenAiClient({
        baseUrl: server.url,
        fetch: (input, init) => fetch(input, init),
        apiKey: async () => token,
        completionModel: "m",
        chatModel: "m",
        dialect: "engine",
        clock: systemClock,
        log: silentLog,
        user,
      });
    const counts = async (): Promise<ReturnType<typeof serverCounts>> => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(server.url.replace("/v1", "/metrics"), { headers });
      return serverCounts(await response.text());
    };
    const reaches = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
      const deadline = Date.now() + 5000;
      while (!(await holds())) {
        assert.ok(Date.now() < deadline, what);
        await nextTurn();
      }
    };
    const ask = async (user: string, signal: AbortSignal): Promise<string> => {
      let end = "";
      for await (const event of client(user).complete(request, signal))
        if (event.type === "done") end = event.finishReason;
      return end;
    };
    try {
      const running = new AbortController();
      const first = ask("first", running.signal);
      await reaches("the first runs", async () => runtime.asked.length === 1);
      const waiting = new AbortController();
      const others = Array.from({ length: 20 }, (_, user) => ask(`user ${user}`, waiting.signal));
      await reaches("all wait", async () => queue.length === 21);
      waiting.abort();
      assert.ok((await Promise.all(others)).every((end) => end === "cancelled"));
      await reaches("the queue is left", async () => queue.length === 1);
      running.abort();
      assert.equal(await first, "cancelled");
      await reaches("the running one ends", async () => queue.length === 0);
      assert.equal(runtime.asked.length, 1, "only the first was ever computed");
      const { withdrawnWaiting, withdrawnRunning, pending, promptTokens } = await counts();
      assert.deepEqual(
        { withdrawnWaiting, withdrawnRunning, pending, promptTokens },
        { withdrawnWaiting: 20, withdrawnRunning: 1, pending: 0, promptTokens: runtime.read },
        "what was computed in vain is counted too",
      );
    } finally {
      server.close();
    }
  });
});
