import assert from "node:assert/strict";
import fc from "fast-check";
import { silentLog } from "../../../src/base/log.ts";
import { CircuitBreaker } from "../../../src/model/circuitBreaker.ts";
import type { CompletionEvent, FimRequest, ModelClient } from "../../../src/model/modelClient.ts";
import { ModelError, type ModelErrorCode } from "../../../src/model/modelErrors.ts";
import { ResilientClient, type Route } from "../../../src/model/resilientClient.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const request: FimRequest = {
  context: [],
  path: "a.ts",
  prefix: "a",
  suffix: "",
  maxTokens: 8,
  temperature: 0,
  candidates: 1,
  stop: [],
};
const never = new AbortController().signal;

/** What a scripted model does with a request: answer, fail, fail in the middle, or give nothing until aborted. */
type Act = "answer" | "hang" | "cut" | ModelErrorCode;

class ScriptedModel implements ModelClient {
  asked = 0;
  aborted = 0;
  readonly #text: string;
  act: Act;

  constructor(text: string, act: Act = "answer") {
    this.#text = text;
    this.act = act;
  }

  async *complete(_: FimRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent> {
    this.asked++;
    const { act } = this;
    if (act === "hang") await new Promise((resolve) => signal.addEventListener("abort", resolve));
    if (signal.aborted) {
      this.aborted++;
      return yield { type: "done", finishReason: "cancelled", usage: {} };
    }
    if (act !== "answer" && act !== "cut" && act !== "hang") throw new ModelError(act, act, "hint");
    yield { type: "delta", candidate: 0, text: this.#text };
    if (act === "cut") throw new ModelError("unreachable", "cut", "hint");
    yield { type: "done", finishReason: "stop", usage: {} };
  }

  chat(_: unknown, signal: AbortSignal): AsyncGenerator<CompletionEvent> {
    return this.complete(request, signal);
  }

  async prefill(): Promise<[]> {
    this.asked++;
    return [];
  }

  async countTokens(): Promise<number | undefined> {
    return 1;
  }

  async weigh(): Promise<undefined> {
    return undefined;
  }
}

function setup(act: Act, fallbackAct: Act | "none" = "answer") {
  const clock = new FakeClock();
  const server = new ScriptedModel("server", act);
  const fallback = new ScriptedModel("engine", fallbackAct === "none" ? "answer" : fallbackAct);
  const routes: Route[] = [];
  const client = new ResilientClient({
    server,
    fallback: fallbackAct === "none" ? undefined : fallback,
    clock,
    log: silentLog,
    random: () => 0.5,
    deadlineMs: 8000,
    hedgeMs: 1500,
    onRoute: (route) => routes.push(route),
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
      /2 s/.test(error.hint),
    );
    server.act = "answer";
    clock.advance(2000);
    assert.equal(await code(client.complete(request, never)), "server");
  });

  it("does not hide that the key, the model or the request is wrong", async () => {
    for (const act of ["unauthorized", "model-not-found", "no-fim", "context-overflow"] as const) {
      const { client, server, fallback } = setup(act);
      for (let n = 0; n < 5; n++) assert.equal(await code(client.complete(request, never)), act);
      assert.equal(fallback.asked, 0);
      assert.equal(server.asked, 5);
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
    assert.deepEqual(routes, ["fallback"]);
  });

  it("gives up on a server that gives nothing, and says so", async () => {
    const { client, clock, server } = setup("hang", "none");
    const ending = code(client.complete(request, never));
    await settled();
    clock.advance(7999);
    await settled();
    assert.equal(server.aborted, 0);
    clock.advance(1);
    assert.equal(await ending, "timeout");
    await settled();
    assert.equal(server.aborted, 1);
    assert.equal(clock.pending, 0);
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

  it("opens at once for as long as the server asks", () => {
    const clock = new FakeClock();
    const breaker = new CircuitBreaker({ clock, random: () => 0.5 });
    assert.ok(breaker.enter());
    breaker.failed(30_000);
    assert.equal(breaker.pauseMs, 30_000);
    clock.advance(29_999);
    assert.equal(breaker.enter(), false);
    clock.advance(1);
    assert.equal(breaker.enter(), true);
    assert.equal(breaker.enter(), false, "one try alone");
    breaker.withdrawn();
    assert.equal(breaker.enter(), true);
    breaker.succeeded();
    assert.equal(breaker.isClosed, true);
  });

  it("never pauses longer than a minute by itself, and always lets a try through after the pause", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("fail", "succeed", "withdraw", "wait"), { maxLength: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (steps, random) => {
          const clock = new FakeClock();
          const breaker = new CircuitBreaker({ clock, random: () => random });
          for (const step of steps) {
            if (step === "wait") clock.advance(1000);
            else if (breaker.enter()) {
              if (step === "fail") breaker.failed();
              else if (step === "succeed") breaker.succeeded();
              else breaker.withdrawn();
            }
            assert.ok(breaker.pauseMs <= 75_000);
          }
          clock.advance(breaker.pauseMs);
          assert.ok(breaker.enter());
        },
      ),
    );
  });
});
