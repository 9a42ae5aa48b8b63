import assert from "node:assert/strict";
import { type AnswerSituation, answerSituation } from "../../../src/completion/answerSituation.ts";
import { outlookOf } from "../../../src/completion/outlook.ts";
import { Taste } from "../../../src/completion/taste.ts";
import { bench, documentAt, queryAt } from "./pipelineBench.ts";

const situation = (line: string): AnswerSituation =>
  answerSituation(documentAt(`const total = 1;\n${line}⟦⟧\n`), { maxLines: 6 }, "automatic");
const tokens = (weights: Readonly<Record<string, number>>) =>
  Object.entries(weights).map(([text, probability]) => ({ text, probability }));
const outlook = (line: string, weights: Readonly<Record<string, number>>, lead = "", quietness = 0.5) =>
  outlookOf(tokens(weights), lead, situation(line), quietness, new Taste()).kind;

describe("the outlook of an answer by its first token", () => {
  it("is sure, open or hopeless by its probability", () => {
    assert.equal(outlook("let x = ", { total: 0.95, other: 0.02 }), "sure");
    assert.equal(outlook("let x = ", { total: 0.6, other: 0.3 }), "open");
    assert.equal(outlook("let x = ", { one: 0.02, other: 0.01 }), "hopeless");
  });

  it("is hopeless where the model would write nothing", () => {
    assert.equal(outlook("let x = 1;", { "": 1 }), "hopeless");
  });

  it("goes by what agrees with the half-typed word", () => {
    const weights = { " other": 0.6, " total": 0.05, " together": 0.001 };
    assert.equal(outlook("let x = to", weights, " to"), "sure");
    assert.equal(outlook("let x = xy", weights, " xy"), "open");
  });

  it("is open where the first token brings nothing beyond what is typed, or white space", () => {
    assert.equal(outlook("let x = tot", { " to": 0.9 }, " tot"), "open");
    assert.equal(outlook("", { "\n": 0.99 }), "open");
  });

  it("is open without knowledge, and never hopeless for who wants everything", () => {
    assert.equal(outlook("let x = ", {}), "open");
    assert.equal(outlook("let x = ", { one: 0.02 }, "", 0), "open");
  });
});

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

  it("is decoded all the same when the user asks", async () => {
    const { ask, model } = bench(() => "total;");
    model.foreseen = () => [{ text: "total", probability: 0.01 }];
    assert.equal((await ask({ ...query(), trigger: "explicit" })).suggestions[0]?.text, "total;");
  });

  it("is decoded sooner where the first token is sure", async () => {
    const waits: number[] = [];
    for (const probability of [0.6, 0.95]) {
      const { service, model, clock, settle } = bench(() => "total;");
      model.foreseen = () => [{ text: "total", probability }];
      const asked = service.provide(query(), new AbortController().signal);
      let waited = 0;
      for (; model.requests.length === 0 && waited < 2_000; waited += 5) {
        await settle();
        clock.advance(5);
      }
      waits.push(waited);
      await asked;
    }
    const [usual = 0, sure = 0] = waits;
    assert.ok(sure > 30 && sure < 0.75 * usual, `${sure} and ${usual} ms`);
  });
});
