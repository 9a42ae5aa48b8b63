import assert from "node:assert/strict";
import { ledTokens } from "../../../src/engine/ledTokens.ts";
import type { TokenId } from "../../../src/engine/modelRuntime.ts";
import { UndraftedSequence } from "./undraftedSequence.ts";

/** A vocabulary of the given texts, and a model that likes them in that order. */
class Ranked extends UndraftedSequence {
  readonly #texts: readonly string[];
  readonly prompts: number[][] = [];

  constructor(texts: readonly string[]) {
    super();
    this.#texts = texts;
  }

  readonly vocabulary = {
    tokenize: (text: string): TokenId[] => {
      const token = this.#texts.indexOf(text);
      return token < 0 ? [900, 901] : [token];
    },
    detokenize: (tokens: readonly TokenId[]): string =>
      tokens.map((token) => this.#texts[token] ?? "").join(""),
    isSpecial: (token: TokenId): boolean => this.#texts[token]?.startsWith("<") ?? false,
  };

  async controlledEvaluate(
    input: (
      | TokenId
      | [TokenId, { generateNext: { logits?: { filter: { tokens: TokenId[]; includeTop: number } } } }]
    )[],
  ) {
    const last = input.at(-1);
    assert.ok(Array.isArray(last));
    this.prompts.push(input.map((each) => (Array.isArray(each) ? each[0] : each)));
    const { tokens = [], includeTop = 0 } = last[1].generateNext.logits?.filter ?? {};
    const ranked = this.#texts.map((_, token): [TokenId, number] => [token, -token]);
    const logits = new Map([
      ...ranked.slice(0, includeTop),
      ...ranked.filter(([token]) => tokens.includes(token)),
    ]);
    return input.map((each) =>
      each === last ? { next: { token: 0, totalLogitWeight: 2, logits } } : undefined,
    );
  }
}

async function written(model: Ranked, lead: string, count: number): Promise<{ text: string; first: number }> {
  const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, seed: undefined };
  let text = "";
  let first: number | undefined;
  let left = count;
  for await (const { token, probability } of ledTokens(
    model,
    [7],
    { sampling, alternatives: 0 },
    lead,
    model.vocabulary,
  )) {
    text += model.vocabulary.detokenize([token]);
    first ??= probability;
    if (--left === 0) break;
  }
  return { text, first: first ?? Number.NaN };
}

describe("answers that begin with a lead", () => {
  it("take the likeliest token that begins with it, though it goes on behind it", async () => {
    const { text } = await written(new Ranked(["zzz", '("', "(", "(a"]), "(", 2);
    assert.equal(text, '("zzz');
  });

  it("spell it with several tokens where none holds it whole", async () => {
    const { text } = await written(new Ranked(["zzz", " co", " comp", "mp", "mponent"]), " comp", 2);
    assert.equal(text, " comp");
  });

  it("give probabilities among what agrees with it", async () => {
    const { first } = await written(new Ranked(["zzz", "(", '("']), "(", 1);
    assert.ok(Math.abs(first - 1 / (1 + Math.exp(-1))) < 1e-9);
  });

  it("never begin with a special token, and end where nothing agrees", async () => {
    const { text, first } = await written(new Ranked(["<(>", "zzz"]), "<(", 3);
    assert.equal(text, "");
    assert.ok(Number.isNaN(first));
  });
});
