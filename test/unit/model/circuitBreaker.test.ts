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
    breaker.enter()?.failed(30_000);
    assert.equal(breaker.pauseMs, 30_000);
    clock.advance(29_999);
    assert.equal(breaker.enter(), undefined);
    clock.advance(1);
    const first = breaker.enter();
    assert.ok(first);
    assert.equal(breaker.enter(), undefined, "one try alone");
    first.withdrawn();
    const second = breaker.enter();
    assert.ok(second);
    second.succeeded();
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
            else if (step === "fail") breaker.enter()?.failed();
            else if (step === "succeed") breaker.enter()?.succeeded();
            else breaker.enter()?.withdrawn();
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
    breaker.enter()?.failed();
    breaker.enter()?.failed();
    const pauses: number[] = [];
    for (let n = 0; n < 8; n++) {
      breaker.enter()?.failed();
      pauses.push(breaker.pauseMs / 1000);
      clock.advance(breaker.pauseMs);
    }
    assert.deepEqual(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("spreads the tries of many windows by a quarter to both sides", () => {
    const pauses = [0, 0.25, 0.999].map((random) => {
      const { breaker } = setup(random);
      for (let n = 0; n < 3; n++) breaker.enter()?.failed();
      return Math.round(breaker.pauseMs);
    });
    assert.deepEqual(pauses, [1500, 1750, 2499]);
  });

  it("counts failures in a row only", () => {
    const { breaker } = setup();
    for (let n = 0; n < 3; n++) {
      breaker.enter()?.failed();
      breaker.enter()?.failed();
      assert.ok(breaker.isClosed);
      breaker.enter()?.succeeded();
    }
  });

  it("comes back within ten minutes whatever the server asks for", () => {
    const { breaker } = setup();
    breaker.enter()?.failed(24 * 60 * 60_000);
    assert.equal(breaker.pauseMs, 10 * 60_000);
  });

  it("pauses no longer for a server that is slow however often", () => {
    const { clock, breaker } = setup();
    for (let n = 0; n < 2; n++) breaker.enter()?.slow();
    for (let n = 0; n < 5; n++) {
      breaker.enter()?.slow();
      assert.equal(breaker.pauseMs, 2000);
      clock.advance(2000);
    }
  });

  it("learns nothing of the server since from a request that began before it opened", () => {
    const { clock, breaker } = setup();
    const older = [breaker.enter(), breaker.enter(), breaker.enter()];
    breaker.enter()?.failed(120_000);
    older[0]?.answers();
    older[0]?.succeeded();
    older[1]?.failed();
    older[2]?.slow();
    assert.equal(breaker.pauseMs, 120_000);
    clock.advance(120_000);
    const trying = breaker.enter();
    older[0]?.withdrawn();
    assert.equal(breaker.enter(), undefined, "the try is still under way");
    trying?.succeeded();
    assert.ok(breaker.isClosed);
  });

  it("lets others through as soon as the one that tries is answered, and remembers when that breaks off", () => {
    const { clock, breaker } = setup();
    for (let n = 0; n < 3; n++) breaker.enter()?.failed();
    clock.advance(2000);
    const trying = breaker.enter();
    trying?.answers();
    assert.ok(breaker.enter());
    trying?.failed();
    assert.equal(breaker.pauseMs, 4000);
  });
});
