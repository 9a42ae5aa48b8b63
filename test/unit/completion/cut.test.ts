import assert from "node:assert/strict";
import { createSyntax } from "../syntax/syntax.ts";
import { bench, documentAt, queryAt } from "./pipelineBench.ts";

/** A block of which the model is sure up to `sure`, and of nothing behind that. */
function block(lines: readonly string[], sure: number, typed = "") {
  const text = lines.join("\n  ");
  const made = bench(() => `${text}\n}\n`);
  const sureLength = lines.slice(0, sure).join("\n  ").length + 1;
  made.model.probabilityOf = () => (made.model.written <= sureLength ? 1 : 0.3);
  const asked = queryAt(
    documentAt(`// Adds one.\nfunction f(list: string[]) {\n  // Begins.\n  ${typed}⟦⟧\n}\n`),
  );
  return { ...made, asked, sureLength };
}

describe("a line that is too unlikely", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());
  const lines = ["start(list);", "step(list);", "finish(list);", "log(list);"];

  it("ends the block that is shown in front of it, and nothing is written behind its beginning", async () => {
    const { ask, model, asked, sureLength } = block(lines, 2);
    assert.equal((await ask(asked)).suggestions[0]?.text, "start(list);\n  step(list);");
    assert.ok(model.written <= sureLength + 4, `${model.written} characters, ${sureLength} of them sure`);
  });

  it("cuts nothing where all is sure", async () => {
    const { ask, asked } = block(lines, lines.length);
    assert.equal((await ask(asked)).suggestions[0]?.text, lines.join("\n  "));
  });

  it("cuts nothing for who has asked for it", async () => {
    const { ask, asked } = block(lines, 2);
    const { suggestions } = await ask({ ...asked, trigger: "explicit" });
    assert.equal(suggestions[0]?.text, lines.join("\n  "));
  });

  for (const [where, lineEnd, written, indentation] of [
    ["a file of tabs", "\n", "    ", { insertSpaces: false, tabSize: 4 }],
    ["a file of spaces", "\n", "\t", { insertSpaces: true, tabSize: 4 }],
    ["a file of tabs whose lines come with CRLF", "\r\n", "\t", { insertSpaces: false, tabSize: 4 }],
  ] as const)
    it(`is not shown in part in ${where}, where the model indents or ends lines otherwise`, async () => {
      const own = indentation.insertSpaces ? "    " : "\t";
      const text = ["start(list);", "step(list);", "if (list.length) return;"].join(lineEnd + written);
      const { ask, model } = bench(() => `${text}${lineEnd}}${lineEnd}`);
      const unsure = text.indexOf("if (");
      model.probabilityOf = () => (model.written === unsure + 1 ? 0.2 : 1);
      const code = `// Adds one.\nfunction f(list: string[]) {\n${own}// Begins.\n${own}⟦⟧\n}\n`;
      const { suggestions } = await ask(queryAt(documentAt(code, { indentation })));
      assert.equal(suggestions[0]?.text, `start(list);\n${own}step(list);`);
      assert.ok(model.written <= unsure + 3, `${model.written}`);
    });

  it("leaves nothing of the block behind a head that is typed, which would be closed too early", async () => {
    (await syntax.atCursor("warm", "typescript", "const a = 1;", ""))?.dispose();
    const body = " {\n    start(list);\n    step(list);\n  }";
    for (const [sure, shown] of [
      [body.indexOf("step"), undefined],
      [body.length + 1, body],
    ] as const) {
      const { ask, model } = bench(() => `${body}\n`, { syntax });
      model.probabilityOf = () => (model.written <= sure ? 1 : 0.3);
      const document = documentAt("class A {\n  run(list: string[]): void⟦⟧\n}\n");
      const lastChange = { kind: "accept", stale: false } as const;
      const query = queryAt(document, { situation: { cursorCount: 1, hasSelection: false, lastChange } });
      assert.equal((await ask(query)).suggestions[0]?.text, shown);
    }
  });

  it("leaves the head alone where it comes with its block, which would be closed too early", async () => {
    (await syntax.atCursor("warm", "typescript", "const a = 1;", ""))?.dispose();
    const head = "(list: string[]): void";
    for (const [whole, sure, shown] of [
      [`${head} {\n    start(list);\n    step(list);\n  }`, "start(list);\n", head],
      [`${head} {\n    start(list);\n    step(list);\n  }`, "  }", undefined],
      // An object or list is no block, and nothing of it could stand alone.
      ["tasks = [\n    start,\n    step,\n  ];", "start,\n", "tasks = [\n    start,\n  ]"],
    ] as const) {
      const { ask, model } = bench(() => `${whole}\n`, { syntax });
      const length = whole.indexOf(sure) + sure.length;
      model.probabilityOf = () => (model.written <= length ? 1 : 0.3);
      const { suggestions } = await ask(queryAt(documentAt("class A {\n  run⟦⟧\n}\n")));
      assert.equal(suggestions[0]?.text, shown ?? whole);
    }
  });

  it("leaves the statements in front of a head that has no room", async () => {
    (await syntax.atCursor("warm", "typescript", "const a = 1;", ""))?.dispose();
    const before = "const total = sum(list);\n  const mean = total / list.length;";
    for (const rest of ["if (mean > limit) {\n    report(mean);", "send({\n    mean,\n    total,"]) {
      const text = `${before}\n  ${rest}`;
      const { ask, model } = bench(() => `${text}\n    other();\n  }\n}\n`, { syntax });
      model.probabilityOf = () => (model.written <= text.length ? 1 : 0.3);
      const document = documentAt("function f(list: number[], limit: number) {\n  ⟦⟧\n}\n");
      const { suggestions } = await ask(queryAt(document));
      assert.ok(suggestions[0]?.text.startsWith(before), suggestions[0]?.text);
    }
  });

  it("is looked for at once behind what only opens the block of a head", async () => {
    (await syntax.atCursor("warm", "typescript", "const a = 1;", ""))?.dispose();
    const { ask, model } = bench(() => " {\n    start(list);\n    step(list);\n  }\n", { syntax });
    model.probabilityOf = () => (model.written <= 3 ? 1 : 0.3);
    const { outcome } = await ask(
      queryAt(documentAt("class A {\n  run(list: string[]): void⟦⟧\n}\n"), {
        situation: { cursorCount: 1, hasSelection: false, lastChange: { kind: "accept", stale: false } },
      }),
    );
    assert.equal(outcome.kind, "silent");
    assert.ok(model.written <= 8, `${model.written} characters`);
  });
});
