import assert from "node:assert/strict";
import { fitContext } from "../../../src/chat/contextItem.ts";
import {
  mostItemCharacters,
  type PlacedItemParts,
  placedItem,
  rangeNow,
} from "../../../src/chat/placedItem.ts";
import { SecretScan } from "../../../src/context/secretScan.ts";

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
      maskSecrets: (text) => new SecretScan().mask(text),
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

  const many = Array.from({ length: 20_000 }, (_, line) => `call(${line});`);
  const file = (text: string, cursorLine?: number) =>
    item({
      kind: "file",
      range: lines(0, text.split("\n").length - 1, 1),
      text,
      ...(cursorLine !== undefined && { cursorLine }),
    });

  it("names the lines that were read, and counts what was not", () => {
    const text = many.join("\n");
    const { place, text: read, unread } = file(text);
    assert.equal(read.length + (unread?.after ?? 0), text.length);
    assert.ok(read.length <= mostItemCharacters && read.startsWith("call(0);"));
    assert.equal(place?.endLine, read.split("\n").length);
    const { chips, places } = fitContext([file(text)], 1_000_000);
    assert.ok((chips[0]?.sentTokens ?? 0) < (chips[0]?.tokens ?? 0), "it is not shown as whole");
    assert.equal(places[0]?.endLine, place?.endLine);
  });

  it("is the part of a file round the cursor, where not all of it goes along", () => {
    for (const cursor of [0, 7, 9_000, 19_999]) {
      const { text, places, usedTokens } = fitContext([file(many.join("\n"), cursor)], 400);
      assert.ok(text.includes(`\ncall(${cursor});\n`), `${cursor}`);
      const numbers = [...text.matchAll(/call\((\d+)\)/g)].map((match) => Number(match[1]));
      assert.equal(places[0]?.startLine, (numbers[0] ?? -2) + 1);
      assert.equal(places[0]?.endLine, (numbers.at(-1) ?? -2) + 1);
      assert.ok(text.startsWith(`src/a.ts, lines ${places[0]?.startLine} to ${places[0]?.endLine}:\n`));
      assert.ok(usedTokens <= 400 && usedTokens > 300, `${usedTokens}`);
      assert.equal(text.includes("\n…\ncall"), cursor > 7);
      assert.equal(text.includes(";\n…\n```"), cursor < 19_999);
    }
  });

  it("masks a key that begins before the part that is read", () => {
    const key = [
      "-----BEGIN RSA PRIVATE KEY-----",
      ...Array.from({ length: 90 }, () => "hidden".repeat(10)),
      "-----END",
    ];
    const before = Array.from({ length: 50 }, () => "y".repeat(1200));
    const { text } = file([...before, ...key, "after"].join("\n"), 50 + 60);
    assert.doesNotMatch(text, /hidden/);
    const cut = file([...before, ...key, ...before].join("\n"), 50 + 90 + 25);
    assert.ok(!cut.text.includes("BEGIN") && cut.text.includes("REDACTED"));
    assert.doesNotMatch(cut.text, /hidden/);
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
