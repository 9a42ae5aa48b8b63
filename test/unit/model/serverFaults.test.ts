import assert from "node:assert/strict";
import { inspect } from "node:util";
import { systemClock } from "../../../src/base/clock.ts";
import type { Log } from "../../../src/base/log.ts";
import type { CompletionEvent, FimRequest } from "../../../src/model/modelClient.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { OpenAiClient } from "../../../src/model/openAiClient.ts";
import { ResilientClient } from "../../../src/model/resilientClient.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { FakeFaultyServer, type Fault } from "../../fakes/fakeFaultyServer.ts";
import { FakeOpenAiServer, piece, stream } from "../../fakes/fakeOpenAiServer.ts";

const key = "sk-very-secret-key-0123456789";
const answer = "naïve 😀 = €";
const never = new AbortController().signal;
const request: FimRequest = {
  context: [],
  path: "a.py",
  prefix: "x = ",
  suffix: "\n",
  maxTokens: 8,
  temperature: 0,
  candidates: 1,
  stop: [],
};

interface World extends AsyncDisposable {
  readonly proxy: FakeFaultyServer;
  readonly healthy: FakeOpenAiServer;
  readonly elsewhere: FakeOpenAiServer;
  readonly client: ResilientClient;
  /** Moves the breaker's time; the requests' own time is real. */
  readonly breakerClock: FakeClock;
  readonly logged: string[];
}

async function world(): Promise<World> {
  const healthy = await FakeOpenAiServer.start(stream([piece("naïve 😀"), piece(" = €"), piece("", "stop")]));
  const elsewhere = await FakeOpenAiServer.start(stream([piece("stolen", "stop")]));
  const proxy = await FakeFaultyServer.start(healthy.origin);
  proxy.elsewhere = elsewhere.origin;
  const logged: string[] = [];
  const note = (message: string): void => void logged.push(message);
  const log: Log = { trace: note, debug: note, info: note, warn: note, error: note };
  const breakerClock = new FakeClock();
  const client = new ResilientClient({
    server: new OpenAiClient({
      baseUrl: proxy.baseUrl,
      fetch: (input, init) => fetch(input, init),
      apiKey: async () => key,
      completionModel: "m",
      chatModel: "m",
      dialect: "openai-suffix",
      clock: systemClock,
      log,
      timeouts: { firstByteMs: 300, betweenChunksMs: 300 },
    }),
    fallback: undefined,
    clock: breakerClock,
    log,
    random: () => 0.5,
    deadlineMs: 10_000,
    hedgeMs: 1500,
    onRoute: () => {},
  });
  return {
    proxy,
    healthy,
    elsewhere,
    client,
    breakerClock,
    logged,
    async [Symbol.asyncDispose]() {
      for (const server of [proxy, healthy, elsewhere]) await server[Symbol.asyncDispose]();
    },
  };
}

async function text(events: AsyncIterable<CompletionEvent>): Promise<string> {
  let all = "";
  for await (const event of events) if (event.type === "delta") all += event.text;
  return all;
}

/** How a completion ends, which must be in text or in a typed error that does not tell the key. */
async function ending({ client, logged }: World): Promise<string> {
  try {
    return await text(client.complete(request, never));
  } catch (error) {
    assert.ok(error instanceof ModelError, inspect(error));
    assert.notEqual(error.hint, "");
    assert.ok(!inspect(error, { depth: 10 }).includes(key), "the error tells the key");
    assert.ok(!logged.join("\n").includes(key), "the log tells the key");
    return error.code;
  }
}

describe("faults on the wire", () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  before(() => process.on("unhandledRejection", onUnhandled));
  after(() => process.off("unhandledRejection", onUnhandled));
  afterEach(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(unhandled.splice(0), []);
  });

  const faults: readonly [string, Fault, string][] = [
    ["a hang before the headers", "hang-before-headers", "timeout"],
    ["a hang in the middle", "hang-mid-stream", "timeout"],
    ["a reset in the middle of a token", "reset-mid-token", "unreachable"],
    ["a drip of bytes", "slow-drip", "timeout"],
    ["an event without end", "gigantic-event", "bad-response"],
    ["invalid JSON", "invalid-json", "bad-response"],
    ["a web page", "html", "bad-response"],
    ["a proxy's web page", "html-502", "server-error"],
    ["a redirect to another origin", "redirect-elsewhere", "bad-response"],
    ["401", { status: 401 }, "unauthorized"],
    ["403", { status: 403 }, "unauthorized"],
    ["404", { status: 404 }, "model-not-found"],
    ["429", { status: 429, headers: { "retry-after": "1" } }, "rate-limited"],
    ["500", { status: 500 }, "server-error"],
    ["503", { status: 503 }, "server-error"],
  ];
  for (const [name, fault, code] of faults) {
    it(`ends ${name} as ${code}, and works again when the server does`, async () => {
      await using all = await world();
      const { proxy, elsewhere, breakerClock } = all;
      assert.equal(await ending(all), answer);
      proxy.fault = fault;
      for (let n = 0; n < 2; n++) assert.equal(await ending(all), code);
      assert.equal(elsewhere.requests.length, 0);
      proxy.fault = "none";
      breakerClock.advance(60_000);
      assert.equal(await ending(all), answer);
      assert.equal(breakerClock.pending, 0);
    });
  }

  it("says that nothing listens, leaves the server alone after a burst, and comes back without a restart", async () => {
    await using all = await world();
    const { proxy, healthy, breakerClock } = all;
    await proxy.stop();
    for (let n = 0; n < 6; n++) assert.equal(await ending(all), "unreachable");
    await proxy.start();
    assert.equal(await ending(all), "unreachable", "the breaker is open");
    assert.equal(healthy.requests.length, 0);
    breakerClock.advance(60_000);
    assert.equal(await ending(all), answer);
    assert.equal(healthy.requests.length, 1);
  });

  it("asks nothing while the server wants to be left alone", async () => {
    await using all = await world();
    all.proxy.fault = { status: 429, headers: { "retry-after": "30" } };
    assert.equal(await ending(all), "rate-limited");
    all.proxy.fault = "none";
    all.breakerClock.advance(29_000);
    assert.equal(await ending(all), "rate-limited");
    assert.equal(all.healthy.requests.length, 0);
    all.breakerClock.advance(1_000);
    assert.equal(await ending(all), answer);
  });

  it("puts characters together that come in pieces", async () => {
    await using all = await world();
    all.proxy.fault = "split-characters";
    assert.equal(await ending(all), answer);
  });

  it("closes what it gives up on", async () => {
    for (const fault of ["hang-before-headers", "hang-mid-stream", "gigantic-event"] as const) {
      await using all = await world();
      all.proxy.fault = fault;
      await ending(all);
      const deadline = Date.now() + 5000;
      while (all.proxy.left === 0) {
        assert.ok(Date.now() < deadline, `${fault}: the request was not closed`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  });
});
