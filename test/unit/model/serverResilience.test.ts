import assert from "node:assert/strict";
import { silentLog } from "../../../src/base/log.ts";
import type {
  ChatRequest,
  CompletionEvent,
  FimRequest,
  ModelClient,
  TokenProbability,
} from "../../../src/model/modelClient.ts";
import { ModelError, type ModelErrorCode } from "../../../src/model/modelErrors.ts";
import { ResilientClient } from "../../../src/model/resilientClient.ts";
import { request } from "../../fakes/exampleRequest.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const never = new AbortController().signal;
const question: ChatRequest = { messages: [], maxTokens: 1, temperature: 0 };

/** What a scripted model does with a request: answer, fail, fail or stall in the middle, or give nothing until aborted. */
type Act = "answer" | "hang" | "stall" | "cut" | "superseded" | ModelErrorCode;

class ScriptedModel implements ModelClient {
  asked = 0;
  aborted = 0;
  readonly foreseen: readonly TokenProbability[];
  readonly #text: string;
  act: Act;

  constructor(text: string, act: Act = "answer") {
    this.#text = text;
    this.foreseen = [{ text, probability: 1 }];
    this.act = act;
  }

  async *complete(_: FimRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent> {
    this.asked++;
    const { act } = this;
    if (act === "hang") await new Promise((resolve) => signal.addEventListener("abort", resolve));
    if (signal.aborted || act === "superseded") {
      if (signal.aborted) this.aborted++;
      return yield { type: "done", finishReason: "cancelled", usage: {} };
    }
    if (act !== "answer" && act !== "cut" && act !== "stall" && act !== "hang")
      throw new ModelError(act, act, "hint");
    yield { type: "delta", candidate: 0, text: this.#text };
    if (act === "stall") {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      this.aborted++;
    }
    if (act === "cut") throw new ModelError("unreachable", "cut", "hint");
    yield { type: "done", finishReason: "stop", usage: {} };
  }

  chat(_: unknown, signal: AbortSignal): AsyncGenerator<CompletionEvent> {
    return this.complete(request, signal);
  }

  async prefill(): Promise<readonly TokenProbability[]> {
    this.asked++;
    if (this.act === "server-error" || this.act === "unauthorized")
      throw new ModelError(this.act, this.act, "hint");
    return this.foreseen;
  }

  async countTokens(): Promise<number> {
    this.asked++;
    return 1;
  }

  async weigh(): Promise<[]> {
    this.asked++;
    return [];
  }
}

function setup(act: Act, fallbackAct: Act | "none" = "answer") {
  const clock = new FakeClock();
  const server = new ScriptedModel("server", act);
  const fallback = new ScriptedModel("engine", fallbackAct === "none" ? "answer" : fallbackAct);
  const routes: string[] = [];
  const client = new ResilientClient({
    server,
    fallback: fallbackAct === "none" ? undefined : fallback,
    fallbackName: "Qwen",
    clock,
    log: silentLog,
    random: () => 0.5,
    deadlineMs: 8000,
    endWithinMs: 60_000,
    hedgeMs: 1500,
    onRoute: (route, isSlow) => routes.push(isSlow ? `${route}, slow` : route),
  });
  return { clock, server, fallback, routes, client };
}

async function text(events: AsyncIterable<CompletionEvent>): Promise<string> {
  let all = "";
  for await (const event of events) {
    if (event.type === "delta") all += event.text;
    else if (event.finishReason === "cancelled") all += "(cancelled)";
  }
  return all;
}

async function code(events: AsyncIterable<CompletionEvent>): Promise<string> {
  try {
    return await text(events);
  } catch (error) {
    assert.ok(error instanceof ModelError, String(error));
    assert.notEqual(error.hint, "");
    return error.code;
  }
}

/** Lets what is ready run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A completion ends by itself at `ms`, not before, and its request is closed at the server. */
async function givesUpAfter(
  ms: number,
  { client, clock, server }: Pick<ReturnType<typeof setup>, "client" | "clock" | "server">,
): Promise<void> {
  const ending = code(client.complete(request, never));
  await settled();
  clock.advance(ms - 1);
  await settled();
  assert.equal(server.aborted, 0);
  clock.advance(1);
  assert.equal(await ending, "timeout");
  await settled();
  assert.equal(server.aborted, 1);
  assert.equal(clock.pending, 0);
}

describe("a server's manners", () => {
  it("passes a healthy server's answers on and asks nobody else", async () => {
    const { client, fallback, routes, clock } = setup("answer");
    assert.equal(await text(client.complete(request, never)), "server");
    assert.equal(await text(client.chat({ messages: [], maxTokens: 1, temperature: 0 }, never)), "server");
    assert.equal(fallback.asked, 0);
    assert.deepEqual(routes, []);
    assert.equal(clock.pending, 0);
  });

  it("has the fallback answer while the server fails, and comes back to it without a restart", async () => {
    const { client, server, routes, clock } = setup("unreachable");
    for (let n = 0; n < 3; n++) assert.equal(await text(client.complete(request, never)), "engine");
    assert.equal(server.asked, 3);
    assert.equal(await text(client.complete(request, never)), "engine");
    assert.equal(server.asked, 3, "the breaker is open");
    clock.advance(2000);
    assert.equal(await text(client.complete(request, never)), "engine");
    assert.equal(server.asked, 4, "one try when half-open");
    assert.equal(await text(client.complete(request, never)), "engine");
    assert.equal(server.asked, 4);
    server.act = "answer";
    clock.advance(4000);
    assert.equal(await text(client.complete(request, never)), "server");
    assert.equal(await text(client.complete(request, never)), "server");
    assert.deepEqual(routes, ["fallback", "server"]);
  });

  it("without a fallback says the reason at once while the server is left alone, and when it is asked again", async () => {
    const { client, server, clock } = setup("server-error", "none");
    for (let n = 0; n < 4; n++) assert.equal(await code(client.complete(request, never)), "server-error");
    assert.equal(server.asked, 3);
    await assert.rejects(text(client.complete(request, never)), (error: ModelError) =>
      /^hint It is asked again in 2 s/.test(error.hint),
    );
    server.act = "answer";
    clock.advance(2000);
    assert.equal(await code(client.complete(request, never)), "server");
  });

  it("does not hide that the model or the request is wrong", async () => {
    for (const act of ["model-not-found", "no-fim", "context-overflow", "refused"] as const) {
      const { client, server, fallback } = setup(act);
      for (let n = 0; n < 5; n++) assert.equal(await code(client.complete(request, never)), act);
      assert.equal(await code(client.chat(question, never)), act);
      assert.equal(fallback.asked, 0);
      assert.equal(server.asked, 6, act);
    }
  });

  it("asks the fallback too when the server is slow, and takes the first text", async () => {
    const { client, server, fallback, clock, routes } = setup("hang");
    const answer = text(client.complete(request, never));
    await settled();
    assert.equal(fallback.asked, 0);
    clock.advance(1500);
    assert.equal(await answer, "engine");
    await settled();
    assert.equal(server.aborted, 1, "the slow request is closed");
    assert.equal(clock.pending, 0);
    assert.deepEqual(routes, ["fallback, slow"]);
  });

  it("gives up on a server that gives nothing, and says so", async () => {
    await givesUpAfter(8_000, setup("hang", "none"));
  });

  it("reports the server's error when the fallback fails as well", async () => {
    for (const fallbackAct of ["no-model", "server-error"] as const) {
      const { client, server } = setup("unreachable", fallbackAct);
      for (let n = 0; n < 5; n++) assert.equal(await code(client.complete(request, never)), "unreachable");
      assert.equal(server.asked, 3);
    }
  });

  it("never mixes two answers: a break in the middle ends the answer with its error", async () => {
    const { client, fallback } = setup("cut");
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const event of client.complete(request, never))
        if (event.type === "delta") seen.push(event.text);
    }, /cut/);
    assert.deepEqual(seen, ["server"]);
    assert.equal(fallback.asked, 0);
  });

  it("leaves a server alone whose answers broke three times", async () => {
    const { client, server } = setup("cut");
    for (let n = 0; n < 3; n++) await assert.rejects(text(client.complete(request, never)), /cut/);
    assert.equal(await text(client.complete(request, never)), "engine");
    assert.equal(server.asked, 3);
  });

  it("closes the requests of a withdrawn completion and learns nothing from it", async () => {
    const { client, server, fallback, clock } = setup("hang", "hang");
    for (let n = 0; n < 5; n++) {
      const controller = new AbortController();
      const answer = text(client.complete(request, controller.signal));
      await settled();
      clock.advance(1500);
      await settled();
      controller.abort();
      assert.equal(await answer, "(cancelled)");
    }
    assert.deepEqual([server.asked, fallback.asked], [5, 5]);
    assert.deepEqual([server.aborted, fallback.aborted], [5, 5]);
    server.act = "answer";
    assert.equal(await text(client.complete(request, never)), "server");
    assert.equal(clock.pending, 0);
  });

  it("leaves a server alone that was overtaken three times", async () => {
    const { client, server, clock } = setup("hang");
    for (let n = 0; n < 3; n++) {
      const answer = text(client.complete(request, never));
      await settled();
      clock.advance(1500);
      assert.equal(await answer, "engine");
    }
    assert.equal(await text(client.complete(request, never)), "engine");
    assert.equal(server.asked, 3);
  });

  it("says with what the server fails: slow, then away, then back", async () => {
    const { client, server, routes, clock } = setup("hang");
    const answer = text(client.complete(request, never));
    await settled();
    clock.advance(1500);
    await answer;
    server.act = "unreachable";
    assert.equal(await text(client.complete(request, never)), "engine");
    server.act = "answer";
    assert.equal(await text(client.complete(request, never)), "server");
    assert.deepEqual(routes, ["fallback, slow", "fallback", "server"]);
  });

  it("keeps chat at a server whose suggestions are slow or fail, and the other way round", async () => {
    for (const act of ["hang", "unreachable"] as const) {
      const { client, server, clock } = setup(act);
      for (let n = 0; n < 5; n++) {
        const answer = text(client.complete(request, never));
        await settled();
        clock.advance(1500);
        assert.equal(await answer, "engine");
      }
      server.act = "answer";
      assert.equal(await text(client.chat(question, never)), "server");
    }
    const { client, server, routes } = setup("server-error");
    for (let n = 0; n < 4; n++) assert.equal(await text(client.chat(question, never)), "engine");
    assert.equal(server.asked, 3);
    server.act = "answer";
    assert.equal(await text(client.complete(request, never)), "server");
    assert.deepEqual(routes, [], "the status is that of suggestions");
  });

  it("lets others through once the server has begun to answer after a pause", async () => {
    const { client, server, clock } = setup("unreachable");
    for (let n = 0; n < 3; n++) await text(client.chat(question, never));
    clock.advance(2000);
    server.act = "answer";
    const events = client.chat(question, never)[Symbol.asyncIterator]();
    await events.next();
    assert.equal(await text(client.chat(question, never)), "server");
  });

  it("takes no older answer for a sign that the server may be asked again", async () => {
    const { client, server } = setup("answer");
    const older = client.chat(question, never)[Symbol.asyncIterator]();
    await older.next();
    server.act = "unreachable";
    for (let n = 0; n < 3; n++) await text(client.chat(question, never));
    while (!(await older.next()).done);
    server.act = "answer";
    assert.equal(await text(client.chat(question, never)), "engine");
  });

  it("asks a server again that is there but refuses, so that the reason is told", async () => {
    const { client, server, clock } = setup("unreachable", "none");
    for (let n = 0; n < 3; n++) await code(client.complete(request, never));
    server.act = "refused";
    clock.advance(2000);
    for (let n = 0; n < 3; n++) assert.equal(await code(client.complete(request, never)), "refused");
    assert.equal(server.asked, 6);
  });

  it("stops sending a key that the server refuses, tells of it all the same, and has nobody stand in", async () => {
    const { client, server, fallback, clock } = setup("unauthorized");
    for (let n = 0; n < 20; n++) {
      await assert.rejects(text(client.complete(request, never)), {
        code: "unauthorized",
        message: "unauthorized",
        hint: /^hint/,
      });
      await client.prefill(request, never).catch(() => {});
    }
    assert.deepEqual([server.asked, fallback.asked], [3, 0]);
    server.act = "answer";
    clock.advance(2000);
    assert.equal(await text(client.complete(request, never)), "server");
  });

  it("learns nothing from a request that the server dropped for a newer one", async () => {
    const { client, server, routes, clock } = setup("unreachable");
    for (let n = 0; n < 3; n++) await text(client.complete(request, never));
    clock.advance(2000);
    server.act = "superseded";
    assert.equal(await text(client.complete(request, never)), "(cancelled)");
    assert.deepEqual(routes, ["fallback"], "it is not back yet");
    server.act = "unreachable";
    await text(client.complete(request, never));
    assert.equal(server.asked, 5, "the try was still to be made");
    assert.equal(await text(client.complete(request, never)), "engine");
    assert.equal(server.asked, 5);
  });

  it("asks nothing beside of a server that is left alone, and takes no word of the fallback for the server's", async () => {
    const { client, server, fallback } = setup("unreachable");
    const weighed = { context: "", text: "a" };
    assert.deepEqual(await client.prefill(request, never), server.foreseen);
    assert.equal(await client.countTokens("a", never), 1);
    assert.deepEqual(await client.weigh(weighed, never), []);
    for (let n = 0; n < 3; n++) {
      await text(client.complete(request, never));
      await text(client.chat(question, never));
    }
    const [asked, helped] = [server.asked, fallback.asked];
    assert.equal(await client.prefill(request, never), undefined);
    assert.equal(await client.countTokens("a", never), undefined);
    assert.equal(await client.weigh(weighed, never), undefined);
    assert.equal(server.asked, asked);
    assert.equal(fallback.asked, helped + 1, "the fallback reads the prompt ahead");
  });

  it("learns from prompts that the server could not read ahead", async () => {
    const { client, server, fallback } = setup("server-error");
    for (let n = 0; n < 3; n++)
      await assert.rejects(client.prefill(request, never), { code: "server-error" });
    assert.equal(await client.prefill(request, never), undefined);
    assert.deepEqual([server.asked, fallback.asked], [3, 1]);
    assert.equal(await text(client.complete(request, never)), "engine");
    assert.equal(server.asked, 3);
  });

  it("takes no prompt that was read ahead for a sign that completions work", async () => {
    const { client, server } = setup("server-error");
    for (let n = 0; n < 3; n++) {
      await text(client.complete(request, never));
      server.act = "answer";
      await client.prefill(request, never);
      server.act = "server-error";
    }
    const { asked } = server;
    assert.equal(await text(client.complete(request, never)), "engine");
    assert.equal(server.asked, asked);
  });

  it("gives chat its time: no deadline, and nobody else is asked while the server thinks", async () => {
    const { client, server, fallback, clock } = setup("hang");
    const controller = new AbortController();
    const answer = text(client.chat({ messages: [], maxTokens: 1, temperature: 0 }, controller.signal));
    await settled();
    clock.advance(120_000);
    await settled();
    assert.deepEqual([server.aborted, fallback.asked], [0, 0]);
    controller.abort();
    assert.equal(await answer, "(cancelled)");
  });

  it("has chat stood in for when the server fails, and says by whom", async () => {
    const { client, server } = setup("server-error");
    const signers = async () => {
      const all: (string | undefined)[] = [];
      for await (const event of client.chat(question, never))
        if (event.type === "delta") all.push(event.text, event.standIn);
      return all;
    };
    assert.deepEqual(await signers(), ["engine", "Qwen"]);
    server.act = "answer";
    assert.deepEqual(await signers(), ["server", undefined]);
  });

  it("lets an answer take its time once it has begun", async () => {
    const { client, clock } = setup("answer", "none");
    const events = client.complete(request, never)[Symbol.asyncIterator]();
    assert.equal((await events.next()).value.text, "server");
    clock.advance(59_000);
    assert.equal((await events.next()).value.finishReason, "stop");
    assert.equal((await events.next()).done, true);
    assert.equal(clock.pending, 0);
  });

  it("gives up on a completion that begins and does not end, but not on a chat", async () => {
    const parts = setup("stall", "none");
    await givesUpAfter(60_000, parts);
    const { client, clock, server } = parts;

    const controller = new AbortController();
    const chat = text(client.chat(question, controller.signal));
    await settled();
    clock.advance(600_000);
    await settled();
    assert.equal(server.aborted, 1);
    controller.abort();
    await chat;
  });
});
