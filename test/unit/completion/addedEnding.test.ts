import assert from "node:assert/strict";
import { ownLengthOf, remainingText } from "../../../src/completion/addedEnding.ts";

describe("what is left of an answer that was closed where it was cut", () => {
  const own = "{\n  if (values.length === 0) {\n    return 0;\n  }";
  const text = `${own}\n}`;
  const left = (
    typed: number,
    answer: { text: string; ownLength?: number } = { text, ownLength: own.length },
  ) => remainingText(answer, typed, "", answer.text.length, "typescript");

  it("is all of it where nothing of it is typed", () => {
    assert.equal(left(0), text);
  });

  it("leaves the block open that the user has opened", () => {
    assert.equal(left(2), own.slice(2));
  });

  it("is whole where it replaces what the editor has closed of the block, not where that closes something else", () => {
    const answer = { text, ownLength: own.length };
    assert.equal(remainingText(answer, 2, "}", text.length, "typescript"), text.slice(2));
    const inside = own.indexOf("values");
    assert.equal(remainingText(answer, inside, ")", text.length, "typescript"), own.slice(inside));
  });

  it("closes what it opens itself", () => {
    const nested = { text: "{\n  if (a) {\n    b();\n  }\n}", ownLength: "{\n  if (a) {\n    b();".length };
    assert.equal(left(2, nested), "  if (a) {\n    b();\n  }");
    assert.equal(left("{\n  if (a) {".length, nested), "\n    b();");
  });

  it("is as the model wrote it where nothing was added", () => {
    assert.equal(left(2, { text }), text.slice(2));
  });

  it("closes the lines of which it needs a closer whole", () => {
    const each = { text: "(x) => {\n  a(x);\n})", ownLength: "(x) => {\n  a(x);".length };
    assert.equal(left(1, { ...each, text: `(${each.text}`, ownLength: each.ownLength + 1 }), each.text);
  });

  it("counts what is open in the light of what is typed", () => {
    const call = 'on("a", x => { log("y");\n  more();';
    const answer = { text: `${call}\n})`, ownLength: call.length };
    assert.equal(left(5, answer), answer.text.slice(5));
  });

  it("is told from other endings by its lines of closers", () => {
    assert.equal(ownLengthOf(text, `${own}\n`), own.length);
    assert.equal(ownLengthOf(text, `${own}\n  return sum / values.length;`), own.length);
    assert.equal(ownLengthOf("f(() => {\n  a();\n});", "f(() => {\n  a();"), "f(() => {\n  a();".length);
    assert.equal(ownLengthOf("sum(values)", "sum(values"), undefined);
    assert.equal(ownLengthOf("if a\n  b\nend", "if a\n  b"), undefined);
    assert.equal(ownLengthOf(own, own), undefined);
    assert.equal(ownLengthOf("less", "lessons"), undefined);
  });

  it("is nothing where all that the model wrote is typed: it would go on inside of the block", () => {
    assert.equal(left(own.length), "");
    assert.equal(left(own.length + 1), "");
  });
});
