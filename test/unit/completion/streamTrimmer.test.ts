import assert from "node:assert/strict";
import { answerSituation, goingOnBelow } from "../../../src/completion/answerSituation.ts";
import { trimUnfinishedLine } from "../../../src/completion/streamTrimmer.ts";
import { defaultSettings, documentAt } from "./pipelineBench.ts";

/** Behind a whole statement that is indented by four columns. */
const below = (languageId: string) => {
  const document = documentAt("def f():\n    return max(readings)⟦⟧\n", { languageId });
  return goingOnBelow(answerSituation(document, defaultSettings, "automatic"), 3);
};

describe("an answer that leaves the block", () => {
  it("is at its end with the first word that shows it, not with that word's line", () => {
    assert.deepEqual(trimUnfinishedLine("\n\n\nde", below("python")), { end: 0, reason: "block-end" });
    const line = "\n    total = 1";
    assert.deepEqual(trimUnfinishedLine(`${line}\nprint`, below("python")), {
      end: line.length,
      reason: "block-end",
    });
  });

  for (const [what, raw] of [
    ["stands as deep as the cursor's line", "\n    x"],
    ["stands deeper", "\n        x"],
    ["may still be white space", "\n  "],
    ["closes something", "\n}"],
    ["may come to close something", "\ne"],
    ["closes something by a word", "\nend"],
    ["has not begun a line", "x"],
  ]) {
    it(`is not at its end where it ${what}`, () => {
      assert.equal(trimUnfinishedLine(raw ?? "", below("ruby")), undefined);
    });
  }
});
