import assert from "node:assert/strict";
import fc from "fast-check";
import { applyHunks, hunksOf, rebase } from "../../../src/assist/hunks.ts";

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

  it("gives the proposal back for an unchanged document", () => {
    fc.assert(fc.property(lines, lines, (from, to) => assert.equal(rebase(from, to, from), to)));
  });
});
