import assert from "node:assert/strict";
import { Lasting } from "../../../src/base/lasting.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

describe("what lasts", () => {
  it("is told after a while, with its end; what is over sooner is not", () => {
    const clock = new FakeClock();
    const told: boolean[] = [];
    const lasting = new Lasting(clock, 400, (lasts) => told.push(lasts));
    lasting.set(true);
    clock.advance(399);
    lasting.set(false);
    clock.advance(1000);
    assert.deepEqual(told, []);
    lasting.set(true);
    clock.advance(200);
    lasting.set(true);
    clock.advance(200);
    assert.deepEqual(told, [true]);
    lasting.set(true);
    clock.advance(1000);
    assert.deepEqual(told, [true]);
    lasting.set(false);
    lasting.set(false);
    assert.deepEqual(told, [true, false]);
    lasting.set(true);
    lasting.dispose();
    assert.equal(clock.pending, 0);
  });
});
