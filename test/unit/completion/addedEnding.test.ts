import assert from "node:assert/strict";
import { ownLengthOf, remainingText } from "../../../src/completion/addedEnding.ts";

describe("what is left of an answer that was closed where it was cut", () => {
  const own = "{\n  if (values.length === 0) {\n    return 0;\n  }";
  const text = `${own}\n}`;
  const left = (
    typed: number,
    answer: { text: string; ownLength?: number } = { text, ownLength: own.length },
  ) => remainingText(answer, { typed, replaceRight: 0 }, answer.text.length, "typescript");

  it("is all of it where nothing of it is typed", () => {
    assert.equal(left(0), text);
  });

  it("leaves the block open that the user has opened", () => {
    assert.equal(left(2), own.slice(2));
  });

  it("is whole where the editor has closed something too", () => {
    const at = { typed: 2, replaceRight: 1 };
    assert.equal(
      remainingText({ text, ownLength: own.length }, at, text.length, "typescript"),
      text.slice(2),
    );
  });

  it("closes what it opens itself", () => {
    const nested = { text: "{\n  if (a) {\n    b();\n  }\n}", ownLength: "{\n  if (a) {\n    b();".length };
    assert.equal(left(2, nested), "  if (a) {\n    b();\n  }");
    assert.equal(left("{\n  if (a) {".length, nested), "\n    b();");
  });

  it("is as the model wrote it where nothing was added", () => {
    assert.equal(left(2, { text }), text.slice(2));
  });

  it("is told from other endings by its lines of closers", () => {
    assert.equal(ownLengthOf(text, `${own}\n`), own.length);
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
