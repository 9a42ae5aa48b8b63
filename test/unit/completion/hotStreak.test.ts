import assert from "node:assert/strict";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { bench, defaultSettings, documentAt, queryAt } from "./pipelineBench.ts";

const at = (typed: string, name = "a.ts") =>
  queryAt(
    documentAt(`function report(lines: string[]) {\n  start(lines);\n  ${typed}⟦⟧\n}\n`, {
      uri: `file:///w/${name}`,
    }),
  );
const accepting = {
  situation: { cursorCount: 1, hasSelection: false, lastChange: { kind: "accept", stale: false } },
} as const;
const first = "lines.sort(byLength);";
const rest = "\n  print(lines);\n  finish(lines);";
const answer = `${first}${rest}\n}\n\nreport([]);\n`;

/** A model that writes a character per `ms` and has been measured once. */
async function measured(ms: number, written = answer, maxLines = 8, parts: Parameters<typeof bench>[1] = {}) {
  const made = bench(() => written, { settings: () => ({ ...defaultSettings, maxLines }), ...parts });
  made.model.onCharacter = () => made.clock.advance(ms);
  await made.ask(at("", "other.ts"));
  await made.settle();
  made.model.requests.length = 0;
  made.model.prefills.length = 0;
  made.model.written = 0;
  return made;
}

describe("hot streak", () => {
  it("answers from what was written behind an accepted line, without asking again", async () => {
    const { ask, model, settle } = await measured(5);
    assert.equal((await ask(at(""))).suggestions[0]?.text, first);
    await settle();
    const next = await ask({ ...at(first), ...accepting });
    assert.deepEqual(next.outcome, { kind: "shown", source: "cache", text: rest });
    assert.equal(model.requests.filter(({ prefix }) => !prefix.includes(first)).length, 1);
  });

  it("answers Enter behind the line from the same text", async () => {
    const { ask, settle } = await measured(5);
    await ask(at(""));
    await settle();
    const { outcome } = await ask(at(`${first}\n  `));
    assert.deepEqual(outcome, { kind: "shown", source: "cache", text: rest.trimStart() });
  });

  it("shows no more lines than the setting allows", async () => {
    const { ask, settle } = await measured(5, `${first}\n  a();\n  b();\n  c();\n  d();\n}\n`, 2);
    await ask(at(""));
    await settle();
    const { outcome } = await ask({ ...at(first), ...accepting });
    assert.deepEqual(outcome, { kind: "shown", source: "cache", text: "\n  a();\n  b();" });
  });

  it("that breaks off is told, though the line in front of it was shown", async () => {
    const told: ModelError[] = [];
    const onModelError = (error: ModelError): void => void told.push(error);
    const { ask, model, clock, settle } = await measured(5, answer, 8, { onModelError });
    const error = new ModelError("server-error", "The server failed.", "Try again.");
    model.onCharacter = () => {
      clock.advance(5);
      if (model.written > first.length) model.breaks = error;
    };
    assert.equal((await ask(at(""))).suggestions[0]?.text, first);
    await settle();
    assert.deepEqual(told, [error]);
  });

  it("writes nothing beyond the line on a slow machine", async () => {
    const { ask, model, settle } = await measured(200);
    await ask(at(""));
    await settle();
    assert.ok(model.written <= first.length + 2, `${model.written} characters`);
  });

  it("stops writing on suspicion when too much of it is thrown away", async () => {
    const { ask, service, settle } = await measured(5);
    for (let line = 0; line < 60; line++) {
      await ask(at(`step${line}(`));
      await settle();
    }
    const { decoded, used, kept } = service.work;
    assert.ok(kept >= used && kept <= decoded, `${used} used, ${kept} kept, ${decoded} decoded`);
    assert.ok(used > 0 && (decoded - used) / decoded < 0.4, `${used} of ${decoded} used`);
  });
});

describe("after something was taken", () => {
  it("asks for what comes below, once, where nothing was prepared", async () => {
    const { ask, model, settle } = bench(({ prefix }) =>
      answer.slice(prefix.endsWith(first) ? first.length : 0),
    );
    const taken = await ask({ ...at(first), ...accepting });
    const [line = ""] = rest.slice(1).split("\n");
    assert.deepEqual(taken.outcome, { kind: "shown", source: "model", text: `\n${line}` }, "in time");
    await settle();
    assert.equal(model.requests.length, 1);
    const again = await ask({ ...at(first), ...accepting });
    assert.deepEqual(again.outcome, { kind: "shown", source: "grown", text: rest });
    assert.equal(model.requests.length, 1);
  });

  it("shows no more lines than the setting allows", async () => {
    const { ask, settle } = bench(() => "\n  a();\n  b();\n  c();\n", {
      settings: () => ({ ...defaultSettings, maxLines: 2 }),
    });
    await ask({ ...at(first), ...accepting });
    await settle();
    const { outcome } = await ask({ ...at(first), ...accepting });
    assert.deepEqual(outcome, { kind: "shown", source: "typed-through", text: "\n  a();\n  b();" });
  });

  it("takes no time for a debounce", async () => {
    const { service, clock, settle } = bench(({ prefix }) =>
      answer.slice(prefix.endsWith(first) ? first.length : 0),
    );
    const asked = service.provide({ ...at(first), ...accepting }, new AbortController().signal);
    await settle();
    clock.advance(0);
    await settle();
    assert.equal((await asked).outcome.kind, "shown");
  });

  it("stays calm where something stands right of the cursor", async () => {
    const { ask, model } = bench(() => answer);
    const document = documentAt(`function f() {\n  call(first⟦⟧);\n}\n`);
    assert.deepEqual((await ask({ ...queryAt(document), ...accepting })).outcome, {
      kind: "silent",
      reason: "after-accept",
    });
    assert.equal(model.requests.length, 0);
  });
});

describe("working ahead", () => {
  it("is left out on battery, but for the prompt at a key", async () => {
    const { ask, model, clock, service, settle } = bench(() => `${first}\n`, { saving: () => "quiet" });
    await service.warm(at("").document);
    assert.equal(model.prefills.length, 0);
    assert.equal((await ask(at(""))).suggestions[0]?.text, first);
    await settle();
    clock.advance(1_000);
    await settle();
    assert.equal(model.prefills.length, 1);
    assert.ok(!model.prefills[0]?.prefix.endsWith(first));
  });

  it("reads the prompt as it will be once the shown text is taken", async () => {
    const { ask, model, clock, settle } = bench(() => `${first}\n`);
    await ask(at(""));
    await settle();
    clock.advance(1_000);
    await settle();
    assert.ok(model.prefills.at(-1)?.prefix.endsWith(first));
    assert.equal(model.requests.length, 1);
  });

  it("keeps the context of the cursor's line for the text below it", async () => {
    const lines: number[] = [];
    const snippets = async ({ line }: { line: number }) => {
      lines.push(line);
      return [];
    };
    const block = Array.from({ length: 12 }, (_, step) => `  step${step}();`).join("\n");
    const { ask, model, clock, settle } = bench(() => `${block.trimStart()}\n}\n`, {
      settings: () => ({ ...defaultSettings, maxLines: 20 }),
      contextProviders: [{ name: "spy", snippets }],
    });
    await ask(queryAt(documentAt("function f() {\n  ⟦⟧\n}\n")));
    await settle();
    clock.advance(1_000);
    await settle();
    assert.ok(model.prefills.at(-1)?.prefix.endsWith("step11();"), "the prompt as it will be");
    assert.deepEqual(lines, [1]);
  });

  /**
   * A fast machine that shows `first` and writes ahead what comes below.
   * @param probability of each character of that.
   */
  async function bet(probability: number, parts: Parameters<typeof bench>[1] = {}) {
    const below = rest.slice(0, rest.indexOf(";") + 1);
    const made = bench(({ prefix }) => (prefix.endsWith(first) ? `${below}\n` : `${first}\n`), parts);
    const { model, clock, ask, settle } = made;
    model.onCharacter = () => clock.advance(5);
    await ask(at("", "other.ts"));
    await settle();
    clock.advance(1_000);
    await settle();
    model.requests.length = 0;
    const ahead = () => model.requests.filter(({ prefix }) => prefix.endsWith(first)).length;
    model.probabilityOf = () => (ahead() > 0 ? probability : 1);
    await ask(at(""));
    await settle();
    const { written: before } = model;
    clock.advance(1_000);
    await settle();
    return { ...made, ahead, below, characters: model.written - before };
  }

  async function withBet(probability: number, parts: Parameters<typeof bench>[1] = {}) {
    const { ask, ahead, below } = await bet(probability, parts);
    const written = ahead();
    const { outcome } = await ask({ ...at(first), ...accepting });
    return { outcome, below, written, asked: ahead() };
  }

  it("writes to its end what began well, though it is only just sure enough in the end", async () => {
    const { outcome, below, written, asked } = await withBet(0.98);
    assert.deepEqual(outcome, { kind: "shown", source: "cache", text: below });
    assert.deepEqual([written, asked], [1, 1]);
  });

  it("gives up at once what will not be shown, and does not write it again when it is asked for", async () => {
    const { outcome, written, asked } = await withBet(0.5);
    assert.equal(outcome.kind, "silent");
    assert.deepEqual([written, asked], [1, 1]);
  });

  it("writes nothing for who rests behind a line, as behind a block", async () => {
    const { characters, below } = await bet(0.93, { restMs: 900 });
    assert.ok(characters > 0 && characters < below.length, `${characters} of ${below.length}`);
  });

  it("has a lost bet written at once for who takes the text and may rest behind it", async () => {
    const { outcome, below, written, asked } = await withBet(0.95, { restMs: 900 });
    assert.deepEqual(outcome, { kind: "shown", source: "model", text: below });
    assert.deepEqual([written, asked], [1, 2]);
  });

  it("has what was written well taken as it is by who may rest behind it", async () => {
    const { outcome, below, written, asked } = await withBet(0.98, { restMs: 900 });
    assert.equal(outcome.kind === "shown" && outcome.text, below);
    assert.deepEqual([written, asked], [1, 1]);
  });

  it("asks nothing of a lost bet for who types on", async () => {
    const { ahead, service, settle } = await bet(0.95, { restMs: 900 });
    assert.equal(ahead(), 1);
    const typed = new AbortController();
    const asked = service.provide(at(first), typed.signal);
    await settle();
    assert.equal(ahead(), 1);
    typed.abort();
    assert.equal((await asked).outcome.kind, "silent");
  });

  it("gives up what begins less sure than it had to for who asks, and says nothing to who does", async () => {
    const { written, asked } = await withBet(0.85);
    assert.deepEqual([written, asked], [1, 2]);
  });

  it("writes nothing behind what leaves its block", async () => {
    for (const [text, written] of [
      ["return lines;", 1],
      ["report(lines);", 2],
    ] as const) {
      const { ask, model, clock, settle } = await measured(5, `${text}\n`);
      await ask(at(""));
      await settle();
      clock.advance(1_000);
      await settle();
      assert.ok(model.prefills.at(-1)?.prefix.endsWith(text), "read it is");
      assert.equal(model.requests.length, written, text);
    }
  });

  it("is tried less often where what follows can never be shown", async () => {
    const { ask, model, clock, settle, service } = await measured(5, `${first}\n`);
    model.probabilityOf = () => (model.requests.at(-1)?.prefix.endsWith(first) ? 0.5 : 1);
    model.script = ({ prefix }) => (prefix.endsWith(first) ? `${rest}\n` : `${first}\n`);
    const isTried = async (place: number): Promise<boolean> => {
      const before = model.requests.length;
      await ask(at("", `f${place}.ts`));
      await settle();
      clock.advance(1_000);
      await settle();
      return model.requests.length > before + 1;
    };
    const tried: boolean[] = [];
    for (let place = 0; place < 12; place++) tried.push(await isTried(place));
    assert.deepEqual(tried.slice(0, 4), [true, true, true, false]);
    assert.equal(tried.slice(4).filter(Boolean).length, 1);
    service.forget();
    assert.equal(await isTried(12), true, "another model is another matter");
  });

  it("writes what follows also where the backend tells no probabilities", async () => {
    const { ask, model, clock, settle } = await measured(5, `${first}\n`);
    const complete = model.complete.bind(model);
    model.complete = async function* (request, signal) {
      for await (const event of complete(request, signal)) {
        const { candidate, text } = event.type === "delta" ? event : {};
        yield candidate === undefined || text === undefined ? event : { type: "delta", candidate, text };
      }
    };
    await ask(at(""));
    await settle();
    clock.advance(1_000);
    await settle();
    assert.ok(model.requests.at(-1)?.prefix.endsWith(first));
  });

  it("goes on while the text is typed through and ends when something else is typed", async () => {
    const { ask, model, clock, service, settle } = bench(() => `${first}\n`);
    await ask(at(""));
    await settle();
    model.slowPrefill = true;
    clock.advance(1_000);
    await settle();
    await service.provide(at("li"), new AbortController().signal);
    assert.equal(model.abortedPrefills.length, 0);
    void service.provide(at("x"), new AbortController().signal);
    await settle();
    assert.ok(model.abortedPrefills[0]?.prefix.endsWith(first));
  });
});

describe("a block that takes its time", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  it("shows its first whole line in time, the others with the next key, and asks no second time", async () => {
    const { service, clock, settle, model } = bench(() => "const a = read();\n  return a;\n}\n", { syntax });
    const query = queryAt(documentAt("function load(): string {\n  ⟦⟧\n}\n"));
    // The grammar is loaded by then, so that the parse needs no more than some turns.
    await syntax.atCursor("warm", "typescript", "const a = 1;", "").then((cursor) => cursor?.dispose());
    model.stepwise = true;
    const asked = service.provide(query, new AbortController().signal);
    await settle();
    clock.advance(400);
    await settle();
    for (let step = 0; step < "const a = read();\n  re".length; step++) {
      model.step();
      await settle();
    }
    clock.advance(600);
    assert.equal((await asked).suggestions[0]?.text, "const a = read();");
    for (let step = 0; step < 20; step++) {
      model.step();
      await settle();
    }
    const typed = queryAt(documentAt("function load(): string {\n  c⟦⟧\n}\n"));
    const { suggestions, outcome } = await service.provide(typed, new AbortController().signal);
    assert.equal(suggestions[0]?.text, "onst a = read();\n  return a;");
    assert.equal(outcome.kind === "shown" && outcome.source, "grown");
    assert.equal(model.requests.length, 1);
  });
});

describe("an answer that the gate will drop", () => {
  it("is given up as soon as that is certain", async () => {
    const { ask, model } = bench(() => answer);
    model.probability = 0.8;
    assert.deepEqual((await ask(at(""))).outcome, { kind: "silent", reason: "low-confidence" });
    assert.ok(model.written < 12, `${model.written} characters`);
  });

  it("is not given up for an unlikely second line", async () => {
    const { ask, model } = bench(() => "alpha();\n  bcdefghijklmnopqrstuvwxyz();\n}\n");
    const unlikely = new Set("bcdefg");
    model.probabilityOf = (character) => (unlikely.has(character) ? 0.5 : 1);
    const { outcome } = await ask(queryAt(documentAt("function f() {\n  ⟦⟧\n}\n")));
    assert.deepEqual(outcome, { kind: "shown", source: "model", text: "alpha();" });
  });
});
