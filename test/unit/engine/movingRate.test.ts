import assert from "node:assert/strict";
import { MovingRate } from "../../../src/engine/movingRate.ts";

describe("the engine's moving rate", () => {
  it("is unknown before the first measurement, and exact after it", () => {
    const rate = new MovingRate();
    assert.equal(rate.perSecond, undefined);
    rate.add(50, 250);
    assert.equal(rate.perSecond, 200);
  });

  it("follows a change within a few seconds of work, and forgets no steady value", () => {
    const rate = new MovingRate();
    for (let batch = 0; batch < 20; batch++) rate.add(100, 500);
    assert.ok(Math.abs((rate.perSecond ?? 0) - 200) < 1e-6);
    for (let batch = 0; batch < 12; batch++) rate.add(25, 500);
    assert.ok((rate.perSecond ?? 0) < 75, `${rate.perSecond}`);
  });
});
