import assert from "node:assert/strict";
import { fimPrompt } from "../../../src/engine/fim.ts";
import { unitVocabulary } from "./fakeRuntime.ts";

const { fim } = unitVocabulary;
const marks = new Map(Object.entries(fim ?? {}).map(([name, token]) => [token, `<${name}>`]));

/** As text, the marks by name. */
function prompt(contextSize: number, prefix: string, suffix: string, other = ""): string {
  const context = other === "" ? [] : [{ filename: "b.py", text: other }];
  const tokens = fimPrompt(unitVocabulary, { context, filename: "a.py", prefix, suffix }, contextSize);
  return tokens.map((token) => marks.get(token) ?? String.fromCharCode(token)).join("");
}

describe("the infill prompt", () => {
  it("holds everything where there is room", () => {
    const context = "<repository>workspace\n<file>b.py\nother\n<file>a.py\n";
    assert.equal(prompt(400, "before", "after", "other"), `${context}<prefix>before<suffix>after<middle>`);
  });

  it("leaves out other files first where the model's context is small", () => {
    assert.equal(prompt(100, "before", "after", "x".repeat(90)), "<prefix>before<suffix>after<middle>");
  });

  it("keeps what is near the cursor of a long file, and room for an answer", () => {
    // A quarter of 100 for the answer and 4 marks leave 71.
    const text = (letter: string, from: string) => from.repeat(200) + letter;
    const long = prompt(100, text("|", "b"), `|${"a".repeat(200)}`);
    assert.equal(long, `<prefix>${"b".repeat(53)}|<suffix>|${"a".repeat(16)}<middle>`);
    const end = prompt(100, text("|", "b"), "");
    assert.equal(end, `<prefix>${"b".repeat(70)}|<suffix><middle>`);
    const start = prompt(100, "|", "a".repeat(200));
    assert.equal(start, `<prefix>|<suffix>${"a".repeat(70)}<middle>`);
  });
});
