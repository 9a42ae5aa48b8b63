import assert from "node:assert/strict";
import type { CompletionParts } from "../../../src/completion/completionParts.ts";
import { bench, defaultSettings, documentAt, fastUsage, queryAt } from "./pipelineBench.ts";

const restMs = 900;
const query = queryAt(documentAt("const total = ⟦⟧\n"));

/** A model that is not sure enough for what is shown at once. */
function unsure(parts: Partial<CompletionParts> = {}, probability = 0.93) {
  const all = bench(() => "price * count;\n", { restMs, ...parts });
  all.model.probability = probability;
  /** Asks, and lets so many milliseconds go by, ten at a time. */
  const askFor = async (ms: number, signal = new AbortController().signal, wanted = query) => {
    let isOver = false;
    const asked = all.service.provide(wanted, signal).finally(() => {
      isOver = true;
    });
    for (let passed = 0; passed < ms && !isOver; passed += 10) {
      await all.settle();
      all.clock.advance(10);
    }
    await all.settle();
    return { asked, isOver: () => isOver };
  };
  return { ...all, askFor };
}

/** A block of two lines, of which the first one is not sure enough at once, written as a test lets it; `taken` asks behind that. */
function unsureBlock() {
  const all = unsure();
  const { model, settle } = all;
  const [first, second] = ["const a = read();", "\n  return a;"];
  model.script = () => `${first}${second}\n}\n`;
  model.stepwise = true;
  model.probabilityOf = (character) => (character === "c" ? 0.4 : 1);
  const write = async (count: number) => {
    for (let written = 0; written < count; written++) {
      model.step();
      await settle();
    }
  };
  const code = (line: string) => documentAt(`function load(): string {\n  ${line}⟦⟧\n}\n`);
  const taken = queryAt(code(first), {
    situation: { cursorCount: 1, hasSelection: false, lastChange: { kind: "accept", stale: false } },
  });
  return { ...all, wanted: queryAt(code("")), first, second, write, taken };
}

describe("rest", () => {
  it("is what the bar is lowered for", async () => {
    const { askFor, model } = unsure();
    const { asked, isOver } = await askFor(restMs - 50);
    assert.equal(isOver(), false);
    assert.equal(model.requests.length, 1);
    const { asked: again } = await askFor(restMs + 500);
    const { outcome } = await again;
    assert.deepEqual([outcome.kind, outcome.kind === "shown" && outcome.text], ["shown", "price * count;"]);
    // The first one was displaced by the second, as it is in an editor.
    assert.deepEqual((await asked).outcome, { kind: "silent", reason: "low-confidence" });
  });

  it("ends with the next key, and then nothing was sure enough", async () => {
    const { askFor, model, clock, settle } = unsure();
    const typed = new AbortController();
    const { asked } = await askFor(restMs - 50, typed.signal);
    typed.abort();
    assert.deepEqual((await asked).outcome, { kind: "silent", reason: "low-confidence" });
    clock.advance(2 * restMs);
    await settle();
    assert.equal(model.requests.length, 1);
  });

  for (const [what, end] of [
    ["settings or the model change", ({ service }: ReturnType<typeof unsure>) => service.forget()],
    ["suggestions are snoozed", (_: unknown, snooze: () => void) => snooze()],
  ] as const) {
    it(`brings nothing when ${what} meanwhile`, async () => {
      let until = 0;
      const pipeline = unsure({ snoozedUntil: () => until });
      const { asked } = await pipeline.askFor(restMs - 50);
      end(pipeline, () => {
        until = Number.POSITIVE_INFINITY;
      });
      pipeline.clock.advance(2 * restMs);
      await pipeline.settle();
      assert.deepEqual((await asked).outcome, { kind: "silent", reason: "low-confidence" });
      assert.equal(pipeline.model.requests.length, 1);
    });
  }

  it("helps where an earlier answer is remembered as too unsure too", async () => {
    const { askFor, model } = unsure();
    const typed = new AbortController();
    const first = await askFor(restMs - 50, typed.signal);
    typed.abort();
    await first.asked;
    const { outcome } = await (await askFor(restMs + 500)).asked;
    assert.equal(outcome.kind, "shown");
    assert.equal(model.requests.length, 1, "what was written for the first rest is there");
  });

  it("is offered what was written when nothing was sure enough, without asking again", async () => {
    const { askFor, model } = unsure();
    const { outcome } = await (await askFor(restMs + 50)).asked;
    assert.deepEqual([outcome.kind, outcome.kind === "shown" && outcome.text], ["shown", "price * count;"]);
    assert.equal(model.requests.length, 1);
  });

  it("has nothing written twice, whether an answer is unsure from its beginning or turns out so at its end", async () => {
    const shown = [];
    for (let probability = 0.9; probability < 0.99; probability += 0.005) {
      const { askFor, model } = unsure({}, probability);
      const { outcome } = await (await askFor(restMs + 500)).asked;
      assert.equal(model.requests.length, 1, `${probability}`);
      shown.push(outcome.kind === "shown");
    }
    assert.ok(shown.includes(true));
  });

  it("has what is still written for it ended by the next key", async () => {
    const { askFor, model, settle } = unsure();
    model.stepwise = true;
    const typed = new AbortController();
    const first = await askFor(400, typed.signal);
    for (let written = 0; written < 12; written++) {
      model.step();
      await settle();
    }
    const { asked, isOver } = first;
    assert.equal(isOver(), false, "too unsure by now, and on for the rest");
    typed.abort();
    assert.deepEqual((await asked).outcome, { kind: "silent", reason: "low-confidence" });
    const left = new AbortController();
    const next = await askFor(400, left.signal, queryAt(documentAt("const total = x⟦⟧\n")));
    assert.equal(model.requests.length, 2);
    assert.equal(model.running, 1, "the first one has ended");
    left.abort();
    await next.asked;
  });

  it("is offered the beginning that is sure enough of what is too unsure even for it, without asking again", async () => {
    const { askFor, model } = unsure();
    model.script = () => "firstPrice, unlikelyName + otherName;\n";
    model.probabilityOf = (character) => (character === "u" ? 0.001 : 0.96);
    const { outcome } = await (await askFor(restMs + 500)).asked;
    assert.deepEqual([outcome.kind, outcome.kind === "shown" && outcome.text], ["shown", "firstPrice"]);
    assert.equal(model.requests.length, 1);
  });

  it("shows the first part of a long block while the others are still written, and finds them when it is taken", async () => {
    const { askFor, model, clock, settle, wanted, first, second, write, taken } = unsureBlock();
    const { asked, isOver } = await askFor(400, new AbortController().signal, wanted);
    await write(first.length + 5);
    assert.equal(isOver(), false, "nothing is sure enough at once");
    clock.advance(restMs);
    await settle();
    const { outcome } = await asked;
    assert.deepEqual([outcome.kind, outcome.kind === "shown" && outcome.text], ["shown", first]);
    await write(30);
    const next = await (await askFor(10, new AbortController().signal, taken)).asked;
    assert.deepEqual(
      [next.outcome.kind, next.outcome.kind === "shown" && next.outcome.text],
      ["shown", second],
    );
    assert.equal(model.requests.length, 1);
  });

  it("brings no beginning of what turns out to stand below", async () => {
    const { askFor, model } = unsure();
    const words = ["calculateTotalPrice", "(items);"];
    model.script = () => [...words, "\n"] as Iterable<string> as string;
    model.probabilityOf = (word) => (word === words[0] ? 0.4 : 1);
    const wanted = queryAt(documentAt(`function f() {\n  ⟦⟧\n  ${words.join("")}\n}\n`));
    const { outcome } = await (await askFor(restMs + 500, new AbortController().signal, wanted)).asked;
    assert.deepEqual(outcome, { kind: "silent", reason: "low-confidence" });
  });

  it("goes on being written when its first part is taken meanwhile", async () => {
    const { askFor, model, clock, settle, wanted, first, second, write, taken } = unsureBlock();
    const { asked } = await askFor(400, new AbortController().signal, wanted);
    await write(first.length + 3);
    clock.advance(restMs);
    await settle();
    assert.equal((await asked).outcome.kind, "shown");
    const next = await askFor(50, new AbortController().signal, taken);
    await write(30);
    const { outcome } = await next.asked;
    assert.deepEqual([outcome.kind, outcome.kind === "shown" && outcome.text], ["shown", second]);
    assert.equal(model.requests.length, 1);
  });

  it("is as short as a look at what was just taken, and what comes behind a block is there by then", async () => {
    const block = "const a = read();\n  const b = a;";
    const below = "\n  write(b);";
    const all = bench(
      ({ prefix }) => (prefix.endsWith("b = a;") ? `${below}\n  close();\n` : `${block}\n}\n`),
      {
        restMs,
      },
    );
    const { model, clock, settle, service } = all;
    model.onCharacter = () => clock.advance(5);
    model.probabilityOf = () => (model.requests.at(-1)?.prefix.endsWith("b = a;") ? 0.96 : 1);
    const at = (typed: string, more = {}) =>
      queryAt(documentAt(`// Loads.\nfunction load(): void {\n  // First.\n  ${typed}⟦⟧\n}\n`), more);
    /** Asks, and lets time go by ten milliseconds at a time until there is an answer. */
    const askInTime = async (query: ReturnType<typeof at>) => {
      let passed = 0;
      let isOver = false;
      const answer = service.provide(query, new AbortController().signal).finally(() => {
        isOver = true;
      });
      for (; passed < 2 * restMs && !isOver; passed += 10) {
        await settle();
        clock.advance(10);
      }
      return { text: (await answer).suggestions[0]?.text, passed };
    };
    await askInTime(at("", { document: documentAt("let x = ⟦⟧\n", { uri: "file:///w/other.ts" }) }));
    await settle();
    assert.equal((await askInTime(at(""))).text, block);
    for (let passed = 0; passed < 1_000; passed += 10) {
      clock.advance(10);
      await settle();
    }
    const { length: asked } = model.requests;
    assert.ok(model.requests.at(-1)?.prefix.endsWith("b = a;"), "it is written while the block is looked at");
    const lastChange = { kind: "accept", stale: false } as const;
    const taken = at(block, { situation: { cursorCount: 1, hasSelection: false, lastChange } });
    const { text, passed } = await askInTime(taken);
    assert.equal(text, `${below}\n  close();`);
    assert.ok(passed >= 250 && passed < 300, `${passed} ms`);
    assert.equal(model.requests.length, asked);
  });

  it("takes its usual time where the cursor has moved since something was taken", async () => {
    const { askFor } = unsure();
    const lastChange = { kind: "accept", stale: true } as const;
    const situation = { cursorCount: 1, hasSelection: false, lastChange };
    const { isOver } = await askFor(restMs - 50, new AbortController().signal, { ...query, situation });
    assert.equal(isOver(), false);
  });

  it("does not help where the model has next to no idea", async () => {
    const { outcome } = await (await unsure({}, 0.6).askFor(2 * restMs)).asked;
    assert.deepEqual(outcome, { kind: "silent", reason: "low-confidence" });
  });

  it("decodes nothing where what is foreseen stays hopeless, and something where it no longer is", async () => {
    for (const [probability, requests] of [
      [0.01, 0],
      [0.3, 1],
    ] as const) {
      const { askFor, model } = unsure();
      model.foreseen = () => [{ text: "price", probability }];
      await (await askFor(2 * restMs)).asked;
      assert.equal(model.requests.length, requests, `${probability}`);
    }
  });

  it("has what it brings begun with the pause where that was foreseen as too unlikely at once", async () => {
    const { askFor, ask, model, service, settle } = unsure();
    // A machine that is known to be fast.
    model.usage = fastUsage;
    await ask(queryAt(documentAt("const other = 1;⟦⟧\n")));
    await settle();
    const before = model.requests.length;
    model.foreseen = () => [{ text: "price", probability: 0.3 }];
    const { isOver, asked } = await askFor(restMs - 100);
    assert.deepEqual([isOver(), model.requests.length - before, model.running], [false, 1, 0]);
    service.dispose();
    await settle();
    assert.equal((await asked).outcome.kind, "silent");
  });

  it("has nothing begun with the pause where that is hopeless for a rest too, or too much was written for nothing", async () => {
    for (const [probability, lost] of [
      [0.01, 0],
      [0.3, 5_000],
    ] as const) {
      const { askFor, ask, model, settle } = unsure();
      model.usage = { ...fastUsage, completionTokens: 30 + lost, decodeMs: 1_000 + 30 * lost };
      await ask(queryAt(documentAt("const other = 1;⟦⟧\n")));
      await settle();
      const before = model.requests.length;
      model.foreseen = () => [{ text: "price", probability }];
      await askFor(restMs - 100);
      assert.equal(model.requests.length - before, 0, `${probability}`);
    }
  });

  for (const [what, parts] of [
    ["where it is not wanted", { restMs: undefined }],
    ["on battery", { saving: () => "quiet" }],
    ["for those who want it quieter", { settings: () => ({ ...defaultSettings, quietness: 0.9 }) }],
  ] as const satisfies readonly (readonly [string, object])[]) {
    it(`is left alone ${what}`, async () => {
      const { askFor, model } = unsure(parts as Partial<CompletionParts>);
      const { isOver } = await askFor(restMs - 50);
      assert.equal(isOver(), true);
      assert.equal(model.requests.length, 1);
    });
  }
});
