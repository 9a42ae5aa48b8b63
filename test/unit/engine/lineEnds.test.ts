import assert from "node:assert/strict";
import { LineEnds } from "../../../src/engine/lineEnds.ts";
import { greedyTokens } from "../../../src/engine/llamaSampling.ts";
import { NextTokens } from "../../../src/engine/nextTokens.ts";
import { UndraftedSequence } from "./undraftedSequence.ts";

const texts = [";", ";\n", " +", ")", ");\n", "a", "(b", "{'", "'})", "'})\n", "\n", "x: &'a y"];
const tokenize = (text: string): number[] => {
  const token = texts.indexOf(text);
  return token < 0 ? [900, 901] : [token];
};
/** Shares of one; the second position likes `a` best. */
const shares = [
  [0.4, 0.3, 0.2, 0.05, 0.03, 0.02],
  [0.1, 0.1, 0.1, 0.1, 0.1, 0.5],
];

type Input = (number | [number, { generateNext: { logits?: { filter: Filter } } }])[];
interface Filter {
  readonly tokens: number[];
  readonly includeTop: number;
  readonly includeMax?: boolean;
}

/** Gives logits of what was asked for, as node-llama-cpp does. */
class Shares extends UndraftedSequence {
  #position = 0;

  async controlledEvaluate(input: Input) {
    const last = input.at(-1);
    assert.ok(Array.isArray(last));
    const { tokens = [], includeTop = 0, includeMax } = last[1].generateNext.logits?.filter ?? {};
    const ranked = (shares[this.#position++] ?? [])
      .map((share, token): [number, number] => [token, share])
      .sort((a, b) => b[1] - a[1]);
    const [best] = ranked;
    assert.ok(best);
    const wanted = ranked.filter(
      ([token], rank) => tokens.includes(token) || rank < includeTop || (includeMax && rank === 0),
    );
    const logits = new Map(wanted.map(([token, share]) => [token, Math.log(share)]));
    return input.map((each) =>
      each === last ? { next: { token: best[0], totalLogitWeight: 1 / best[1], logits } } : undefined,
    );
  }
}

const vocabulary = {
  tokenize,
  detokenize: (tokens: readonly number[]) => tokens.map((token) => texts[token] ?? "").join(""),
  fim: undefined,
};
const nextAfter = (prefix: readonly number[]): NextTokens<number> =>
  new NextTokens(
    { lane: "completion", tokens: prefix, maxTokens: 9, alternatives: 0 },
    vocabulary,
    new LineEnds(vocabulary),
    undefined,
  );

async function probabilities(alternatives: number, next?: NextTokens<number>) {
  const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, seed: undefined };
  const told = [];
  for await (const event of greedyTokens(new Shares(), [7], { sampling, alternatives }, next)) {
    told.push(event);
    if (told.length === 2) break;
  }
  return told.map(({ token, probability, alternatives: others }) => ({
    text: texts[token],
    probability: Math.round(100 * probability) / 100,
    others: others.map((other) => texts[other.token]),
  }));
}

describe("probabilities at a line's end", () => {
  const endsAfter = (...prefix: string[]): (string | undefined)[][] =>
    nextAfter(prefix.map((text) => texts.indexOf(text)))
      .endsAfter([])
      .map((family) => family.map((token) => texts[token]));

  it("know what may end the line, by the brackets and quotes that are open", () => {
    assert.deepEqual(endsAfter("a"), [[";", ";\n"]]);
    // `);` without a line end is no token of this vocabulary, so there is nothing to add to the other.
    assert.deepEqual(endsAfter("(b"), []);
    assert.deepEqual(endsAfter("(b", "{'", "a"), [["'})", "'})\n"]]);
    assert.deepEqual(endsAfter("(b", "{'", "(b"), [["'})", "'})\n"]], "in a string, brackets are text");
    assert.deepEqual(endsAfter("(b", ")"), [[";", ";\n"]]);
    assert.deepEqual(endsAfter("x: &'a y"), [[";", ";\n"]], "a lifetime opens no string");
    assert.deepEqual(endsAfter("(b", "\n"), [[";", ";\n"]], "a line of its own");
  });

  it("count a token once where a vocabulary takes no heed of line ends", () => {
    const heedless = new LineEnds<number>({ tokenize: (text) => tokenize(text.trim()) });
    assert.deepEqual(heedless.families("a"), []);
  });

  it("are those of the text, whichever token spells it; other tokens keep their own", async () => {
    assert.deepEqual(await probabilities(0, nextAfter([])), [
      { text: ";", probability: 0.7, others: [] },
      { text: "a", probability: 0.5, others: [] },
    ]);
  });

  it("are the tokens' own where the line is not known, and alternatives are the likeliest", async () => {
    assert.deepEqual(await probabilities(2), [
      { text: ";", probability: 0.4, others: [";", ";\n"] },
      { text: "a", probability: 0.5, others: ["a", ";"] },
    ]);
  });
});
