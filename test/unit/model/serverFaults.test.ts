import assert from "node:assert/strict";
import { inspect } from "node:util";
import { systemClock } from "../../../src/base/clock.ts";
import type { Log } from "../../../src/base/log.ts";
import { Backend } from "../../../src/editor/backend.ts";
import type { CompletionEvent, FimRequest } from "../../../src/model/modelClient.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { OpenAiClient } from "../../../src/model/openAiClient.ts";
import { ResilientClient } from "../../../src/model/resilientClient.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { FakeFaultyServer, type Fault } from "../../fakes/fakeFaultyServer.ts";
import { FakeOpenAiServer, piece, stream } from "../../fakes/fakeOpenAiServer.ts";
import { FakeTlsServer } from "../../fakes/fakeTlsServer.ts";

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
  /** As the rest of the extension holds it. */
  readonly client: Backend;
  /** Whether the status bar would say that Wisp is thinking. */
  readonly isBusy: () => boolean;
  /** Moves the breaker's time; the requests' own time is real. */
  readonly breakerClock: FakeClock;
  readonly logged: string[];
}

/** Long enough for a busy machine; short where a fault is a wait. */
const patienceMs = 5_000;
const littlePatienceMs = 500;

async function world(patience = patienceMs, serverUrl?: string): Promise<World> {
  const healthy = await FakeOpenAiServer.start(stream([piece("naïve 😀"), piece(" = €"), piece("", "stop")]));
  const elsewhere = await FakeOpenAiServer.start(stream([piece("stolen", "stop")]));
  const proxy = await FakeFaultyServer.start(healthy.origin);
  proxy.elsewhere = elsewhere.origin;
  const logged: string[] = [];
  const note = (message: string): void => void logged.push(message);
  const log: Log = { trace: note, debug: note, info: note, warn: note, error: note };
  const breakerClock = new FakeClock();
  const resilient = new ResilientClient({
    server: new OpenAiClient({
      baseUrl: serverUrl ?? proxy.baseUrl,
      fetch: (input, init) => fetch(input, init),
      apiKey: async () => key,
      completionModel: "m",
      chatModel: "m",
      dialect: "openai-suffix",
      clock: systemClock,
      log,
      timeouts: { firstByteMs: patience, betweenChunksMs: patience },
    }),
    fallback: undefined,
    fallbackName: undefined,
    clock: breakerClock,
    log,
    random: () => 0.5,
    deadlineMs: 10_000,
    endWithinMs: 60_000,
    hedgeMs: 1500,
    onRoute: () => {},
  });
  const client = new Backend();
  client.use(async () => resilient);
  let busy = false;
  client.onBusy((now) => {
    busy = now;
  });
  return {
    proxy,
    healthy,
    elsewhere,
    client,
    isBusy: () => busy,
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

type Ask = (client: Backend) => AsyncIterable<CompletionEvent>;

const complete: Ask = (client) => client.complete(request, never);
const chat: Ask = (client) =>
  client.chat(
    { messages: [{ role: "user", content: "hello" }], maxTokens: 8, temperature: 0 },
    new AbortController().signal,
  );

/** How a request ends, which must be in text or in a typed error that does not tell the key, and in rest. */
async function ending({ client, logged, isBusy }: World, ask = complete): Promise<string> {
  try {
    return await text(ask(client));
  } catch (error) {
    assert.ok(error instanceof ModelError, inspect(error));
    assert.notEqual(error.hint, "");
    assert.ok(!inspect(error, { depth: 10 }).includes(key), "the error tells the key");
    assert.ok(!logged.join("\n").includes(key), "the log tells the key");
    return error.code;
  } finally {
    assert.equal(isBusy(), false, "it still thinks");
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
    ["a refusal that repeats the key", "echo-key", "unauthorized"],
    ["a refusal in plain text that repeats the key", "echo-key-as-text", "unauthorized"],
    ["an error in a stream that repeats the key", "echo-key-in-stream", "server-error"],
    ["401", { status: 401 }, "unauthorized"],
    ["403", { status: 403 }, "unauthorized"],
    ["400", { status: 400 }, "refused"],
    ["404", { status: 404 }, "model-not-found"],
    ["429", { status: 429, headers: { "retry-after": "1" } }, "rate-limited"],
    ["500", { status: 500 }, "server-error"],
    ["503", { status: 503 }, "server-error"],
  ];
  for (const [name, fault, code] of faults) {
    const patience = code === "timeout" ? littlePatienceMs : patienceMs;

    it(`ends ${name} as ${code}, and works again when the server does`, async () => {
      await using all = await world(patience);
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

    it(`ends a chat in ${name} as ${code}`, async () => {
      await using all = await world(patience);
      all.proxy.fault = fault;
      assert.equal(await ending(all, chat), code);
      assert.equal(all.elsewhere.requests.length, 0);
      assert.equal(all.breakerClock.pending, 0);
    });
  }

  it("asks a server that fails in a burst three times, waits, and then with one request alone", async () => {
    await using all = await world();
    const { proxy, breakerClock } = all;
    proxy.fault = { status: 500 };
    for (let n = 0; n < 10; n++) assert.equal(await ending(all), "server-error");
    assert.equal(proxy.seen, 3);
    breakerClock.advance(2_500);
    const both = await Promise.allSettled([text(complete(all.client)), text(complete(all.client))]);
    assert.ok(both.every(({ status }) => status === "rejected"));
    assert.equal(proxy.seen, 4, "half-open lets one through");
    proxy.fault = "none";
    breakerClock.advance(60_000);
    assert.equal(await ending(all), answer);
  });

  it("sends nothing, and no key, to a server whose certificate has expired", async () => {
    const day = 24 * 60 * 60_000;
    await using tls = await FakeTlsServer.start(new Date(Date.now() - 2 * day), new Date(Date.now() - day));
    await using all = await world(patienceMs, tls.baseUrl);
    assert.equal(await ending(all), "unreachable");
    assert.equal(await ending(all, chat), "unreachable");
    assert.deepEqual(tls.requests, []);
    assert.equal(all.breakerClock.pending, 0);
  });

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
      await using all = await world(littlePatienceMs);
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
