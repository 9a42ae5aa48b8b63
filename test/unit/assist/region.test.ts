import assert from "node:assert/strict";
import { type Fold, foldedDefinitions } from "../../../src/assist/foldedDefinitions.ts";
import { growRange } from "../../../src/assist/region.ts";
import type { TextRange } from "../../../src/syntax/syntaxService.ts";
import { createSyntax } from "../syntax/syntax.ts";

describe("growRange", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  function rangeOf(code: string, part: string): TextRange {
    const start = code.indexOf(part);
    assert.notEqual(start, -1, part);
    return { start, end: start + part.length };
  }

  /** The text that `place` grows to; a place with `‸` in it is a cursor. */
  async function grown(
    languageId: string,
    code: string,
    place: string,
    known: readonly string[] = [],
  ): Promise<string> {
    const { start, end } = rangeOf(code, place.replace("‸", ""));
    const cursor = start + place.indexOf("‸");
    const range = place.includes("‸") ? { start: cursor, end: cursor } : { start, end };
    const region = { key: `file:///a.${languageId}`, path: "a", languageId, text: code, range };
    const symbols = known.map((part) => rangeOf(code, part));
    const { start: from, end: to } = await growRange(region, symbols, syntax);
    return code.slice(from, to);
  }

  const mean = `function mean(values) {
  const half = (value) => value / 2;
  const log = (value) => {
    console.log(value);
  };
  const doubled = values.map((item) => item * 2);
  return half(doubled.length);
}`;
  const code = `import { a } from "a";

const twice = (value) => value * 2;

${mean}

const table = {
  one: 1,
};

class Box {
  count = 0;
  short = () => this.count;

  all() {
    return [1].map((x) => {
      return x;
    }).length;
  }
}
`;
  const lambda = "(item) => item * 2";
  const box = code.slice(code.indexOf("class Box"), -1);
  /** As TypeScript's server tells them: each lambda is a function, but for those that are constants or fields. */
  const symbols = [mean, lambda, box];

  it("takes a lambda that is one expression for a part of the function around it, whoever calls it a function", async () => {
    for (const known of [[], symbols])
      for (const place of ["item * ‸2", "value ‸/ 2"])
        assert.equal(await grown("javascript", code, place, known), mean, place);
  });

  it("takes a lambda of one line for a function where it stands in no other", async () => {
    assert.equal(await grown("javascript", code, "value ‸* 2;"), "const twice = (value) => value * 2;");
    assert.equal(await grown("javascript", code, "this‸.count", [box]), "  short = () => this.count;");
  });

  it("takes a function that is a constant for one, though the language server calls it a variable", async () => {
    const log = "  const log = (value) => {\n    console.log(value);\n  };";
    for (const known of [[], [mean]])
      assert.equal(await grown("javascript", code, "console‸.log", known), log);
  });

  it("takes a cursor in a comment in front of a definition for the definition, and in a directive not", async () => {
    const python = "import os\n\n\n# If it is one,\n# if not two.\ndef one():\n    return 1\n";
    const one = "def one():\n    return 1";
    assert.equal(await grown("python", python, "# if‸ not"), one);
    assert.equal(await grown("python", python, "# If‸ it"), one);
    const c = "int two;\n\n#if‸ ONE\nint one(void) { return 1; }\n#endif\n".replace("‸", "");
    assert.equal(await grown("c", c, "#if‸ ONE"), c);
    const lua = "-- One.\nfunction one()\nend\n\nprint(1)\n";
    const known = "function one()\nend";
    assert.equal(await grown("lua", lua, "-- One‸.", [known]), known);
  });

  it("grows a field, and a place between methods, to the class", async () => {
    for (const known of [[], [box]]) {
      assert.equal(await grown("javascript", code, "count‸ = 0", known), box);
      assert.equal(await grown("javascript", code, "count = 0", known), box);
    }
  });

  it("grows a selection that begins in a function inside of another to the outer one, not to the class", async () => {
    const all = box.slice(box.indexOf("  all()"), box.lastIndexOf("\n"));
    assert.equal(await grown("javascript", code, "return x;\n    }).length"), all);
    const python =
      "class A:\n    def f(self):\n        def g():\n            return 1\n        return g\n\n    x = 1\n";
    assert.equal(
      await grown("python", python, "return 1\n        return g"),
      "    def f(self):\n        def g():\n            return 1\n        return g",
    );
  });

  it("grows a cursor outside of functions and classes to the definition around it, else to the document", async () => {
    assert.equal(await grown("javascript", code, "one‸: 1"), "const table = {\n  one: 1,\n};");
    assert.equal(await grown("javascript", code, "import‸ {"), code);
    assert.equal(await grown("javascript", code, "}\n‸\nconst table"), code);
  });
});

describe("foldedDefinitions", () => {
  const texts = (code: string, folds: readonly Fold[]): readonly string[] =>
    foldedDefinitions(code, folds).map(({ start, end }) => code.slice(start, end));

  it("takes functions and classes with the line that closes them, and no loops and conditions", () => {
    const kotlin = `class Stack {
    fun sum(
        items: List<Int>,
    ): Int {
        var sum = 0
        for (item in items) {
            sum += item
        }
        if (sum > 1) {
            return 1
        } else {
            return sum
        }
    }
}
`;
    const folds = [
      { start: 0, end: 13 },
      { start: 1, end: 2 },
      { start: 3, end: 12 },
      { start: 5, end: 6 },
      { start: 8, end: 9 },
      { start: 10, end: 11 },
    ];
    const sum = kotlin.slice(kotlin.indexOf("    fun"), kotlin.indexOf("\n}\n"));
    assert.deepEqual(texts(kotlin, folds), [kotlin.slice(0, -1), sum]);
  });

  it("takes the line above a bracket that stands alone, and reads `end` as closing", () => {
    const dart = "int one()\n{\n  if (a)\n  {\n    return 1;\n  }\n}\n";
    assert.deepEqual(
      texts(dart, [
        { start: 1, end: 5 },
        { start: 3, end: 4 },
      ]),
      [dart.slice(0, -1)],
    );
    const lua = "function one()\n  while a do\n    b()\n  end\nend\nprint(1)\n";
    assert.deepEqual(
      texts(lua, [
        { start: 0, end: 3 },
        { start: 1, end: 2 },
      ]),
      [lua.slice(0, lua.indexOf("\nprint"))],
    );
  });

  it("takes what SQL begins with for no control flow", () => {
    const sql = "WITH paid AS (\n  SELECT 1\n)\nSELECT\n  sum(total)\nFROM paid\n";
    const folds = [
      { start: 0, end: 1 },
      { start: 3, end: 4 },
    ];
    assert.deepEqual(texts(sql, folds), ["WITH paid AS (\n  SELECT 1\n)", "SELECT\n  sum(total)"]);
  });

  it("leaves a fold that has its last line, and Lisp's brackets, as they are", () => {
    const lisp = "(defun one ()\n  (if a\n      1\n    2))\n";
    assert.deepEqual(
      texts(lisp, [
        { start: 0, end: 3 },
        { start: 1, end: 3 },
      ]),
      [lisp.slice(0, -1)],
    );
    const swift = "func one() {\n  two()\n}\n}\n";
    assert.deepEqual(texts(swift, [{ start: 0, end: 1 }]), ["func one() {\n  two()\n}"]);
  });
});
