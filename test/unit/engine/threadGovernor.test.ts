import assert from "node:assert/strict";
import { ThreadGovernor } from "../../../src/engine/threadGovernor.ts";

describe("the engine's thread governor", () => {
  const cores = 4;
  let nowMs: number;
  let busyMs: number;
  let ownMs: number;
  let reads: number;
  beforeEach(() => {
    nowMs = busyMs = ownMs = reads = 0;
  });

  function governor(most: number): ThreadGovernor {
    return new ThreadGovernor(most, () => {
      reads++;
      return { cores, busyMs, ownMs, atMs: nowMs };
    });
  }

  /** Lets `ms` pass in which this process uses `own` cores, and others use `others`. */
  function pass(ms: number, own: number, others: number): number {
    nowMs += ms;
    ownMs += ms * own;
    busyMs += ms * (own + others);
    return nowMs;
  }

  it("leaves the cores to others that they use, and takes them back", () => {
    const chosen = governor(3);
    assert.equal(chosen.threads(0), 3);
    assert.equal(chosen.threads(pass(300, 3, 0)), 3);
    assert.equal(chosen.threads(pass(300, 1.7, 2.3)), 2);
    assert.equal(chosen.threads(pass(300, 0.1, 3.9)), 1);
    assert.equal(chosen.threads(pass(300, 1, 0.2)), 3);
  });

  it("shares a core with what pauses now and then, as an editor does", () => {
    const chosen = governor(4);
    assert.equal(chosen.threads(pass(300, 2.2, 1.8)), 3);
    assert.equal(chosen.threads(pass(300, 2, 2)), 2);
  });

  it("does not take its own work for another program's", () => {
    const chosen = governor(4);
    assert.equal(chosen.threads(pass(1000, 4, 0)), 4);
  });

  it("keeps its choice until enough time has passed to measure", () => {
    const chosen = governor(4);
    chosen.threads(pass(300, 0, 2));
    const before = reads;
    assert.equal(chosen.threads(pass(100, 0, 4)), 2);
    assert.equal(reads, before);
  });

  it("measures nothing where there is one thread only", () => {
    const chosen = governor(1);
    assert.equal(chosen.threads(pass(1000, 0, 0)), 1);
    assert.equal(reads, 1);
  });
});
