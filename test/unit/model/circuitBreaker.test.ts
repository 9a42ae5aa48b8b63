import assert from "node:assert/strict";
import fc from "fast-check";
import { CircuitBreaker } from "../../../src/model/circuitBreaker.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

function setup(random = 0.5) {
  const clock = new FakeClock();
  return { clock, breaker: new CircuitBreaker({ clock, random: () => random }) };
}

describe("a circuit breaker", () => {
  it("opens at once for as long as the server asks", () => {
    const clock = new FakeClock();
    const breaker = new CircuitBreaker({ clock, random: () => 0.5 });
    assert.ok(breaker.enter());
    breaker.failed(30_000);
    assert.equal(breaker.pauseMs, 30_000);
    clock.advance(29_999);
    assert.equal(breaker.enter(), false);
    clock.advance(1);
    assert.equal(breaker.enter(), true);
    assert.equal(breaker.enter(), false, "one try alone");
    breaker.withdrawn();
    assert.equal(breaker.enter(), true);
    breaker.succeeded();
    assert.equal(breaker.isClosed, true);
  });

  it("never pauses longer than a minute by itself, and always lets a try through after the pause", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("fail", "succeed", "withdraw", "wait"), { maxLength: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (steps, random) => {
          const clock = new FakeClock();
          const breaker = new CircuitBreaker({ clock, random: () => random });
          for (const step of steps) {
            if (step === "wait") clock.advance(1000);
            else if (breaker.enter()) {
              if (step === "fail") breaker.failed();
              else if (step === "succeed") breaker.succeeded();
              else breaker.withdrawn();
            }
            assert.ok(breaker.pauseMs <= 75_000);
          }
          clock.advance(breaker.pauseMs);
          assert.ok(breaker.enter());
        },
      ),
    );
  });

  it("pauses twice as long after each failed try, up to a minute", () => {
    const { clock, breaker } = setup();
    breaker.failed();
    breaker.failed();
    const pauses: number[] = [];
    for (let n = 0; n < 8; n++) {
      assert.ok(breaker.enter());
      breaker.failed();
      pauses.push(breaker.pauseMs / 1000);
      clock.advance(breaker.pauseMs);
    }
    assert.deepEqual(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("spreads the tries of many windows by a quarter to both sides", () => {
    const pauses = [0, 0.25, 0.999].map((random) => {
      const { breaker } = setup(random);
      for (let n = 0; n < 3; n++) breaker.failed();
      return Math.round(breaker.pauseMs);
    });
    assert.deepEqual(pauses, [1500, 1750, 2499]);
  });

  it("counts failures in a row only", () => {
    const { breaker } = setup();
    for (let n = 0; n < 3; n++) {
      breaker.failed();
      breaker.failed();
      assert.ok(breaker.isClosed);
      breaker.succeeded();
    }
  });

  it("comes back within ten minutes whatever the server asks for", () => {
    const { breaker } = setup();
    breaker.failed(24 * 60 * 60_000);
    assert.equal(breaker.pauseMs, 10 * 60_000);
  });
});
