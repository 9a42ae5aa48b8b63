import assert from "node:assert/strict";
import fc from "fast-check";
import { answerSituation } from "../../../src/completion/answerSituation.ts";
import { scanBrackets } from "../../../src/completion/brackets.ts";
import { digest } from "../../../src/completion/digest.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { defaultSettings, documentAt } from "./pipelineBench.ts";

/** Places with their language; the code around each is whole, so that whatever is broken afterwards is the answer's doing. */
const places: readonly (readonly [string, string])[] = [
  ["typescript", "function f(a: number) {\n  ⟦⟧\n}\n"],
  ["typescript", "call(⟦⟧);\n"],
  ["typescript", 'log("⟦⟧");\n'],
  ["typescript", "const x = [⟦⟧];\n"],
  ["typescriptreact", "const a = <p>{⟦⟧}</p>;\n"],
  ["javascript", "items.forEach((item) => {\n  ⟦⟧\n});\n"],
  ["python", "def f(a):\n    ⟦⟧\n"],
  ["python", "print(⟦⟧)\n"],
  ["go", "package a\n\nfunc f() {\n\t⟦⟧\n}\n"],
  ["rust", "fn f() {\n    g(⟦⟧);\n}\n"],
  ["java", "class A {\n    void f() {\n        ⟦⟧\n    }\n}\n"],
  ["c", "int f(int a) {\n    ⟦⟧\n    return a;\n}\n"],
  ["cpp", "void f() {\n    g(⟦⟧);\n}\n"],
  ["csharp", "class A\n{\n    void F()\n    {\n        ⟦⟧\n    }\n}\n"],
  ["ruby", "def f(a)\n  ⟦⟧\nend\n"],
  ["php", "<?php\nfunction f($a) {\n    g(⟦⟧);\n}\n"],
];
// biome-ignore format: one list
const pieces = [
  "foo", "a", "1", "(", ")", "[", "]", "{", "}", "<", ">", " ", ";", ",", ".", "=", " => ", '"', "'", "`", "${",
  "\n", "\n  ", "\n    ", "if (a) {", "} else {", "return ", "end", ":", "</p>", "<p>", "//", "/*", "*/", "🎉",
];
const raws = fc
  .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 20 })
  .map((parts) => parts.join(""));

describe("accepting a suggestion, whatever the model wrote", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  it("never adds a parse error, in any language", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), raws, async ([languageId, code], raw) => {
        const { text, cursor } = await shown(languageId, code, raw);
        try {
          if (text !== "") assert.equal(cursor.check(text).addsErrors, false, JSON.stringify(text));
        } finally {
          cursor.dispose();
        }
      }),
      { numRuns: 600, examples: [[places[0] ?? ["typescript", "⟦⟧"], "{\nif (a) {//"]] },
    );
  });

  it("never leaves more brackets open or closed too often than there were", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), raws, async ([languageId, code], raw) => {
        // What stands in strings and comments may be as lopsided as it likes.
        fc.pre(!/["'`/<]/.test(raw));
        const { text, cursor } = await shown(languageId, code, raw);
        cursor.dispose();
        const { open, unmatched } = scanBrackets(code.replace("⟦⟧", text), languageId);
        assert.deepEqual([open, unmatched], [[], []], JSON.stringify(text));
      }),
      { numRuns: 600 },
    );
  });

  it("never writes once more what stands right of the cursor", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), raws, async ([languageId, code], raw) => {
        const right = /⟦⟧(.*)/.exec(code)?.[1] ?? "";
        // `print(foo)(bar)` is no repetition.
        fc.pre(right.trim().length > 0 && !raw.includes(right) && !/[([{]/.test(raw));
        const { text, cursor } = await shown(languageId, code, `foo${right}${raw}`);
        cursor.dispose();
        assert.ok(!text.includes(right), JSON.stringify(text));
      }),
    );
  });

  async function shown(languageId: string, code: string, raw: string) {
    const document = documentAt(code, { languageId });
    const cursor = await syntax.atCursor(
      `${languageId}${code}`,
      languageId,
      document.prefix,
      document.suffix,
    );
    assert.ok(cursor);
    const situation = answerSituation(document, defaultSettings, "automatic", cursor);
    const { result } = digest(raw, [], situation, 0);
    return { text: typeof result === "string" ? result : "", cursor };
  }
});
