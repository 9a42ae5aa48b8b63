import assert from "node:assert/strict";
import { Snooze } from "../../../src/editor/snooze.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

describe("snooze", () => {
  it("ends by itself after its time and tells both", () => {
    const clock = new FakeClock();
    const snooze = new Snooze(clock, () => 1_000_000 + clock.now());
    const seen: number[] = [];
    snooze.onChange(() => seen.push(snooze.until));
    snooze.start(300_000);
    assert.deepEqual(seen, [snooze.until]);
    assert.ok(snooze.until >= 1_300_000);
    clock.advance(299_999);
    assert.equal(seen.length, 1);
    clock.advance(1);
    assert.equal(snooze.until, 0);
    assert.equal(seen.length, 2);
  });

  it("lasts as long as the editor when asked to", () => {
    const clock = new FakeClock();
    const snooze = new Snooze(clock, () => 0);
    snooze.start(Number.POSITIVE_INFINITY);
    clock.advance(1e9);
    assert.equal(snooze.until, Number.POSITIVE_INFINITY);
    snooze.end();
    assert.equal(snooze.until, 0);
  });
});
