import assert from "node:assert/strict";
import fc from "fast-check";
import { silentLog } from "../../../src/base/log.ts";
import type { CompletionEvent, FimRequest, ModelClient } from "../../../src/model/modelClient.ts";
import { ModelError, type ModelErrorCode } from "../../../src/model/modelErrors.ts";
import { ResilientClient } from "../../../src/model/resilientClient.ts";
import { Refusal } from "../../../src/model/serverRefusal.ts";
import { request } from "../../fakes/exampleRequest.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const acts = ["ok", "hang", "stall", "cut", "superseded", "asks-to-wait"] as const;
const codes = ["unreachable", "timeout", "server-error", "unauthorized", "refused", "no-fim"] as const;
type Act = (typeof acts)[number] | (typeof codes)[number];

/** As the client of a server does: it ends by itself what gives nothing for a minute, and ends what is withdrawn. */
class MoodyServer implements ModelClient {
  act: Act = "ok";
  open = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async *complete(_: FimRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent> {
    const { act } = this;
    this.open++;
    try {
      if (act === "hang") await this.#silence(signal);
      if (signal.aborted || act === "superseded")
        return yield { type: "done", finishReason: "cancelled", usage: {} };
      this.#failAs(act);
      yield { type: "delta", candidate: 0, text: "server" };
      if (act === "stall") await this.#silence(signal);
      if (act === "cut") throw new ModelError("unreachable", "cut", "hint");
      yield { type: "done", finishReason: signal.aborted ? "cancelled" : "stop", usage: {} };
    } finally {
      this.open--;
    }
  }

  chat(_: unknown, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.complete(request, signal);
  }

  async prefill(_: FimRequest, signal: AbortSignal): Promise<[]> {
    if (this.act === "hang" || this.act === "stall") await this.#silence(signal);
    this.#failAs(this.act);
    return [];
  }

  async countTokens(): Promise<undefined> {}
  async weigh(): Promise<undefined> {}

  #failAs(act: Act): void {
    const known: readonly string[] = codes;
    if (act === "asks-to-wait") {
      const cause = new Refusal({ status: 429, error: {}, retryAfter: "100000" });
      throw new ModelError("rate-limited", "slow down", "hint", cause);
    }
    if (known.includes(act)) throw new ModelError(act as ModelErrorCode, act, "hint");
  }

  async #silence(signal: AbortSignal): Promise<void> {
    const silent = Promise.withResolvers<void>();
    const timer = this.#clock.after(60_000, () =>
      silent.reject(new ModelError("timeout", "gave nothing", "hint")),
    );
    signal.addEventListener("abort", () => silent.resolve());
    try {
      await silent.promise;
    } finally {
      timer.dispose();
    }
  }
}

/** Lets what is ready run. */
async function settled(): Promise<void> {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve));
}

/** Time passes, and what falls due has its consequences before more does. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  await settled();
  const end = clock.now() + ms;
  while (clock.now() < end) {
    clock.advance(Math.min(clock.nextInMs ?? Number.POSITIVE_INFINITY, end - clock.now()));
    await settled();
  }
}

async function text(events: AsyncIterable<CompletionEvent>): Promise<string> {
  let all = "";
  for await (const event of events) if (event.type === "delta") all += event.text;
  return all;
}

const step = fc.record({
  act: fc.constantFrom(...acts, ...codes),
  ask: fc.constantFrom("complete", "chat", "prefill"),
  thenMs: fc.constantFrom(0, 10, 1_600, 9_000, 70_000),
  withdraws: fc.boolean(),
});

describe("a server with moods", () => {
  for (const hasFallback of [true, false]) {
    it(`is asked again once it is well, whatever came before, ${hasFallback ? "with" : "without"} a stand-in`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const clock = new FakeClock();
          const server = new MoodyServer(clock);
          const fallback = new MoodyServer(clock);
          const client = new ResilientClient({
            server,
            fallback: hasFallback ? fallback : undefined,
            fallbackName: undefined,
            clock,
            log: silentLog,
            random: () => 0.5,
            deadlineMs: 8_000,
            endWithinMs: 60_000,
            hedgeMs: 1_500,
            onRoute: () => {},
          });
          const ends: Promise<unknown>[] = [];
          const everything = new AbortController();
          for (const { act, ask, thenMs, withdraws } of steps) {
            server.act = act;
            const controller = new AbortController();
            const signal = AbortSignal.any([controller.signal, everything.signal]);
            const run =
              ask === "prefill"
                ? client.prefill(request, signal)
                : text(
                    ask === "chat"
                      ? client.chat({ messages: [], maxTokens: 1, temperature: 0 }, signal)
                      : client.complete(request, signal),
                  );
            ends.push(run.catch((error: unknown) => assert.ok(error instanceof ModelError, String(error))));
            await pass(clock, thenMs);
            if (withdraws) controller.abort();
            await settled();
          }
          everything.abort();
          await settled();
          assert.equal(server.open + fallback.open, 0, "every request is closed when it is withdrawn");
          assert.equal(clock.pending, 0, "no timer is left");
          await Promise.all(ends);
          server.act = "ok";
          // As long as a server's own wish is heeded.
          await pass(clock, 10 * 60_000);
          const { signal } = new AbortController();
          assert.equal(await text(client.complete(request, signal)), "server");
          assert.equal(
            await text(client.chat({ messages: [], maxTokens: 1, temperature: 0 }, signal)),
            "server",
          );
          assert.equal(client.route, "server");
        }),
        { numRuns: 300 },
      );
    }).timeout(60_000);
  }
});
