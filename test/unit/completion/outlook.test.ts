import assert from "node:assert/strict";
import { type AnswerSituation, answerSituation } from "../../../src/completion/answerSituation.ts";
import type { CompletionParts } from "../../../src/completion/completionParts.ts";
import { outlookOf } from "../../../src/completion/outlook.ts";
import { Taste } from "../../../src/completion/taste.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { bench, defaultSettings, documentAt, fastUsage, queryAt } from "./pipelineBench.ts";

const situation = (line: string): AnswerSituation =>
  answerSituation(documentAt(`const total = 1;\n${line}⟦⟧\n`), { maxLines: 6 }, "automatic");
const tokens = (weights: Readonly<Record<string, number>>) =>
  Object.entries(weights).map(([text, probability]) => ({ text, probability }));
const outlook = (line: string, weights: Readonly<Record<string, number>>, lead = "", quietness = 0.5) => {
  const told = outlookOf(tokens(weights), lead, situation(line), quietness, new Taste());
  return told.kind === "hopeless" ? told.kind : told.sureness;
};

describe("the outlook of an answer by its first token", () => {
  it("is sure, unsure or hopeless by its probability", () => {
    assert.equal(outlook("let x = ", { total: 0.95, other: 0.02 }), 1);
    const between = outlook("let x = ", { total: 0.65, other: 0.3 });
    assert.ok(typeof between === "number" && between > 0.5 && between < 0.9, `${between}`);
    assert.equal(outlook("let x = ", { one: 0.02, other: 0.01 }), "hopeless");
  });

  it("is hopeless where the model would write nothing", () => {
    assert.equal(outlook("let x = 1;", { "": 1 }), "hopeless");
    assert.equal(outlook("let x = 1;", { "\n": 0.6, " //": 0.2 }), "hopeless");
    assert.equal(outlook("if (a) {", { "\n": 0.6 }), 0, "what stands below is wanted too");
  });

  it("goes by what agrees with the half-typed word", () => {
    const weights = { " other": 0.6, " total": 0.05, " together": 0.001 };
    assert.equal(outlook("let x = to", weights, " to"), 1);
    assert.equal(outlook("let x = xy", weights, " xy"), 0);
  });

  it("is open where the first token brings nothing beyond what is typed, or white space", () => {
    assert.equal(outlook("let x = tot", { " to": 0.9 }, " tot"), 0);
    assert.equal(outlook("", { "\n": 0.99 }), 0);
  });

  it("is open without knowledge, and never hopeless for who wants everything", () => {
    assert.equal(outlook("let x = ", {}), 0);
    assert.equal(outlook("let x = ", { one: 0.02 }, "", 0), 0);
  });
});

describe("what was written to the same prompt before", () => {
  const written = tokens({ " total": 0.9, Price: 0.2, ";": 0.9 });
  const told = (line: string, lead: string, before = written) => {
    const outlook = outlookOf(tokens({ " total": 0.8 }), lead, situation(line), 0.5, new Taste(), before);
    return outlook.kind === "hopeless" ? outlook.text : outlook.sureness;
  };

  it("makes hopeless what begins well and goes on unlikely", () => {
    assert.equal(told("let x = ", "", []), 1);
    assert.equal(told("let x = ", ""), " totalPrice;");
    assert.equal(told("let x = to", " to"), "talPrice;");
  });

  it("makes what begins well only as sure as all of it", () => {
    const sureness = told("let x = ", "", tokens({ " total": 0.9, Price: 0.7, ";": 0.9 }));
    assert.ok(typeof sureness === "number" && sureness > 0.2 && sureness < 0.7, `${sureness}`);
  });

  it("says nothing where the answer begins otherwise now", () => {
    assert.equal(told("let x = ", "", tokens({ " other": 0.9, Price: 0.2 })), 1);
  });

  it("keeps a word that turned out unlikely from being written again at each of its keys", async () => {
    const { ask, model } = bench(() => " totalPrice;\n", { tokenHealing: true });
    model.probabilityOf = (character) => (character === "P" ? 0.05 : 1);
    model.foreseen = () => [{ text: " ", probability: 1 }];
    for (const typed of ["to", "tot", "tota"])
      await ask(queryAt(documentAt(`const total = 1;\nlet x = ${typed}⟦⟧\n`)));
    assert.equal(model.requests.length, 1);
  });

  it("says nothing of what another model would write", async () => {
    const { ask, model, service } = bench(() => " totalPrice;\n", { tokenHealing: true });
    model.probabilityOf = (character) => (character === "P" ? 0.05 : 1);
    model.foreseen = () => [{ text: " ", probability: 1 }];
    const at = (typed: string) => queryAt(documentAt(`const total = 1;\nlet x = ${typed}⟦⟧\n`));
    await ask(at("to"));
    service.forget();
    model.probabilityOf = () => 1;
    assert.equal((await ask(at("tot"))).suggestions[0]?.text, "alPrice;");
  });
});

/** A machine that is known to write faster than people type, and how often it has been asked. */
async function fastBench(script: Parameters<typeof bench>[0], parts: Partial<CompletionParts> = {}) {
  const all = bench(() => "total;", parts);
  all.model.usage = fastUsage;
  await all.ask(queryAt(documentAt("const total = 1;\nlet first = ⟦⟧\n", { uri: "file:///w/first.ts" })));
  await all.settle();
  all.model.script = script;
  return { ...all, before: all.model.requests.length };
}

/** Milliseconds until the model is asked once more than `before`. */
async function untilAsked(
  { model, clock, settle }: ReturnType<typeof bench>,
  before: number,
): Promise<number> {
  let waited = 0;
  for (; model.requests.length === before && waited < 2_000; waited += 5) {
    await settle();
    clock.advance(5);
  }
  return waited;
}

describe("a prompt that was read ahead", () => {
  const query = () => queryAt(documentAt("const total = 1;\nlet x = ⟦⟧\n"));

  it("starts no decoding where the first token is hopeless, and says why", async () => {
    const { ask, model, service } = bench(() => "anything;");
    model.foreseen = () => [{ text: "anything", probability: 0.01 }];
    assert.deepEqual((await ask(query())).outcome, { kind: "silent", reason: "low-confidence" });
    assert.equal(model.requests.length, 0);
    const [trace] = service.traces;
    assert.equal(trace?.rawText, "anything");
    assert.ok(trace?.prompt?.prefix.endsWith("let x = "));
    assert.deepEqual((await ask(query())).outcome, { kind: "silent", reason: "low-confidence" });
    assert.equal(model.prefills.length, 1, "the place is known");
  });

  it("is looked at anew when another model has come", async () => {
    const { ask, model, service } = bench(() => "total;");
    let probability = 0.01;
    model.foreseen = () => [{ text: "total", probability }];
    assert.equal((await ask(query())).outcome.kind, "silent");
    probability = 0.95;
    assert.equal((await ask(query())).outcome.kind, "silent", "the same prompt is not read again");
    service.forget();
    assert.equal((await ask(query())).suggestions[0]?.text, "total;");
  });

  it("is read again where the first reading failed", async () => {
    const { ask, model } = bench(() => "total;");
    model.foreseen = () => undefined;
    await ask(query());
    await ask({ ...query(), document: documentAt("const total = 1;\nlet x = ⟦⟧\n\n") });
    assert.equal(model.prefills.length, 2);
  });

  it("goes on being read where the next key leaves it as it is, and gives way to another one", async () => {
    const { model, service, settle } = bench(() => "total;", { tokenHealing: true });
    model.slowPrefill = true;
    const key = async (line: string) => {
      const typed = new AbortController();
      const asked = service.provide(queryAt(documentAt(`const total = 1;\n${line}⟦⟧\n`)), typed.signal);
      await settle();
      typed.abort();
      await asked;
    };
    for (const line of ["let x = tot", "let x = tota", "let x = total"]) await key(line);
    assert.deepEqual([model.prefills.length, model.abortedPrefills.length], [1, 0]);
    await key("let x = total + t");
    await settle();
    assert.deepEqual([model.prefills.length, model.abortedPrefills.length], [2, 1]);
  });

  it("is answered by the model where reading fails altogether, and no rejection is left over", async () => {
    const { ask, model } = bench(() => "total;");
    model.prefill = () => Promise.reject(new Error("no model is chosen"));
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    try {
      assert.equal((await ask(query())).suggestions[0]?.text, "total;");
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(unhandled, []);
    } finally {
      process.off("unhandledRejection", onUnhandled);
    }
  });

  it("is decoded all the same when the user asks", async () => {
    const { ask, model } = bench(() => "total;");
    model.foreseen = () => [{ text: "total", probability: 0.01 }];
    assert.equal((await ask({ ...query(), trigger: "explicit" })).suggestions[0]?.text, "total;");
  });

  it("says at once that nothing comes behind a line that is whole", async () => {
    const { ask, model } = bench(() => "\n");
    model.foreseen = () => [{ text: "\n", probability: 0.9 }];
    const whole = queryAt(documentAt("let x = 1;⟦⟧\n"));
    assert.deepEqual((await ask(whole)).outcome, { kind: "silent", reason: "empty-answer" });
    assert.equal(model.requests.length, 0);
  });

  it("waits for the usual pause where the machine writes slower than the typist", async () => {
    const waits: number[] = [];
    for (const perSecond of [30, 6]) {
      const all = bench(() => "total;");
      const { service, model, settle, ask } = all;
      model.usage = { completionTokens: 30, decodeMs: 30_000 / perSecond };
      await ask(queryAt(documentAt("const total = 1;\nlet first = ⟦⟧\n")));
      await settle();
      const before = model.requests.length;
      model.foreseen = () => [{ text: "total", probability: 0.95 }];
      const asked = service.provide(query(), new AbortController().signal);
      waits.push(await untilAsked(all, before));
      await asked;
    }
    const [fast = 0, slow = 0] = waits;
    assert.ok(fast > 0 && slow > 1.3 * fast, `${fast} and ${slow} ms`);
  });

  it("waits for the usual pause when too much was decoded for nothing", async () => {
    const all = await fastBench(() => "other(1);");
    const { service, model, clock, settle } = all;
    model.foreseen = () => [{ text: "other", probability: 0.95 }];
    const waitFor = async (name: string) => {
      const before = model.requests.length;
      const typed = new AbortController();
      const document = documentAt(`const total = 1;\nlet ${name} = ⟦⟧\n`);
      const asked = service.provide(queryAt(document), typed.signal);
      const waited = await untilAsked(all, before);
      await settle();
      typed.abort();
      clock.advance(500);
      await asked;
      return waited;
    };
    model.probability = 0.2;
    const first = await waitFor("a");
    for (let i = 0; i < 60; i++) await waitFor(`b${i}`);
    const last = await waitFor("c");
    assert.ok(last > 1.3 * first, `${first}, then ${last} ms`);
  });

  it("is decoded sooner where the first token is sure", async () => {
    const waits: number[] = [];
    for (const probability of [0.35, 0.95]) {
      const eager = { ...defaultSettings, quietness: 0.25 };
      const all = await fastBench(() => "total;", { settings: () => eager });
      const { service, model, before } = all;
      model.foreseen = () => [{ text: "total", probability }];
      const asked = service.provide(query(), new AbortController().signal);
      waits.push(await untilAsked(all, before));
      await asked;
    }
    const [usual = 0, sure = 0] = waits;
    assert.ok(sure > 30 && sure < 0.75 * usual, `${sure} and ${usual} ms`);
  });
});

describe("what begins surely and turns out unsure while the user types", () => {
  for (const [beginning, isWritten, ending] of [
    ["lookupTable", true, "is written to its end where its beginning can be shown"],
    ["look", false, "is set aside where its beginning is too short to be shown"],
  ] as const)
    it(ending, async () => {
      const all = await fastBench(() => `${beginning}.get(key);`);
      const { service, model, clock, settle, before } = all;
      model.split = (text) => text.match(/\W?\w+|\W/g) ?? [];
      model.foreseen = () => [{ text: beginning, probability: 0.95 }];
      model.probabilityOf = (token) => (token === ".get" ? 0.5 : 1);
      const { written } = model;
      const asked = service.provide(
        queryAt(documentAt("const total = 1;\nlet x = ⟦⟧\n")),
        new AbortController().signal,
      );
      assert.ok((await untilAsked(all, before)) < 100, "before the pause has ended");
      await settle();
      const length = `${beginning}.get${isWritten ? "(key)" : ""}`.length;
      assert.ok(model.written - written >= length && model.written - written <= length + 2);
      clock.advance(400);
      await settle();
      assert.equal((await asked).suggestions[0]?.text.startsWith(beginning) ?? false, isWritten);
    });
});

describe("a member that turned out unlikely", () => {
  it("is not written early again while it is typed", async () => {
    const members = { owner: "Client", members: [{ name: "quibbleOver" }], isComplete: true };
    const hints = {
      offered: async ({ prefix }: { prefix: string }) => {
        const typed = /\.(\w*)$/.exec(prefix)?.[1];
        return typed === undefined ? undefined : { members, typed, source: "language server" };
      },
    };
    const all = await fastBench(() => ".quibbleOver(1);", { hints, holdToMembers: true });
    const { model, service, settle } = all;
    model.probabilityOf = (character) => (character === "i" ? 0.3 : 1);
    const waits: number[] = [];
    for (const typed of ["", "q", "qu"]) {
      const before = model.requests.length;
      const key = new AbortController();
      const query = queryAt(documentAt(`const client = 1;\nclient.${typed}⟦⟧\n`));
      const asked = service.provide(query, key.signal);
      waits.push(await untilAsked(all, before));
      await settle();
      key.abort();
      await asked;
    }
    const [first = 0, ...later] = waits;
    assert.ok(first < Math.min(...later) - 20, waits.join(", "));
  });
});

describe("a sure line that turns out to be a head", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());
  const head = "ction area(side: number): number {";
  const whole = `${head}\n  return side * side;\n}`;
  const at = (typed: string) => queryAt(documentAt(`const one = 1;\n\nfun${typed}⟦⟧\n`));

  it("is broken off before its block, which a pause asks for, and not begun again while it is typed", async () => {
    const { service, model, clock, settle, before } = await fastBench(
      ({ prefix }) => `${whole.slice(prefix.endsWith("c") ? 1 : 0)}\n`,
      { syntax },
    );
    await syntax.atCursor("warm", "typescript", "const a = 1;", "").then((cursor) => cursor?.dispose());
    model.foreseen = () => [{ text: "ction", probability: 0.95 }];
    const waitFor = async (count: number) => {
      for (let waited = 0; model.requests.length < count && waited < 2_000; waited += 5) {
        await settle();
        await new Promise((resolve) => setImmediate(resolve));
        clock.advance(5);
      }
      await settle();
    };
    const first = new AbortController();
    const written = model.written;
    void service.provide(at(""), first.signal);
    await waitFor(before + 1);
    assert.ok(
      model.written - written <= head.length + 1,
      `${model.written - written} characters before the pause`,
    );
    first.abort();
    const since = clock.now();
    const second = service.provide(at("c"), new AbortController().signal);
    await waitFor(before + 2);
    assert.ok(clock.now() - since > 100, `${clock.now() - since} ms: the usual pause`);
    assert.deepEqual((await second).outcome, { kind: "shown", source: "model", text: whole.slice(1) });
    assert.equal(model.requests.length, before + 2);
  });
});
