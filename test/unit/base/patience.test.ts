import assert from "node:assert/strict";
import { answerWithin } from "../../../src/base/patience.ts";

const never = new Promise<string>(() => undefined);

describe("answerWithin", () => {
  it("gives the answer, or fails as it does", async () => {
    assert.equal(await answerWithin(Promise.resolve("here"), 10_000), "here");
    await assert.rejects(answerWithin(Promise.reject(new Error("broken")), 10_000), /broken/);
  });

  it("gives up after its time and when it is cancelled, before or meanwhile", async () => {
    assert.equal(await answerWithin(never, 1), undefined);
    assert.equal(await answerWithin(never, 60_000, AbortSignal.abort()), undefined);
    const abort = new AbortController();
    const answer = answerWithin(never, 60_000, abort.signal);
    abort.abort();
    assert.equal(await answer, undefined);
  });

  it("is not disturbed by what comes too late", async () => {
    let fail = (_error: Error): void => undefined;
    const late = new Promise<string>((_resolve, reject) => {
      fail = reject;
    });
    assert.equal(await answerWithin(late, 1), undefined);
    fail(new Error("too late"));
    // An unhandled rejection would fail the run.
    await new Promise((resolve) => setImmediate(resolve));
  });
});
