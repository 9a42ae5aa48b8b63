import assert from "node:assert/strict";
import type { CompletionResult } from "../../../src/completion/completionApi.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { bench, documentAt, queryAt } from "./pipelineBench.ts";

const lastChange = { kind: "accept", stale: false } as const;
const taken = { cursorCount: 1, hasSelection: false, lastChange };

const shownOf = ({ outcome }: CompletionResult): string | undefined =>
  outcome.kind === "shown" ? outcome.text : undefined;

describe("a block of which the model has written a part", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());
  before(async () => {
    await syntax.atCursor("warm", "typescript", "const a = 1;", "").then((cursor) => cursor?.dispose());
  });

  const head = "function load(path: string): string";
  const guard = "if (path === '') {\n    return path;\n  }";
  const written = ` {\n  ${guard}`;
  const at = (typed: string) => queryAt(documentAt(`const total = 1;\n${head}${typed}⟦⟧\n`));

  /** Answers once at the end of the head, and stays open for what is typed of it. */
  async function answered() {
    const made = bench(({ prefix }) => (prefix.endsWith(head) ? written : "\n  return read(path);\n"), {
      syntax,
    });
    const { suggestions } = await made.ask(at(""));
    await made.settle();
    return { ...made, text: suggestions[0]?.text };
  }

  it("is closed for who has not opened it", async () => {
    const { text } = await answered();
    assert.equal(text, `${written}\n}`);
  });

  it("stays open for who has, who finds it without another question", async () => {
    const { ask, model } = await answered();
    assert.deepEqual((await ask(at(" "))).outcome, {
      kind: "shown",
      source: "typed-through",
      text: `${written.slice(1)}\n}`,
    });
    const opened = await ask(at(" {"));
    assert.deepEqual(opened.outcome, { kind: "shown", source: "cache", text: `\n  ${guard}` });
    const below = await ask(at(" {\n  "));
    assert.deepEqual(below.outcome, { kind: "shown", source: "typed-through", text: guard });
    assert.equal(model.requests.length, 1);
  });

  it("is as open at each of its openers, whichever keys were asked for", async () => {
    const { ask } = bench(({ prefix }) => (prefix.endsWith(head) ? written.slice(0, -4) : ""), { syntax });
    await ask(at(""));
    assert.equal(shownOf(await ask(at(" {"))), `\n  ${guard}`);
    assert.equal(shownOf(await ask(at(" {\n  if (path === '') {"))), "\n    return path;");
  });

  it("stays open also where it was cut at the most lines", async () => {
    const lines = Array.from({ length: 12 }, (_, index) => `  v${index}(path);`);
    const { ask } = bench(() => ` {\n${lines.join("\n")}\n}\n`, { syntax });
    const first = shownOf(await ask(at("")));
    assert.match(first ?? "", /v5\(path\);\n\}$/);
    assert.equal(shownOf(await ask(at(" {"))), first?.slice(2, -2));
  });

  it("is left as it is where a word of it was taken, as the editor leaves it", async () => {
    const { ask } = await answered();
    const { outcome } = await ask({ ...at(" {"), situation: taken });
    assert.deepEqual(outcome, { kind: "shown", source: "typed-through", text: `\n  ${guard}\n}` });
  });

  it("goes on inside of it when it is taken, for which the prompt is read meanwhile", async () => {
    const { ask, model, clock, settle } = await answered();
    await ask(at(" {"));
    await settle();
    clock.advance(1_000);
    await settle();
    assert.ok(model.prefills.at(-1)?.prefix.endsWith(written), model.prefills.at(-1)?.prefix);
    const lastChange = { kind: "accept", stale: false } as const;
    const situation = { cursorCount: 1, hasSelection: false, lastChange };
    const { outcome } = await ask({ ...at(written), situation });
    assert.deepEqual(
      [outcome.kind, outcome.kind === "shown" && outcome.text],
      ["shown", "\n  return read(path);"],
    );
  });

  /** A line is shown while the model still writes; how many prompts are read by the time it is done, and after that. */
  async function readBehind(line: string, more: string) {
    const { service, model, clock, settle } = bench(() => `${line}\n${more}`, { syntax });
    model.stepwise = true;
    const query = queryAt(documentAt("function load(): string {\n  ⟦⟧\n}\n"));
    const asked = service.provide(query, new AbortController().signal);
    await settle();
    clock.advance(400);
    await settle();
    const write = async (count: number) => {
      for (let step = 0; step < count; step++) {
        model.step();
        await settle();
      }
    };
    await write(`${line}\n `.length);
    clock.advance(600);
    await settle();
    assert.equal((await asked).suggestions[0]?.text, line);
    const before = model.prefills.length;
    clock.advance(400);
    await settle();
    const meanwhile = model.prefills.length - before;
    await write(30);
    clock.advance(400);
    await settle();
    return { meanwhile, afterwards: model.prefills.slice(before).map(({ prefix }) => prefix) };
  }

  it("has what follows read when it is written, where it was looked at before", async () => {
    const line = "const a = read();";
    const { meanwhile, afterwards } = await readBehind(line, "   \n}\n");
    assert.equal(meanwhile, 0);
    assert.ok(afterwards.length === 1 && afterwards[0]?.endsWith(line), JSON.stringify(afterwards));
  });

  it("has nothing read where what follows was written meanwhile", async () => {
    const { afterwards } = await readBehind("const a = read();", "  return a;\n}\n");
    assert.deepEqual(afterwards, []);
  });
});
