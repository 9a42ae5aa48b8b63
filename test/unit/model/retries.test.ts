import assert from "node:assert/strict";
import { withRetries } from "../../../src/model/retries.ts";
import { retryAfterMs } from "../../../src/model/serverFailure.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const never = new AbortController().signal;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The waits between the tries of something that always fails, and what it rejects with. */
async function waits(askedMs: number | undefined, { random = 0.5, retries = 3, signal = never } = {}) {
  const clock = new FakeClock();
  const seen: number[] = [];
  let tries = 0;
  const attempt = (): Promise<never> => Promise.reject(new Error(`try ${++tries}`));
  const options = { retries, waitOf: () => askedMs, clock, random: () => random };
  const end = withRetries(attempt, options, signal).catch((error: unknown) => error);
  for (await settled(); clock.nextInMs !== undefined; await settled()) {
    seen.push(clock.nextInMs);
    clock.advance(clock.nextInMs);
  }
  return { seen, tries, error: String(await end) };
}

describe("trying again", () => {
  it("waits longer each time, and then gives the last failure", async () => {
    const { seen, tries, error } = await waits(0);
    assert.deepEqual(seen, [500, 1000, 2000]);
    assert.deepEqual([tries, error], [4, "Error: try 4"]);
  });

  it("spreads the tries of many windows", async () => {
    assert.deepEqual((await waits(0, { random: 0 })).seen, [250, 500, 1000]);
    assert.deepEqual((await waits(0, { random: 0.9 })).seen, [700, 1400, 2800]);
  });

  it("waits no shorter than it is asked to, and not at all where that is long", async () => {
    assert.deepEqual((await waits(1500)).seen, [1500, 1500, 2000]);
    assert.deepEqual((await waits(10_001)).seen, []);
  });

  it("gives up at once where another try makes no sense, or where the request is withdrawn", async () => {
    assert.equal((await waits(undefined)).tries, 1);
    assert.equal((await waits(0, { signal: AbortSignal.abort() })).tries, 1);
  });

  it("reads the wait that a server asks for, in seconds or as a date", () => {
    const now = Date.parse("Wed, 21 Oct 2026 07:28:00 GMT");
    assert.equal(retryAfterMs(undefined), undefined);
    assert.equal(retryAfterMs("7"), 7000);
    assert.equal(retryAfterMs("0.5"), 500);
    assert.equal(retryAfterMs("-7"), 0);
    assert.equal(retryAfterMs("Wed, 21 Oct 2026 07:28:30 GMT", now), 30_000);
    assert.equal(retryAfterMs("Wed, 21 Oct 2026 07:27:30 GMT", now), 0);
    for (const senseless of ["", "soon"]) assert.equal(retryAfterMs(senseless), undefined, senseless);
  });
});
