import { strict as assert } from "node:assert";
import type { CursorContext } from "../../../src/syntax/syntaxService.ts";
import { atMark, createSyntax } from "./syntax.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: code samples
/** Language, code with the cursor at ‸, and what must hold there. */
const rows: readonly (readonly [string, string, Partial<CursorContext>])[] = [
  ["typescript", "const a = 1; // say ‸", { place: "comment" }],
  ["typescript", "/* a\n ‸\n */\nconst a = 1;", { place: "comment" }],
  ["typescript", "/* a */ ‸", { place: "code" }],
  ["typescript", 'const a = "b‸";', { place: "string" }],
  ["typescript", 'const a = "b‸', { place: "string" }],
  ["typescript", "const a = `b ‸ c`;", { place: "string" }],
  ["typescript", "const a = `b ${x‸} c`;", { place: "code" }],
  ["typescript", "foo(a, ‸);", { inCallArguments: true, place: "code" }],
  ["typescript", "foo(a, ‸", { inCallArguments: true }],
  ["typescript", "new Foo(‸)", { inCallArguments: true }],
  [
    "typescript",
    "foo(() => {\n  ‸\n});",
    { inCallArguments: false, atStatementStart: true, atEmptyBlock: true },
  ],
  ["typescript", "if (‸) {}", { inCallArguments: false }],
  ["typescript", "foo(a)‸;", { inCallArguments: false }],
  ["typescript", "function f() {\n  ‸\n}\n", { atEmptyBlock: true, atStatementStart: true, blockDepth: 1 }],
  ["typescript", "function f() {\n  a();\n  ‸\n}\n", { atEmptyBlock: false, atStatementStart: true }],
  ["typescript", "class A {\n  ‸\n}", { atEmptyBlock: true, blockDepth: 1 }],
  ["typescript", "const a = {\n  ‸\n};", { atEmptyBlock: false, atStatementStart: false }],
  ["typescript", "this.items.‸", { memberOf: "this.items" }],
  ["typescript", "foo(a?.b‸)", { memberOf: "a" }],
  ["typescript", "const x = 1‸", { memberOf: undefined }],
  ["typescriptreact", "const a = <div className={b‸} />;", { place: "code" }],
  ["typescriptreact", 'const a = <div className="b‸" />;', { place: "string" }],
  // Nothing closes these, and the error that says so need not be around the cursor.
  ["python", 'a = f("b ‸\n', { place: "string" }],
  ["ruby", "def f\n  a 'b ‸\nend\n", { place: "string" }],
  ["rust", 'fn f() {\n    println!("b ‸\n}\n', { place: "string" }],
  ["rust", "fn f(a: &'a ‸\n", { place: "code" }],
  ["php", '<?php\nf("b ‸\n', { place: "string" }],
  ["javascript", "f(`b ‸\n", { place: "string" }],
  ["javascriptreact", "const a = <A>{/* x‸ */}</A>;", { place: "comment" }],
  ["javascript", "foo(`a${bar(‸)}`);", { inCallArguments: true, place: "code" }],
  ["python", "def f():\n    ‸\n", { atEmptyBlock: true, atStatementStart: true }],
  ["python", "def f():\n    ‸\n    return 1\n", { atEmptyBlock: false }],
  ["python", "def f():\n    ‸\n\ndef g():\n    pass\n", { atEmptyBlock: true }],
  ["python", "x = {\n    'a':\n    ‸\n}\n", { atEmptyBlock: false }],
  ["python", "x = 1  # note ‸", { place: "comment" }],
  ["python", 'def f():\n    """Say ‸\n    """\n', { place: "string" }],
  ["python", 'x = f"a {b‸} c"', { place: "code" }],
  ["python", "foo(a, b=‸)", { inCallArguments: true }],
  ["python", "class A(‸):\n    pass\n", { inCallArguments: false }],
  ["python", "self.client.‸", { memberOf: "self.client" }],
  ["go", "package m\n\nfunc f() {\n\tfmt.Println(‸)\n}\n", { inCallArguments: true, blockDepth: 1 }],
  ["go", "package m\n\nfunc f() {\n\t‸\n}\n", { atEmptyBlock: true }],
  ["go", "package m\n\nvar s = `a ‸`\n", { place: "string" }],
  ["rust", 'fn f() {\n    println!("a", ‸);\n}\n', { inCallArguments: true }],
  ["rust", "/// doc ‸\nfn f() {}\n", { place: "comment" }],
  ["rust", "/// doc\n‸fn f() {}\n", { place: "code" }],
  ["rust", "fn f() {\n    Self::‸\n}\n", { memberOf: "Self" }],
  ["java", "class A {\n  void m() {\n    foo.bar(a, ‸);\n  }\n}\n", { inCallArguments: true, blockDepth: 2 }],
  ["java", "class A {\n  /* ‸ */\n}\n", { place: "comment" }],
  ["c", "int f(void) {\n  ‸\n}\n", { atEmptyBlock: true }],
  ["c", "int f(s *p) {\n  p->‸\n}\n", { memberOf: "p" }],
  ["cpp", "int main() {\n  std::‸\n}\n", { memberOf: "std" }],
  ["cpp", "void f() {\n  g(1, ‸);\n}\n", { inCallArguments: true }],
  [
    "csharp",
    'class A {\n  void M() {\n    Foo($"a {b‸}");\n  }\n}\n',
    { place: "code", inCallArguments: true },
  ],
  ["csharp", "class A {\n  // ‸\n}\n", { place: "comment" }],
  ["ruby", "def f\n  ‸\nend\n", { atEmptyBlock: true }],
  ["ruby", "def f\n  a\n  ‸\nend\n", { atEmptyBlock: false }],
  ["ruby", 'x = "a #{b‸}"\n', { place: "code" }],
  ["ruby", "x = 1 # a ‸\n", { place: "comment" }],
  ["php", "<?php\nfunction f() {\n  ‸\n}\n", { atEmptyBlock: true }],
  ["php", "<?php\nfoo($a, ‸);\n", { inCallArguments: true }],
  ["php", "<?php\n$this->‸\n", { memberOf: "$this" }],
  ["php", "function late() {\n  $a = 'x‸';\n}\n", { place: "string" }],
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: code samples

describe("cursor context", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());
  for (const [language, code, expected] of rows) {
    it(`${language}: ${JSON.stringify(code)}`, async () => {
      const context = await atMark(syntax, language, code, (cursor) => cursor.context);
      const seen = Object.fromEntries(
        Object.keys(expected).map((key) => [key, context[key as keyof CursorContext]]),
      );
      assert.deepEqual(seen, expected);
    });
  }

  it("has no answer for a language without a grammar", async () => {
    assert.equal(syntax.supports("plaintext"), false);
    assert.equal(await syntax.atCursor("a", "plaintext", "a", "b"), undefined);
  });
});
