import assert from "node:assert/strict";
import { createSyntax } from "../syntax/syntax.ts";
import { bench, documentAt, queryAt } from "./pipelineBench.ts";

describe("a head whose block takes its time", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  const head = "path: string): string";
  const body = " {\n  if (path) {\n    return read(path);\n  }\n  return fallback;\n}";

  /** Asks, types `typed` meanwhile, and lets the model write so much; what is shown half a second after the question. */
  async function inTime(
    typed: string,
    written: string,
    { head: itsHead = head, languageId = "typescript", ms = 5 } = {},
  ) {
    const { service, clock, settle, model, ask: asking } = bench(() => `${itsHead}${body}\n`, { syntax });
    model.onCharacter = () => clock.advance(ms);
    await asking(queryAt(documentAt("const total = 1;\nlet first = ⟦⟧\n", { uri: "file:///w/first.ts" })));
    await settle();
    model.requests.length = 0;
    model.onCharacter = () => {};
    await syntax.atCursor("warm", languageId, "", "").then((cursor) => cursor?.dispose());
    model.stepwise = true;
    const ask = (text: string) => {
      const start = languageId === "typescript" ? "function" : "void";
      const query = queryAt(documentAt(`${start} load(${text}⟦⟧\n`, { languageId }));
      return service.provide(query, new AbortController().signal);
    };
    const write = async (count: number) => {
      for (let step = 0; step < count; step++) {
        model.step();
        await settle();
      }
    };
    const first = ask("");
    await settle();
    clock.advance(400);
    await settle();
    const asked = typed === "" ? first : ask(typed);
    let isOver = false;
    void asked.then(() => {
      isOver = true;
    });
    await write(written.length);
    clock.advance(600);
    await settle();
    return { shown: isOver ? (await asked).suggestions[0]?.text : undefined, ask, write, model };
  }

  it("is shown without it to who is typing it, who finds the block behind it when that is whole", async () => {
    const { shown, ask, write, model } = await inTime("pa", `${head} {\n  if (path) {\n    ret`);
    assert.equal(shown, "th: string): string");
    await write(body.length + 4);
    assert.equal((await ask(head)).suggestions[0]?.text, body);
    assert.equal(model.requests.length, 1);
  });

  it("is not ended with the semicolon that would make a declaration of it", async () => {
    const cHead = "int path, int count)";
    const { shown, ask, write, model } = await inTime("in", `${cHead} {\n  if (path) {\n    ret`, {
      head: cHead,
      languageId: "c",
    });
    assert.equal(shown, "t path, int count");
    await write(body.length + 4);
    const asked = ask("int");
    assert.equal((await asked).suggestions[0]?.text, ` path, int count)${body}`);
    assert.equal(model.requests.length, 1);
  });

  it("is no answer to who has typed it, not on a slow machine either", async () => {
    const { shown, ask, write, model } = await inTime(head, `${head} {\n  if (path) {\n    ret`, { ms: 200 });
    assert.equal(shown, undefined);
    const asked = ask(head);
    await write(body.length + 4);
    assert.equal((await asked).suggestions[0]?.text, body);
    assert.equal(model.requests.length, 1);
  });

  it("is shown to who pauses, and grows when its block is there", async () => {
    const { shown, ask, write, model } = await inTime("", `${head} {\n  ret`);
    assert.equal(shown, head);
    await write(body.length + 4);
    assert.equal((await ask("")).suggestions[0]?.text, `${head}${body}`);
    assert.equal(model.requests.length, 1);
  });
});
