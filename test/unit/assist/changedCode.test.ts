import assert from "node:assert/strict";
import { changedRanges, changedRegions } from "../../../src/assist/changedCode.ts";
import { applyHunks, hunkAt, hunksOf } from "../../../src/assist/hunks.ts";
import { type CodeRegion, regionText } from "../../../src/assist/region.ts";
import { createSyntax } from "../syntax/syntax.ts";

const before = `import os

def first(values):
    return values[0]


def second(values):
    return values[1]


def third(values):
    return values[2]
`;
const changed = before
  .replace("import os\n", "import os\nimport sys\n")
  .replace("return values[0]", "return values[1 - 1]")
  .replace("    return values[2]\n", "    limit = 2\n    return values[limit]\n");

describe("changedRanges", () => {
  const texts = (old: string, now: string): string[] =>
    changedRanges(old, now).map(({ start, end }) => now.slice(start, end));

  it("gives the lines that are new or different", () => {
    assert.deepEqual(texts(before, changed), [
      "import sys",
      "    return values[1 - 1]",
      "    limit = 2\n    return values[limit]",
    ]);
  });

  it("gives the whole of a new file and the lines around a removal", () => {
    assert.deepEqual(texts("", "a\nb\n"), ["a\nb"]);
    assert.deepEqual(texts("a\nb\nc\n", "a\nc\n"), ["a", "c"]);
    assert.deepEqual(texts("a\nb\n", "a\n"), ["a", ""]);
    assert.deepEqual(texts("same\n", "same\n"), []);
  });
});

describe("changedRegions", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  it("looks at the functions around changes, each once, and leaves the others alone", async () => {
    const document: CodeRegion = {
      key: "file:///v.py",
      path: "v.py",
      languageId: "python",
      text: changed,
      range: { start: 0, end: changed.length },
    };
    const regions = await changedRegions(document, changedRanges(before, changed), [], syntax);
    assert.deepEqual(regions.map(regionText), [
      "import sys",
      "def first(values):\n    return values[1 - 1]",
      "def third(values):\n    limit = 2\n    return values[limit]",
    ]);
  });

  it("looks at a function of which only the end was taken away", async () => {
    const shorter = before.replace("    return values[1]\n", "    check(values)\n");
    const full = shorter.replace("    check(values)\n", "    check(values)\n    return values[1]\n");
    const document: CodeRegion = {
      ...{ key: "file:///w.py", path: "w.py", languageId: "python" },
      text: shorter,
      range: { start: 0, end: shorter.length },
    };
    const regions = await changedRegions(document, changedRanges(full, shorter), [], syntax);
    assert.deepEqual(regions.map(regionText), ["def second(values):\n    check(values)"]);
  });
});

describe("hunkAt", () => {
  it("finds the change on a line of the new text, so that each can be taken alone", () => {
    const old = "a\nb\nc\nd\ne\n";
    const now = "a\nB1\nB2\nc\ne\n";
    const hunks = hunksOf(old, now);
    assert.equal(hunkAt(hunks, 0), undefined);
    for (const line of [1, 2]) {
      const hunk = hunkAt(hunks, line);
      assert.ok(hunk);
      assert.equal(applyHunks(old, [hunk]), "a\nB1\nB2\nc\nd\ne\n");
    }
    const removal = hunkAt(hunks, 4);
    assert.ok(removal);
    assert.equal(applyHunks(old, [removal]), "a\nb\nc\ne\n");
  });
});
