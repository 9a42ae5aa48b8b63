import assert from "node:assert/strict";
import { keyProblem } from "../../../../src/editor/server/keyProblem.ts";

describe("a key that is entered", () => {
  it("may have any characters that a header carries, and blanks around it", () => {
    for (const good of ["", "sk-AZaz09_+/=~.", "  sk-1\n"]) assert.equal(keyProblem(good), undefined, good);
  });

  it("is refused with a character that cannot be seen or sent, before anything is asked", () => {
    for (const bad of ["sk-\u200b1", "sk-1\u200b", "sk 1", "sk-\u00e9", "sk-\u0000", "“sk-1”"])
      assert.match(keyProblem(bad) ?? "", /cannot be seen/, JSON.stringify(bad));
  });
});
