import assert from "node:assert/strict";
import { answerSituation } from "../../../src/completion/answerSituation.ts";
import { isOpen } from "../../../src/completion/validText.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { documentAt } from "./pipelineBench.ts";

describe("what only further lines can close", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  for (const [languageId, code, text, expected] of [
    // The grammar takes a head without a body.
    ["python", "def f(n):\n    ⟦⟧\n", "if n == 0:", true],
    ["python", "def f(n):\n    ⟦⟧\n", "if n == 0:\n        return 1", false],
    ["python", "def f(n):\n    ⟦⟧\n", "total = (n", true],
    ["typescript", "function f(n) {\n  ⟦⟧\n}\n", "if (n) {", true],
    ["typescript", "function f(n) {\n  ⟦⟧\n}\n", "return n;", false],
    ["ruby", "def f(n)\n  ⟦⟧\nend\n", "n.each do |each|", true],
  ] as const) {
    it(`${languageId}: ${JSON.stringify(text)} is ${expected ? "" : "not "}open`, async () => {
      const document = documentAt(code, { languageId });
      const cursor = await syntax.atCursor(code, languageId, document.prefix, document.suffix);
      assert.equal(isOpen(text, answerSituation(document, { maxLines: 6 }, "automatic", cursor)), expected);
      cursor?.dispose();
    });
  }
});
