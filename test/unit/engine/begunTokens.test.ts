import assert from "node:assert/strict";
import { begunTokens } from "../../../src/engine/begunTokens.ts";
import type { TokenId } from "../../../src/engine/modelRuntime.ts";
import { unitVocabulary } from "./fakeRuntime.ts";
import { UndraftedSequence } from "./undraftedSequence.ts";

/** A model that wants to write `wish`, then anything of `weights` by its letter's weight. */
class WishfulSequence extends UndraftedSequence {
  readonly asked: number[][] = [];
  readonly #wish: string;
  readonly #weights: Readonly<Record<string, number>>;
  #written = "";

  constructor(wish: string, weights: Readonly<Record<string, number>> = {}) {
    super();
    this.#wish = wish;
    this.#weights = weights;
  }

  async controlledEvaluate(
    input: (
      | TokenId
      | [TokenId, { generateNext: { logits?: { filter: { tokens: TokenId[]; includeTop: number } } } }]
    )[],
  ) {
    const last = input.at(-1);
    assert.ok(Array.isArray(last), "the last token asks for the next one");
    if (this.asked.length > 0) this.#written += String.fromCharCode(last[0]);
    const { tokens = [], includeTop = 0 } = last[1].generateNext.logits?.filter ?? {};
    this.asked.push(tokens);
    const units = [..."abcdefghijklmnopqrstuvwxyz.(); "];
    const ranked = units
      .map((unit): [TokenId, number] => [unit.charCodeAt(0), this.#logit(unit)])
      .sort((a, b) => b[1] - a[1]);
    const logits = new Map([
      ...ranked.slice(0, includeTop),
      ...ranked.filter(([token]) => tokens.includes(token)),
    ]);
    const output = { next: { token: ranked[0]?.[0] ?? 0, totalLogitWeight: 2, logits } };
    return input.map((each) => (each === last ? output : undefined));
  }

  #logit(unit: string): number {
    return unit === this.#wish[this.#written.length] ? 10 : (this.#weights[unit] ?? 0);
  }
}

async function written(
  sequence: WishfulSequence,
  beginnings: readonly string[],
  length: number,
): Promise<{ text: string; probabilities: number[] }> {
  const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, seed: undefined };
  const wanted = { sampling, alternatives: 0 };
  let text = "";
  const probabilities: number[] = [];
  for await (const { token, probability } of begunTokens(sequence, [1], wanted, beginnings, unitVocabulary)) {
    text += String.fromCharCode(token);
    probabilities.push(probability);
    if (text.length >= length) break;
  }
  return { text, probabilities };
}

describe("answers that begin with a name", () => {
  it("take the name that the model likes best, however much more it likes another text", async () => {
    const { text } = await written(new WishfulSequence("zzz", { l: 2, c: 1 }), [".list", ".call"], 5);
    assert.equal(text, ".list");
  });

  it("leave the model alone where it writes such a name by itself", async () => {
    const { text, probabilities } = await written(new WishfulSequence(".call(a);"), [".list", ".call"], 9);
    assert.equal(text, ".call(a);");
    assert.ok((probabilities[1] ?? 0) > 0.99, "the other names are unlikely");
  });

  it("do not lengthen a name that has ended", async () => {
    const { text } = await written(new WishfulSequence(".callx(", { "(": 5 }), [".call"], 6);
    assert.equal(text, ".call(");
  });

  it("let the model choose between a name and a longer one", async () => {
    assert.equal((await written(new WishfulSequence(".getall()"), [".get", ".getall"], 9)).text, ".getall()");
    assert.equal((await written(new WishfulSequence(".get()"), [".get", ".getall"], 6)).text, ".get()");
  });

  it("may end with the name", async () => {
    assert.equal((await written(new WishfulSequence(".call"), [".call"], 6)).text.slice(0, 5), ".call");
    const onlyLetters = new WishfulSequence(
      ".call",
      Object.fromEntries([..."abcdefghijklmnopqrstuvwxyz"].map((unit) => [unit, 3])),
    );
    assert.equal((await written(onlyLetters, [".call"], 9)).text, ".call");
  });

  it("are certain of what has no alternative", async () => {
    const { probabilities } = await written(new WishfulSequence(""), [".a"], 2);
    assert.deepEqual(probabilities, [1, 1]);
  });
});
