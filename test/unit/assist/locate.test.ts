import assert from "node:assert/strict";
import { locate, locateAmong } from "../../../src/assist/locate.ts";
import { createSyntax } from "../syntax/syntax.ts";

describe("locate", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  /** The document with the code in its place; undefined where the user is asked. */
  async function applied(languageId: string, text: string, code: string): Promise<string | undefined> {
    const place = await locate(syntax, languageId, text, code);
    if (place.kind !== "replace") return undefined;
    return text.slice(0, place.range.start) + place.text + text.slice(place.range.end);
  }

  const asks = async (languageId: string, text: string, ...blocks: readonly string[]): Promise<void> => {
    for (const code of blocks) assert.equal(await applied(languageId, text, code), undefined, code);
  };

  const text = "class A {\n  run() {\n    return 1;\n  }\n}\n\nfunction helper() {\n  return 2;\n}\n";

  it("replaces the function of the block's name, at its indentation", async () => {
    assert.equal(
      await applied("typescript", text, "\nfunction helper() {\n  return 3;\n}\n"),
      text.replace("return 2", "return 3"),
    );
    const module = "namespace N {\n  function helper() {\n    return 2;\n  }\n}\n";
    assert.equal(
      await applied("typescript", module, "function helper() {\n  return 3;\n}"),
      module.replace("return 2", "return 3"),
    );
    const python = "class A:\n    def run(self):\n        return 1\n";
    assert.equal(
      await applied("python", python, "def run(self):\n\n    return 2"),
      python.replace("return 1", "\n        return 2").replace("        \n", "\n"),
    );
    const struct = "struct A {\n  int x;\n};\n";
    assert.equal(
      await applied("cpp", struct, "struct A {\n  int x;\n  int y;\n};\n"),
      struct.replace("x;", "x;\n  int y;"),
    );
  });

  it("asks about several definitions, none, and an unknown name", () =>
    asks("typescript", text, "function a() {}\nfunction b() {}", "helper();", "function other() {}"));

  it("asks when the name stands twice, or another is declared with it", async () => {
    const twice = `${text}\nnamespace N {\n  function helper() {}\n}\n`;
    await asks("typescript", twice, "function helper() { return 3; }");
    await asks("typescript", "const a = 1, b = 2;\n", "const a = 3;");
  });

  it("asks about a block that holds more than the definition", async () => {
    const helper = "function helper() {\n  return 3;\n}\n";
    await asks("typescript", text, `import fs from "fs";\n\n${helper}`, `${helper}\n// Usage\nhelper();\n`);
    const python = "class A:\n    def run(self):\n        return 1\n";
    await asks(
      "python",
      python,
      "def run(self):\n    return 3\n\nif __name__ == '__main__':\n    A().run()\n",
    );
    assert.equal(
      await applied(
        "php",
        "<?php\nfunction a() {\n  return 1;\n}\n",
        "<?php\n\nfunction a() {\n  return 2;\n}\n",
      ),
      "<?php\nfunction a() {\n  return 2;\n}\n",
    );
  });

  it("leaves the name of the file out that stands over a block", async () => {
    for (const head of ["// src/a.ts\n", "\n// a-b.test.ts\n\n"])
      assert.equal(
        await applied("typescript", text, `${head}function helper() {\n  return 3;\n}`),
        text.replace("return 2", "return 3"),
      );
    assert.equal(
      await applied("python", "def f():\n    return 1\n", "# app/f.py\ndef f():\n    return 2\n"),
      "def f():\n    return 2\n",
    );
    const method = "class A:\n    def run(self):\n        return 1\n";
    assert.equal(
      await applied("python", method, "# app/a.py\n\n    def run(self):\n        return 2\n"),
      method.replace("1", "2"),
    );
  });

  it("leaves a comment behind the definition where it is", async () => {
    const before = "function f() {\n  return 1;\n} // f\n\nconst a = 1; // one\n";
    assert.equal(
      await applied("typescript", before, "function f() {\n  return 2;\n}\n"),
      before.replace("return 1", "return 2"),
    );
    assert.equal(await applied("typescript", before, "const a = 2;"), before.replace("a = 1", "a = 2"));
    await asks("typescript", before, "function f() {\n  return 2;\n} // Call it: f()\n");
  });

  it("asks about a block that leaves code out", async () => {
    const long = "function long() {\n  one();\n  two();\n}\n";
    for (const line of [
      "// ... existing code ...",
      "/* … */",
      "// rest of the function",
      "...rest();\n  ...",
      "// previous code",
      "// other methods here",
      "/* original implementation */",
      "// as before",
      "// (no changes above)",
      "# ...",
    ])
      await asks("typescript", long, `function long() {\n  one();\n  ${line}\n}\n`);
    await asks("typescript", text, "class A {\n  stop() {}\n}\n");
    await asks("python", "def f():\n    one()\n    two()\n", "def f():\n    one()\n    ...\n");
    const noted = "function f() {\n  // the rest of the line\n  return 1;\n}\n";
    assert.equal(
      await applied("typescript", noted, noted.replace("1", "2")),
      noted.replace("1", "2"),
      "what stands there already leaves nothing out",
    );
  });

  it("asks about a block that was cut off", async () => {
    const before = "function helper() {\n  return 2;\n}\n\nfunction other() {\n  return 1;\n}\n";
    await asks(
      "typescript",
      before,
      "function helper() {\n  if (x) {\n    return 3;\n",
      "function helper() {\n  return 3;\n",
    );
  });

  it("keeps what the block does not show in front of the name", async () => {
    for (const head of ["export ", "export default ", "/** Adds. */\nexport async ", "// Adds.\n"]) {
      const before = `${head}function add() {\n  return 1;\n}\n`;
      assert.equal(
        await applied("typescript", before, "function add() {\n  return 2;\n}"),
        before.replace("1", "2"),
        head,
      );
    }
    const property = "class A:\n    # The x.\n    @property\n    def x(self):\n        return 1\n";
    for (const code of ["def x(self):\n    return 2", "@property\ndef x(self):\n    return 2"])
      assert.equal(await applied("python", property, code), property.replace("1", "2"), code);
    const rust =
      "impl A {\n    /// The x.\n    #[inline]\n    pub fn x(&self) -> i32 {\n        1\n    }\n}\n";
    for (const code of ["fn x(&self) -> i32 {\n    2\n}", "#[inline]\npub fn x(&self) -> i32 {\n    2\n}"])
      assert.equal(await applied("rust", rust, code), rust.replace("1", "2"), code);
    const java = "class A {\n  /** Runs. */\n  @Override\n  public int run() {\n    return 1;\n  }\n}\n";
    assert.equal(
      await applied("java", java, "@Override\npublic int run() {\n  return 2;\n}"),
      java.replace("1", "2"),
    );
  });

  it("puts a comment in the place of the old one, not beside it", async () => {
    const before = "const one = 1;\n\n/** Adds. */\nexport function add() {\n  return 1;\n}\n";
    const code = "/**\n * Adds\n * two.\n */\nfunction add() {\n  return 2;\n}";
    const commented = before
      .replace("/** Adds. */", "/**\n * Adds\n * two.\n */")
      .replace("return 1", "return 2");
    assert.equal(await applied("typescript", before, code), commented);
    assert.equal(await applied("typescript", before.replace("/** Adds. */\n", ""), code), commented);
    await asks("typescript", before, code.replace(/\/\*\*[\s\S]*\*\//, "// Here is the change:"));
  });

  it("adds to the front of a definition what takes nothing from it, and asks where it would", async () => {
    const before = "/** Adds. */\nexport function add() {\n  return 1;\n}\n";
    assert.equal(
      await applied("typescript", before, "export async function add() {\n  return 2;\n}"),
      before.replace("function", "async function").replace("1", "2"),
    );
    const python = "class A:\n    def run(self):\n        return 1\n";
    assert.equal(
      await applied("python", python, "async def run(self):\n    return 2\n"),
      python.replace("def", "async def").replace("1", "2"),
    );
    await asks("typescript", before, "async function add() {\n  return 2;\n}", "const add = () => 2;");
    await asks("rust", "#[derive(\n  Debug,\n)]\nstruct A;\n", "#[derive(Debug)]\nstruct A;\n");
    await asks("typescript", text, "function run() {\n  return 2;\n}");
  });

  it("tells Go's methods apart by their receivers", async () => {
    const go = "package a\n\nfunc (s *S) Get() int { return 1 }\n\nfunc (t *T) Put() int { return 1 }\n";
    await asks("go", go, "func (t *T) Get() int { return 2 }", "func Get() int { return 2 }");
    assert.equal(await applied("go", go, "func (s *S) Get() int { return 2 }"), go.replace("1", "2"));
    assert.equal(
      await applied("go", go, "package a\n\nfunc (s *S) Get() int { return 2 }"),
      go.replace("1", "2"),
    );
    const both = `${go}\nfunc (t *T) Get() int { return 1 }\n`;
    assert.equal(await applied("go", both, "func (s *S) Get() int { return 2 }"), both.replace("1", "2"));
  });

  it("is certain of one of several documents only where no other can be meant", async () => {
    const source = (languageId: string, text: string) => ({ languageId, text });
    const helper = source("typescript", text);
    const others = [
      source("typescript", "other();"),
      source("markdown", "# helper"),
      source("python", "x = 1\n"),
    ];
    const code = "function helper() {\n  return 3;\n}";
    const found = await locateAmong(syntax, [...others, helper], code);
    assert.deepEqual([found.isCertain, found.places.map((place) => place.source)], [true, [helper]]);
    const same = source("typescript", "export function helper() {\n  return 1;\n}\n");
    const two = await locateAmong(syntax, [same, helper], code);
    assert.deepEqual([two.isCertain, two.places.map((place) => place.source)], [false, [same, helper]]);
    const other = source(
      "typescript",
      "export const helper = () => 1, more = 2;\nfunction helper() {}\nfunction helper() {}",
    );
    const doubtful = await locateAmong(syntax, [other, helper], code);
    assert.deepEqual([doubtful.isCertain, doubtful.places.length], [false, 1]);
  });
});
