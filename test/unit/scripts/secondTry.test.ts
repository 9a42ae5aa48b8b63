import assert from "node:assert/strict";
import {
  afterSecondTry,
  patternOf,
  suitesToRepeat,
  withSecondTry,
} from "../../../scripts/testing/secondTry.ts";
import { type ReportedTotals, sumOf, type Totals } from "../../../scripts/testing/totals.ts";

function run(bySuite: Readonly<Record<string, Totals>>): ReportedTotals {
  return { ...sumOf(Object.values(bySuite)), bySuite };
}

const good: Totals = { passed: 4, failed: 0, skipped: 0 };
const bad: Totals = { passed: 1, failed: 2, skipped: 1 };

function waysInto(told: string[]): Parameters<typeof withSecondTry>[1] {
  return { tell: (message) => told.push(message), note: () => undefined };
}

describe("a second try of the end-to-end tests", () => {
  it("repeats the suites that failed, and no others", () => {
    assert.deepEqual(suitesToRepeat(run({ one: good, two: bad, three: bad })), ["two", "three"]);
    assert.deepEqual(suitesToRepeat(run({ one: good })), []);
  });

  it("is not made where much failed, or something that is in no suite", () => {
    assert.deepEqual(suitesToRepeat(run({ a: bad, b: bad, c: bad, d: bad })), []);
    assert.deepEqual(suitesToRepeat({ ...run({ one: good }), failed: 1 }), []);
    assert.deepEqual(suitesToRepeat({ passed: 0, failed: 1, skipped: 0, bySuite: {} }), []);
  });

  it("is asked for by a pattern that takes titles as they are", () => {
    const pattern = new RegExp(patternOf(["chat (new)", "a.b"]));
    assert.ok(pattern.test("chat (new) opens") && pattern.test("a.b is read"));
    assert.ok(
      !pattern.test("chat new opens") && !pattern.test("axb is read") && !pattern.test("chat (new)er"),
    );
  });

  it("counts instead of the first, also where it failed again or did not come to it", () => {
    const first = run({ one: good, two: bad });
    assert.deepEqual(afterSecondTry(first, run({ two: good })), { passed: 8, failed: 0, skipped: 0 });
    assert.deepEqual(afterSecondTry(first, run({ two: bad, other: good })), {
      passed: 5,
      failed: 2,
      skipped: 1,
    });
    assert.equal(afterSecondTry(first, { passed: 0, failed: 1, skipped: 0, bySuite: {} }).failed, 1);
  });

  it("runs what failed by its titles, and nothing where all passed", async () => {
    const asked: (string | undefined)[] = [];
    const told: string[] = [];
    const runs = [run({ one: good, two: bad }), run({ two: good })];
    const totals = await withSecondTry(async (grep) => {
      asked.push(grep);
      return runs[asked.length - 1] ?? assert.fail("a third try");
    }, waysInto(told));
    assert.deepEqual(told, ["Second try, as these failed: two", "Passed at the second try only: two"]);
    assert.deepEqual(asked, [undefined, patternOf(["two"])]);
    assert.deepEqual(totals, { passed: 8, failed: 0, skipped: 0 });
    const all = run({ one: good });
    assert.equal(await withSecondTry(async (grep) => (grep === undefined ? all : assert.fail())), all);
  });

  it("has not passed where it was only skipped, failed outside of a test, or did not come to its end", async () => {
    const first = run({ one: good, two: bad });
    const skipped: Totals = { passed: 0, failed: 0, skipped: 3 };
    assert.deepEqual(afterSecondTry(first, { ...run({ two: skipped }), failed: 1 }), {
      passed: 4,
      failed: 1,
      skipped: 3,
    });
    assert.equal(afterSecondTry(first, { ...run({ two: good }), failed: 1 }).failed, 1);
    const told: string[] = [];
    const totals = await withSecondTry(
      async (grep) => (grep === undefined ? first : Promise.reject(new Error("no editor"))),
      waysInto(told),
    );
    assert.deepEqual(totals, { passed: 4, failed: 1, skipped: 0 });
    assert.match(told.join("\n"), /did not come to its end: no editor/);
  });
});
