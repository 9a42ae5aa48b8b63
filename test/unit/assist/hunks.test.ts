import assert from "node:assert/strict";
import fc from "fast-check";
import { applyHunks, hunksOf, rangeAfter, rebase } from "../../../src/assist/hunks.ts";

const lines = fc
  .array(fc.constantFrom("a\n", "b\n", "c\n", "}\n", "\n"), { maxLength: 12 })
  .map((parts) => parts.join(""));

describe("hunks", () => {
  it("all applied give the new text, none the old one", () => {
    fc.assert(
      fc.property(lines, lines, (oldText, newText) => {
        const hunks = hunksOf(oldText, newText);
        assert.equal(applyHunks(oldText, hunks), newText);
        assert.equal(applyHunks(oldText, []), oldText);
      }),
    );
  });

  it("can be taken one by one", () => {
    const hunks = hunksOf("1\n2\n3\n4\n5\n", "1\nTWO\n3\n4\nFIVE\n");
    assert.equal(hunks.length, 2);
    assert.equal(applyHunks("1\n2\n3\n4\n5\n", hunks.slice(1)), "1\n2\n3\n4\nFIVE\n");
  });

  it("handle a last line without a line end", () => {
    assert.equal(applyHunks("a\nb", hunksOf("a\nb", "a\nc")), "a\nc");
  });
});

describe("hunks of long texts", () => {
  it("of which nothing is the same are one, found at once", function () {
    this.timeout(20_000);
    const lines = (word: string): string =>
      Array.from({ length: 20_000 }, (_, index) => `${word} ${index}\n`).join("");
    const [before, after] = [`same\n${lines("old")}end\n`, `same\n${lines("new")}more\nend\n`];
    const hunks = hunksOf(before, after);
    assert.deepEqual(
      hunks.map(({ oldStart, oldLines }) => [oldStart, oldLines]),
      [[1, 20_000]],
    );
    assert.ok(applyHunks(before, hunks) === after);
    assert.ok(rebase(before, before.replace("old 10\n", "x\n"), after) === undefined);
    assert.ok(rebase(before, `${before}x\n`, after) === `${after}x\n`);
  });
});

describe("rebase", () => {
  const base = "one\ntwo\nthree\nfour\n";
  const proposed = "one\nTWO\nthree\nfour\n";

  it("carries a change over to a document that changed elsewhere", () => {
    assert.equal(
      rebase(base, proposed, "zero\none\ntwo\nthree\nfour\nfive\n"),
      "zero\none\nTWO\nthree\nfour\nfive\n",
    );
  });

  it("refuses when the changed lines have changed", () => {
    assert.equal(rebase(base, proposed, "one\n2\nthree\nfour\n"), undefined);
  });

  it("refuses when the place is not certain", () => {
    assert.equal(rebase(base, proposed, `${base}${base}`), undefined);
  });

  it("never changes the same lines elsewhere when those that were meant are edited", () => {
    const twice = "f:\n  a\n  b\ng:\n  a\n  b\n";
    const fixed = "f:\n  A\n  b\ng:\n  a\n  b\n";
    assert.equal(rebase(twice, fixed, "f:\n  mine\n  b\nf:\n  a\n  b\n"), undefined);
    assert.equal(rebase(twice, fixed, "f:\ng:\n  a\n  b\n"), undefined);
  });

  it("is not confused by lines that are in the document more than once", () => {
    const twice = "{\n  a\n}\n{\n  a\n}\n";
    const second = "{\n  a\n}\n{\n  B\n}\n";
    assert.equal(rebase(twice, second, `// edited\n${twice}`), `// edited\n${second}`);
  });

  it("carries several changes over, each by what was edited in front of it", () => {
    const old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    const wanted = "1\nTWO\n3\n4\n5\n6\n7\nEIGHT\n9\n";
    const edited = "0\n1\n2\n3\n4\n6\n7\n8\n9\n10\n";
    assert.equal(rebase(old, wanted, edited), "0\n1\nTWO\n3\n4\n6\n7\nEIGHT\n9\n10\n");
  });

  it("gives the proposal back for an unchanged document", () => {
    fc.assert(fc.property(lines, lines, (from, to) => assert.equal(rebase(from, to, from), to)));
  });
});

describe("rangeAfter", () => {
  const base = "one\ntwo\nthree\nfour\n";
  const two = { start: base.indexOf("wo"), end: base.indexOf("wo") + 2 };
  const followed = (current: string): string | undefined => {
    const range = rangeAfter(base, current, two);
    return range && current.slice(range.start, range.end);
  };

  it("follows a line that moves, and gives it up when it is edited", () => {
    assert.equal(followed(base), "wo");
    assert.equal(followed(`zero\n\n${base}`), "wo");
    assert.equal(followed(base.replace("one\n", "")), "wo");
    assert.equal(followed(base.replace("three", "3")), "wo");
    assert.equal(followed(base.replace("two", "two!")), undefined);
    assert.equal(followed(base.replace("two\n", "")), undefined);
    assert.equal(followed("one\nother\nthings\n"), undefined);
  });

  it("keeps a whole text of lines that stayed together", () => {
    fc.assert(
      fc.property(lines, lines, (before, behind) => {
        const current = `${before}<two\nthree>\n${behind}`;
        const old = "<two\nthree>\n";
        const range = rangeAfter(old, current, { start: 1, end: 10 });
        assert.equal(range && current.slice(range.start, range.end), "two\nthree");
      }),
    );
  });
});
