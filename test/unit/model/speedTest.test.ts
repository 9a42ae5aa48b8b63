import assert from "node:assert/strict";
import type { CompletionEvent, FimRequest, Usage } from "../../../src/model/modelClient.ts";
import { measureSpeed } from "../../../src/model/speedTest.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

class Measured {
  readonly requests: FimRequest[] = [];
  readonly #usages: (Usage | "cancelled")[];
  readonly #clock: FakeClock;
  readonly #roundMs: number;

  constructor(clock: FakeClock, roundMs: number, ...usages: (Usage | "cancelled")[]) {
    this.#usages = usages;
    this.#clock = clock;
    this.#roundMs = roundMs;
  }

  async *complete(request: FimRequest): AsyncIterable<CompletionEvent> {
    this.requests.push(request);
    this.#clock.advance(this.#roundMs);
    const usage = this.#usages[this.requests.length - 1] ?? this.#usages[0] ?? "cancelled";
    yield usage === "cancelled"
      ? { type: "done", finishReason: "cancelled", usage: {} }
      : { type: "done", finishReason: "length", usage };
  }
}

const usage = (promptMs: number, decodeMs: number): Usage => ({
  promptTokens: 310,
  cachedPromptTokens: 10,
  promptMs,
  completionTokens: 24,
  decodeMs,
});
const measure = (model: Measured, clock: FakeClock) =>
  measureSpeed(model, "small", clock, new AbortController().signal);

describe("the measurement of a machine", () => {
  it("is the median of three rounds, of which none finds its prompt in the cache", async () => {
    const clock = new FakeClock();
    const model = new Measured(clock, 500, usage(3_000, 2_000), usage(1_500, 1_000), usage(1_000, 800));
    assert.deepEqual(await measure(model, clock), {
      modelId: "small",
      prefillTokensPerSecond: 200,
      decodeTokensPerSecond: 24,
    });
    assert.equal(new Set(model.requests.map(({ prefix }) => prefix.slice(0, 12))).size, 3);
  });

  it("ends after about five seconds on a slow machine", async () => {
    const clock = new FakeClock();
    const model = new Measured(clock, 6_000, usage(4_000, 2_000));
    assert.equal((await measure(model, clock))?.decodeTokensPerSecond, 12);
    assert.equal(model.requests.length, 1);
  });

  it("tells nothing where the user's own request came between, or where the backend does not tell", async () => {
    const clock = new FakeClock();
    assert.equal(await measure(new Measured(clock, 100, "cancelled"), clock), undefined);
    assert.equal(await measure(new Measured(clock, 100, { completionTokens: 24 }), clock), undefined);
  });
});
