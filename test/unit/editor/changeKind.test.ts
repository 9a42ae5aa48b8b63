import assert from "node:assert/strict";
import { changeKindOf } from "../../../src/editor/changeKind.ts";

const insert = (text: string) => [{ text, replacedLength: 0 }];

describe("kinds of changes", () => {
  it("counts keys, Enter with indentation, closed brackets and emoji as typing", () => {
    for (const text of ["a", "\n", "\n    ", "\n    \n", "()", "{}", "😀", "é", "    ", "name", "日本語"]) {
      assert.equal(changeKindOf(undefined, insert(text)), "typing", JSON.stringify(text));
    }
  });

  it("counts a pick from the suggest widget, which replaces what was typed, as typing", () => {
    assert.equal(changeKindOf(undefined, [{ text: "reduce(callback)", replacedLength: 3 }]), "typing");
  });

  it("counts inserted code as a paste", () => {
    for (const text of ["foo(bar, baz)", "const a = 1;\nconst b = 2;", "  if (x) {\n"]) {
      assert.equal(changeKindOf(undefined, insert(text)), "paste", JSON.stringify(text));
    }
  });

  it("counts only removals as deletion", () => {
    const removal = { text: "", replacedLength: 3 };
    assert.equal(changeKindOf(undefined, [removal]), "delete");
    assert.equal(changeKindOf(undefined, [removal, removal]), "delete");
    assert.equal(changeKindOf(undefined, [removal, { text: "x", replacedLength: 0 }]), "typing");
  });

  it("believes the editor about undo and redo", () => {
    assert.equal(changeKindOf("undo", insert("long text (pasted)")), "undo");
    assert.equal(changeKindOf("redo", [{ text: "", replacedLength: 1 }]), "redo");
  });
});
