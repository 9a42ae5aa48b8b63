import assert from "node:assert/strict";
import { type PlacedItemParts, placedItem, rangeNow } from "../../../src/chat/placedItem.ts";

const lines = (startLine: number, endLine: number, endCharacter = 0) => ({
  startLine,
  startCharacter: 0,
  endLine,
  endCharacter,
});

describe("placedItem", () => {
  const item = (parts: Partial<PlacedItemParts>) =>
    placedItem({
      kind: "selection",
      uri: "file:///w/src/a.ts",
      path: "src/a.ts",
      language: "typescript",
      range: lines(1, 3),
      text: "x\ny\n",
      ...parts,
    });

  it("names the lines as the user counts them", () => {
    const { label, detail, place } = item({});
    assert.deepEqual([label, detail], ["a.ts:2-3", "src/a.ts, lines 2 to 3"]);
    assert.deepEqual(place, { path: "src/a.ts", startLine: 2, endLine: 3 });
  });

  it("tells two selections and two symbols of a file apart, while a file is one thing however long it is", () => {
    for (const kind of ["selection", "symbol"] as const) {
      assert.notEqual(item({ kind }).id, item({ kind, range: lines(5, 8) }).id);
      assert.equal(item({ kind }).id, item({ kind, text: "other" }).id);
    }
    assert.equal(item({ kind: "file" }).id, item({ kind: "file", range: lines(0, 9) }).id);
  });
});

describe("rangeNow", () => {
  it("follows a text that has moved, to the nearest of equal ones", () => {
    assert.deepEqual(rangeNow(lines(1, 2), "b", "new\na\nb\nc\n"), lines(2, 3));
    assert.deepEqual(rangeNow(lines(4, 6), "b\nc\n", "b\nc\n1\n2\n3\n4\n5\nb\nc\n"), lines(7, 9));
    const part = { startLine: 0, startCharacter: 4, endLine: 1, endCharacter: 2 };
    assert.deepEqual(rangeNow(part, "end\nbe", "\r\nthe end\r\nbegin"), {
      ...part,
      startLine: 1,
      endLine: 2,
    });
  });

  it("stays at the lines where the text has changed, within the document", () => {
    assert.deepEqual(rangeNow(lines(1, 2), "b", "a\nB\nc"), lines(1, 2));
    assert.deepEqual(rangeNow(lines(7, 9), "b", "a\nc"), lines(1, 1));
  });
});
