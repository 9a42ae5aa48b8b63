import assert from "node:assert/strict";
import { learn, probability } from "../../../bench/calibration/logisticRegression.ts";
import { rowsOf } from "../../../bench/calibration/rows.ts";
import type { EvalCase } from "../../../bench/eval/cases.ts";
import { type Features, featureNames } from "../../../src/completion/features.ts";

const features = (given: Partial<Features> = {}): Features => ({
  ...(Object.fromEntries(featureNames.map((name) => [name, 0])) as Features),
  ...given,
});

describe("logistic regression", () => {
  /** 100 examples for each x, as many taken as `share` says. */
  const examples = [-2, -1, 0, 1, 2].flatMap((x) => {
    const share = 1 / (1 + Math.exp(-(0.5 + 1.5 * x)));
    return Array.from({ length: 100 }, (_, i) => ({
      features: [x, 7],
      isTaken: i < Math.round(100 * share),
      weight: 1,
    }));
  });

  it("finds the weights that made the examples", () => {
    const fitted = learn(examples, 0.001);
    assert.ok(Math.abs((fitted.weights[0] ?? 0) - 1.5) < 0.1);
    assert.ok(Math.abs(probability(fitted, [0, 7]) - 1 / (1 + Math.exp(-0.5))) < 0.03);
  });

  it("gives a feature that never changes no weight", () => {
    assert.ok(Math.abs(learn(examples, 1).weights[1] ?? 1) < 1e-6);
  });

  it("is more careful with a penalty", () => {
    const loose = Math.abs(learn(examples, 0.001).weights[0] ?? 0);
    assert.ok(Math.abs(learn(examples, 500).weights[0] ?? 0) < loose / 1.5);
  });
});

describe("examples for the acceptance model", () => {
  const each: EvalCase = {
    id: "a",
    kind: "cross_file",
    language: "typescript",
    repo: "some/repo",
    path: "a.ts",
    workspace: "w",
    prefix: "client.",
    suffix: "\n",
    truth_line: "list(everything);",
    truth_block: "list(everything);",
  };
  const rowsFor = (text: string, extent: "line" | "part", isKnownMember: number) =>
    rowsOf(
      [each],
      [
        {
          id: "a",
          completion: "",
          shown: false,
          replace: 0,
          candidates: [{ text, extent, features: features({ isKnownMember }) }],
        },
      ],
    );

  it("are marked by the scorer as if they had been shown", () => {
    assert.deepEqual(
      rowsFor("list(everything);", "line", 0).map(({ isTaken, weight, group }) => [isTaken, weight, group]),
      [[true, 1, "some/repo"]],
    );
    assert.equal(rowsFor("list(nothing);", "line", 0)[0]?.isTaken, false);
  });

  it("count the right name behind a dot, however short", () => {
    assert.equal(rowsFor("list", "part", 1)[0]?.isTaken, true);
    assert.equal(rowsFor("list", "part", 0)[0]?.isTaken, false);
    assert.equal(rowsFor("call", "part", 1)[0]?.isTaken, false);
  });
});
