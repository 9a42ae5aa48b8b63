import assert from "node:assert/strict";
import { likeliestTokens } from "../../../src/engine/likeliestTokens.ts";
import { LineEnds } from "../../../src/engine/lineEnds.ts";
import type { GenerateOptions } from "../../../src/engine/modelRuntime.ts";
import { NextTokens } from "../../../src/engine/nextTokens.ts";
import { Recall } from "../../../src/engine/recall.ts";
import { ToldNext } from "../../../src/engine/toldNext.ts";
import { unitVocabulary } from "./fakeRuntime.ts";

const tokensOf = (text: string): number[] => [...text].map((unit) => unit.charCodeAt(0));
const textOf = (tokens: readonly number[]): string => String.fromCharCode(...tokens);

interface Asked {
  logits?: { filter: { tokens: number[]; includeTop: number } };
}
type Input = (number | [number, { generateNext: object }])[];

/** A model that writes `wish` behind `prompt`, and finds ";" and ";!" next most likely everywhere. */
class Writer {
  readonly #all: string;
  contextTokens: number[] = [];
  batches: string[] = [];

  constructor(prompt: string, wish: string) {
    this.#all = prompt + wish;
  }

  get nextTokenIndex(): number {
    return this.contextTokens.length;
  }

  async controlledEvaluate(input: Input) {
    this.batches.push(textOf(input.map((each) => (Array.isArray(each) ? each[0] : each))));
    return input.map((each) => {
      this.contextTokens.push(Array.isArray(each) ? each[0] : each);
      if (!Array.isArray(each)) return undefined;
      const held = textOf(this.contextTokens);
      const token = this.#all.startsWith(held) ? this.#all.charCodeAt(held.length) : 0;
      const { logits } = each[1].generateNext as Asked;
      const asked = (logits?.filter.tokens ?? []).map((other): [number, number] => [other, -3]);
      return { next: { token, totalLogitWeight: 2, logits: new Map([...asked, [token, 0]]) } };
    });
  }

  async eraseContextTokenRanges([range]: { start: number; end: number }[]): Promise<void> {
    assert.ok(range);
    this.contextTokens.splice(range.start, range.end - range.start);
  }
}

const prompt = "let a = one;\nlet b = ";
const wish = "one + two;\n";

function optionsFor(more: Partial<GenerateOptions> = {}): GenerateOptions {
  return {
    lane: "completion",
    tokens: tokensOf(prompt),
    maxTokens: 8,
    sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, seed: undefined },
    form: undefined,
    alternatives: 0,
    breathe: async () => {},
    ...more,
  };
}

/** As the runtime does it: the prompt's last token is evaluated (again) unless what follows it was told. */
async function run(told: ToldNext<number>, model: Writer, more: Partial<GenerateOptions> = {}) {
  const options = optionsFor(more);
  const begins = told.begins(options, model);
  if (!begins) model.contextTokens = options.tokens.slice(0, -1);
  model.batches = [];
  const next = new NextTokens(options, unitVocabulary, new LineEnds<number>(unitVocabulary), new Recall());
  const steps = told.steps(options, model, unitVocabulary, begins);
  const last = options.tokens.slice(-1);
  const events = [];
  for await (const event of likeliestTokens(steps, last, options, unitVocabulary, next)) {
    events.push(event);
    if (events.length >= Math.max(1, options.maxTokens)) break;
  }
  return {
    begins,
    text: textOf(events.map(({ token }) => token)),
    probabilities: events.map(({ probability }) => probability),
    batches: model.batches,
    held: textOf(model.contextTokens),
  };
}

const reading = { maxTokens: 0, alternatives: 5 } as const;

describe("what was told of the token behind a prompt", () => {
  for (const [what, more] of [
    ["", {}],
    [" that is held to a lead", { lead: "on" }],
  ] as const) {
    it(`begins an answer${what}, which is the same as without and evaluates nothing twice`, async () => {
      const plain = await run(new ToldNext<number>(), new Writer(prompt, wish), more);
      const told = new ToldNext<number>();
      const model = new Writer(prompt, wish);
      const read = await run(told, model, { ...reading, ...more });
      assert.equal(read.text, "o");
      const answer = await run(told, model, more);
      assert.equal(answer.begins, true);
      assert.equal(answer.text, plain.text);
      assert.deepEqual(answer.probabilities, plain.probabilities);
      assert.equal(answer.held, plain.held);
      assert.equal(plain.batches[0]?.[0], " ", "the prompt's last token");
      assert.ok(!answer.batches.join("").includes(" o"), JSON.stringify(answer.batches));
    });
  }

  it("is what another reading of the prompt gets too", async () => {
    const told = new ToldNext<number>();
    const model = new Writer(prompt, wish);
    const first = await run(told, model, reading);
    const second = await run(told, model, reading);
    assert.deepEqual(second.batches, []);
    assert.equal(second.text, first.text);
  });

  it("is not enough where something else is asked for, and the token is evaluated after all", async () => {
    const told = new ToldNext<number>();
    const model = new Writer(prompt, wish);
    await run(told, model, reading);
    const answer = await run(told, model, { beginsWith: ["one", "zero"] });
    assert.equal(answer.begins, true);
    assert.equal(answer.text.slice(0, 3), "one");
    assert.equal(answer.batches[0], " ");
    assert.equal(answer.held.startsWith(`${prompt}one`), true);
  });

  it("is not enough for more alternatives than were read", async () => {
    const told = new ToldNext<number>();
    const model = new Writer(prompt, wish);
    await run(told, model, reading);
    assert.deepEqual((await run(told, model, { maxTokens: 1, alternatives: 64 })).batches, []);
    await run(told, model, reading);
    assert.deepEqual((await run(told, model, { maxTokens: 1, alternatives: 65 })).batches, [" "]);
  });

  for (const [what, more, change] of [
    ["another prompt", { tokens: tokensOf(`${prompt}x`) }, undefined],
    ["chat", { lane: "chat" }, undefined],
    ["an answer that is drawn", { sampling: { ...optionsFor().sampling, temperature: 0.5 } }, undefined],
    ["an answer with a form", { form: { type: "json_object" } }, undefined],
    ["a prompt that is only evaluated", { maxTokens: 0, alternatives: undefined }, undefined],
    ["a sequence that has gone on", {}, (model: Writer) => model.contextTokens.push(1)],
  ] as const) {
    it(`says nothing of ${what}`, async () => {
      const told = new ToldNext<number>();
      const model = new Writer(prompt, wish);
      await run(told, model, reading);
      change?.(model);
      assert.equal(told.begins(optionsFor(more), model), false);
    });
  }
});
