import assert from "node:assert/strict";
import { fitAnswer } from "../../../src/assist/fittedAnswer.ts";
import { withImports } from "../../../src/assist/importLines.ts";
import { growRange } from "../../../src/assist/region.ts";
import { createSyntax } from "../syntax/syntax.ts";

describe("fitAnswer", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  /** The document with an answer in place of what is meant at `¦`; undefined where its imports find no place. */
  async function put(
    languageId: string,
    marked: string,
    written: string,
    problemLines: readonly number[] = [],
  ): Promise<string | undefined> {
    const at = marked.indexOf("¦");
    const cursor = {
      key: `fit:${marked}`,
      path: "a",
      languageId,
      text: marked.replace("¦", ""),
      range: { start: at, end: at },
    };
    const region = { ...cursor, range: await growRange(cursor, [], syntax) };
    const { replacement, imports } = await fitAnswer(region, written, problemLines, syntax);
    const place = await withImports(region, imports, syntax);
    return place && place.text.slice(0, place.range.start) + replacement + place.text.slice(place.range.end);
  }

  it("takes a method out of the class around it", async () => {
    assert.equal(
      await put(
        "python",
        "class A:\n    def f(self):\n        return ¦1\n\n    def g(self):\n        return 2\n",
        "class A:\n    def f(self):\n        return 3\n",
      ),
      "class A:\n    def f(self):\n        return 3\n\n    def g(self):\n        return 2\n",
    );
    assert.equal(
      await put(
        "typescript",
        "class A {\n\tf() {\n\t\treturn ¦1;\n\t}\n\tg() {}\n}\n",
        "class A {\n  f() {\n    return 3;\n  }\n\n  g() {}\n}",
      ),
      "class A {\n\tf() {\n\t\treturn 3;\n\t}\n\tg() {}\n}\n",
    );
  });

  it("puts imports to those of the file", async () => {
    const fixed = "import math\nimport os\n\ndef f(x):\n    return math.sqrt(x)\n";
    assert.equal(
      await put("python", "import os\n\ndef f(x):\n    return ¦sqrt(x)\n", fixed),
      "import os\nimport math\n\ndef f(x):\n    return math.sqrt(x)\n",
    );
    assert.equal(
      await put("python", '#!/usr/bin/python\n"""What it is."""\n\ndef f(x):\n    return ¦sqrt(x)\n', fixed),
      '#!/usr/bin/python\n"""What it is."""\n\nimport math\nimport os\n\ndef f(x):\n    return math.sqrt(x)\n',
    );
    assert.equal(
      await put(
        "go",
        'package m\n\nimport (\n\t"fmt"\n)\n\nfunc F(x string) int {\n\treturn ¦1\n}\n',
        'package m\n\nimport "strings"\n\nfunc F(x string) int {\n    return strings.Count(x, x)\n}',
      ),
      'package m\n\nimport "strings"\nimport (\n\t"fmt"\n)\n\nfunc F(x string) int {\n\treturn strings.Count(x, x)\n}\n',
    );
    assert.equal(
      await put(
        "typescript",
        "// Licence.\n\nexport function f(x: string) {\n  return ¦read(x);\n}\n",
        'import { read } from "./read";\n\nexport function f(x: string) {\n  return read(x);\n}',
      ),
      '// Licence.\n\nimport { read } from "./read";\n\nexport function f(x: string) {\n  return read(x);\n}\n',
    );
  });

  it("adds no import that the file has in another form", async () => {
    assert.equal(
      await put(
        "python",
        "import os, math\n\ndef f(x):\n    return ¦x\n",
        "import math\n\ndef f(x):\n    return math.sqrt(x)\n",
      ),
      "import os, math\n\ndef f(x):\n    return math.sqrt(x)\n",
    );
    assert.equal(
      await put(
        "typescript",
        'import {\n  a,\n  b,\n} from "./ab";\n\nfunction f() {\n  return ¦1;\n}\n',
        'import { b } from "./ab";\n\nfunction f() {\n  return b;\n}',
      ),
      'import {\n  a,\n  b,\n} from "./ab";\n\nfunction f() {\n  return b;\n}\n',
    );
  });

  it("finds no place for an import among lines that only show some", async () => {
    const shown = '/* For example:\nimport { a } from "./a";\n*/\nexport function f() {\n  return ¦1;\n}\n';
    const fixed = 'import { b } from "./b";\nexport function f() {\n  return b;\n}';
    assert.equal(await put("typescript", shown, fixed), undefined);
  });

  it("keeps decorators, attributes and `export` that the answer leaves out, unless they are the problem", async () => {
    const exported = "export default function f(a: number) {\n  return ¦a;\n}\n";
    const bare = "function f(a: number) {\n  return a + 1;\n}";
    assert.equal(await put("typescript", exported, bare), exported.replace("¦", "").replace("a;", "a + 1;"));
    const decorated = "class A:\n    @property\n    def f(self):\n        return ¦1\n";
    assert.equal(await put("python", decorated, "def f(self):\n    return 2"), decorated.replace("¦1", "2"));
    assert.equal(
      await put("python", decorated, "def f(self):\n    return 2", [2]),
      "class A:\n    def f(self):\n        return 2\n",
    );
    const inlined = "impl S {\n    #[inline]\n    pub fn f(&self) -> i32 {\n        ¦1\n    }\n}\n";
    assert.equal(
      await put("rust", inlined, "impl S {\n    pub fn f(&self) -> i32 {\n        2\n    }\n}"),
      inlined.replace("¦1", "2"),
    );
    assert.equal(
      await put(
        "typescript",
        "export async function f() {\n  return ¦1;\n}\n",
        "export function f() {\n  return 1;\n}",
      ),
      "export function f() {\n  return 1;\n}\n",
    );
  });

  it("leaves out examples of use and what the file has elsewhere, and takes new helpers along", async () => {
    const code = "def f(x):\n    return ¦x\n\n\ndef known(x):\n    return x\n";
    const answer =
      "def known(x):\n    return x + 1\n\ndef fresh(x):\n    return x\n\n# Fixed:\ndef f(x):\n    return fresh(x)\n\n# Usage\nprint(f(1))\n";
    assert.equal(
      await put("python", code, answer),
      "def fresh(x):\n    return x\n\ndef f(x):\n    return fresh(x)\n\n\ndef known(x):\n    return x\n",
    );
  });

  it("takes an answer as it is that holds more than it understands", async () => {
    assert.equal(
      await put("python", "def f(x):\n    return ¦x\n", "LIMIT = 3\n\ndef f(x):\n    return LIMIT\n"),
      "LIMIT = 3\n\ndef f(x):\n    return LIMIT\n",
    );
    assert.equal(
      await put(
        "typescript",
        "const o = {\n  f() {\n    return ¦1;\n  },\n  g: 1,\n};\n",
        "f() {\n  return 2;\n}",
      ),
      "const o = {\n  f() {\n    return 2;\n  },\n  g: 1,\n};\n",
      "but with the comma that it had",
    );
  });
});
