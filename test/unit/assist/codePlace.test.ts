import assert from "node:assert/strict";
import { codePlace } from "../../../src/assist/codePlace.ts";
import { createSyntax } from "../syntax/syntax.ts";

const total = `export function total(
  values,
) {
  if (!values) {
    return 0;
  } else if (values.length === 0) {
    return 0;
  }
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
`;
const both = `${total}\n${total.replace("total", "sumOf")}`;

describe("codePlace", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  /** The place of the `nth` line, from 0, that reads so. */
  async function place(text: string, line: string, nth = 0, languageId = "javascript"): Promise<string> {
    const at = text.split("\n").flatMap((each, index) => (each.trim() === line ? [index] : []))[nth];
    assert.notEqual(at, undefined, line);
    return codePlace(text, at ?? 0, await syntax.outline(languageId, text));
  }
  const languages = ["javascript", "a language without a grammar"];

  it("tells equal lines apart: of two functions, of two branches, of one block", async () => {
    const twice = both.replaceAll(
      "  let sum = 0;\n",
      "  let sum = 0;\n  log(sum);\n  check(values);\n  log(sum);\n",
    );
    for (const languageId of languages) {
      for (const [line, count] of [
        ["return 0;", 4],
        ["log(sum);", 4],
        ["return sum;", 2],
      ] as const) {
        const places = [];
        for (let nth = 0; nth < count; nth++) places.push(await place(twice, line, nth, languageId));
        assert.equal(new Set(places).size, count, places.join("\n"));
      }
    }
  });

  it("stays what it is when other places are edited", async () => {
    const elsewhere = both
      .replace("export function", `${total.replaceAll("total", "before")}\n// A comment.\nexport function`)
      .replace("  let sum = 0;\n", "\n  // Adds.\n  let sum = 0;\n");
    for (const languageId of languages) {
      const [one, two] = [
        await place(both, "return sum;", 0, languageId),
        await place(both, "return sum;", 1, languageId),
      ];
      assert.equal(await place(elsewhere, "return sum;", 1, languageId), one);
      assert.equal(await place(elsewhere, "return sum;", 2, languageId), two);
      assert.notEqual(await place(elsewhere, "return sum;", 0, languageId), one);
    }
  });

  it("goes by the name of a function, not by its parameters and not by the class's heritage", async () => {
    const code = "class A {\n  run(a) {\n    if (a) {\n      go(a);\n    }\n  }\n}\n";
    const changed = code.replace("class A", "class A extends B").replace("run(a)", "async run(a, b)");
    assert.equal(await place(changed, "go(a);"), await place(code, "go(a);"));
    assert.notEqual(await place(code.replace("run(a)", "stop(a)"), "go(a);"), await place(code, "go(a);"));
    assert.notEqual(await place(code.replace("if (a)", "if (!a)"), "go(a);"), await place(code, "go(a);"));
  });

  it("tells the functions apart that have no name, such as tests", async () => {
    const test = (name: string): string =>
      `  it("${name}", () => {\n    const a = one();\n    assert(a);\n  });\n`;
    const code = `describe("a", () => {\n${test("one")}${test("two")}});\n`;
    const more = code.replace(test("one"), test("none") + test("one"));
    assert.equal(await place(more, "assert(a);", 2), await place(code, "assert(a);", 1));
    assert.notEqual(await place(code, "assert(a);", 0), await place(code, "assert(a);", 1));
  });
});
