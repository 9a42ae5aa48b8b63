import assert from "node:assert/strict";
import { calledNames } from "../../../src/assist/calledNames.ts";

describe("calledNames", () => {
  it("tells what is called and where first, and takes no keyword for a name", () => {
    const text =
      "if (one(x) && not (two (y))) return (one(three()));\nfor (const a of list) while (a) $four(iffy(a))";
    assert.deepEqual(
      calledNames(text),
      ["one", "two", "three", "$four", "iffy"].map((name) => [name, text.indexOf(name)]),
    );
  });
});
