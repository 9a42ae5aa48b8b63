import assert from "node:assert/strict";
import { WhenIdle } from "../../../src/base/whenIdle.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

function started() {
  const clock = new FakeClock();
  const runs: { readonly signal: AbortSignal; readonly end: () => void }[] = [];
  const idle = new WhenIdle(clock, 1_000, (signal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    runs.push({ signal, end: resolve });
    return promise;
  });
  return { clock, runs, idle };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("what is done when nothing happens", () => {
  it("is put off by whatever happens, and is not done unless it is wanted", () => {
    const { clock, runs, idle } = started();
    idle.happened();
    clock.advance(5_000);
    assert.equal(runs.length, 0);
    idle.want();
    clock.advance(900);
    idle.happened();
    clock.advance(900);
    assert.equal(runs.length, 0);
    clock.advance(100);
    assert.equal(runs.length, 1);
  });

  it("is ended by what happens while it runs, and done again later", async () => {
    const { clock, runs, idle } = started();
    idle.want();
    clock.advance(1_000);
    idle.happened();
    assert.equal(runs[0]?.signal.aborted, true);
    runs[0]?.end();
    await turn();
    clock.advance(999);
    assert.equal(runs.length, 1);
    clock.advance(1);
    assert.equal(runs.length, 2);
  });

  it("is done once where nothing comes between, and never after the end", async () => {
    const { clock, runs, idle } = started();
    idle.want();
    clock.advance(1_000);
    runs[0]?.end();
    await turn();
    idle.happened();
    clock.advance(5_000);
    assert.equal(runs.length, 1);
    idle.want();
    idle.dispose();
    clock.advance(5_000);
    assert.equal(runs.length, 1);
  });
});
