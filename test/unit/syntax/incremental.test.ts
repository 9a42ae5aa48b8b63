import { strict as assert } from "node:assert";
import fc from "fast-check";
import { silentLog } from "../../../src/base/log.ts";
import { grammarsInPackages } from "../../../src/syntax/grammarFiles.ts";
import { difference } from "../../../src/syntax/textEdit.ts";
import { TreeCache } from "../../../src/syntax/treeCache.ts";
import { type LoadedGrammar, TreeSitter } from "../../../src/syntax/treeSitter.ts";
import { atMark, createSyntax } from "./syntax.ts";

const pieces = ["foo(", ")", "{\n", "}\n", "const a = ", "1;\n", '"', "if (a) ", "\n", " ", "é😀"];
const code = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(""));

describe("text difference", () => {
  it("leads from one text to the other", () => {
    fc.assert(
      fc.property(code, code, (before, after) => {
        let text = before;
        let rest = after;
        for (const edit of difference(before, after)) {
          const grown = edit.newEndIndex - edit.startIndex;
          rest = text.slice(edit.oldEndIndex);
          text =
            text.slice(0, edit.startIndex) + after.slice(edit.startIndex, edit.startIndex + grown) + rest;
        }
        assert.equal(text, after);
      }),
    );
  });

  it("sees a window that slid down as an edit at its head", () => {
    const lines = Array.from({ length: 200 }, (_, i) => `line ${i}\n`);
    const edits = difference(lines.slice(0, 150).join(""), `${lines.slice(3, 150).join("")}new`);
    assert.deepEqual(
      edits.map((edit) => [
        edit.startIndex,
        edit.oldEndIndex - edit.startIndex,
        edit.newEndIndex - edit.startIndex,
      ]),
      [
        [0, lines.slice(0, 3).join("").length, 0],
        [lines.slice(3, 150).join("").length, 0, 3],
      ],
    );
  });
});

describe("tree cache", () => {
  let grammar: LoadedGrammar;
  before(async () => {
    const loaded = await new TreeSitter(grammarsInPackages(import.meta.url), silentLog).grammar("typescript");
    assert.ok(loaded);
    grammar = loaded;
  });

  it("gives the same tree as a parse from scratch", async () => {
    const cache = new TreeCache();
    await fc.assert(
      fc.asyncProperty(code, async (text) => {
        const tree = await cache.tree("k", grammar, text);
        const fresh = grammar.parse(text);
        assert.equal(tree?.rootNode.toString(), fresh.rootNode.toString());
        tree?.delete();
        fresh.delete();
      }),
      { numRuns: 200 },
    );
    cache.dispose();
  });

  it("answers requests for the same document that overlap", async () => {
    const cache = new TreeCache();
    const trees = await Promise.all(
      ["a;", "a; b;", "a; b; c;"].map((text) => cache.tree("k", grammar, text)),
    );
    assert.deepEqual(
      trees.map((tree) => tree?.rootNode.namedChildCount),
      [1, 2, 3],
    );
    cache.dispose();
  });

  it("parses nothing for a request that is already over", async () => {
    const cache = new TreeCache();
    assert.equal(await cache.tree("k", grammar, "a;", AbortSignal.abort()), undefined);
    cache.dispose();
  });

  it("keeps the newest trees within its bound", async () => {
    const cache = new TreeCache(1000);
    const text = "a;\n".repeat(100);
    for (let i = 0; i < 20; i++) (await cache.tree(`k${i}`, grammar, text))?.delete();
    assert.equal(cache.size, 3);
    cache.dispose();
    assert.equal(cache.size, 0);
  });
});

describe("work per keystroke", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  const body = (i: number): string =>
    `export function f${i}(a: number): Promise<string> {\n  const x = a + ${i};\n  if (x > 3) {\n    return foo.bar(x).then((r) => r.map((y) => y + "s"));\n  }\n  return baz(x);\n}\n\n`;
  const long = Array.from({ length: 1250 }, (_, i) => body(i)).join("");

  it("is a small part of the first parse in a file of 10,000 lines", async () => {
    assert.equal(long.split("\n").length, 10_001);
    const middle = long.indexOf("  return baz", long.length / 2);
    const typed = "  const value = foo.bar(x, [1, 2], { a: 1 });\n  baz(value).then(() =>";
    const prefix = long.slice(0, middle);
    const began = performance.now();
    await atMark(syntax, "typescript", `${prefix}‸${long.slice(middle)}`, (cursor) => cursor.context);
    const whole = performance.now() - began;
    const times: number[] = [];
    for (let i = 1; i <= 60; i++) {
      const start = performance.now();
      const cursor = await syntax.atCursor(
        "long",
        "typescript",
        prefix + typed.slice(0, i),
        `\n${long.slice(middle)}`,
      );
      assert.equal(cursor?.context.place, "code");
      cursor?.dispose();
      times.push(performance.now() - start);
    }
    // The lower quartile, as other work on the machine is not ours.
    const quartile = times.slice(1).sort((a, b) => a - b)[15] ?? Number.NaN;
    assert.ok(quartile < whole / 5, `${quartile.toFixed(2)} of ${whole.toFixed(2)} ms`);
  });

  it("leaves the event loop free while a long file is parsed for the first time", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const cursor = await syntax.atCursor("first", "typescript", `${long}\n`, long);
    clearInterval(timer);
    cursor?.dispose();
    assert.ok(turns >= 5, `${turns} turns of the event loop`);
  });
});
