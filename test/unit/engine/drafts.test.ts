import assert from "node:assert/strict";
import { LineEnds } from "../../../src/engine/lineEnds.ts";
import { greedyTokens } from "../../../src/engine/llamaSampling.ts";
import { NextTokens } from "../../../src/engine/nextTokens.ts";
import { PromptLookup } from "../../../src/engine/promptLookup.ts";
import { Recall } from "../../../src/engine/recall.ts";
import { unitVocabulary } from "./fakeRuntime.ts";

const tokensOf = (text: string): number[] => [...text].map((unit) => unit.charCodeAt(0));
const textOf = (tokens: readonly number[]): string => String.fromCharCode(...tokens);

describe("drafts by prompt lookup", () => {
  it("are what followed the same two tokens the last time", () => {
    const lookup = new PromptLookup(tokensOf("abXYabZW.ab"));
    assert.equal(textOf(lookup.draft(8)), "ZW");
    lookup.add(66);
    assert.deepEqual(lookup.draft(8), []);
  });

  it("grow while they are right, and are short again after a wrong one", () => {
    const lookup = new PromptLookup(tokensOf("abcdefghijklmnop.ab"));
    assert.equal(textOf(lookup.draft(8)), "cd");
    lookup.judged(2, 2);
    assert.equal(textOf(lookup.draft(8)), "cdef");
    lookup.judged(4, 4);
    lookup.judged(8, 8);
    assert.equal(textOf(lookup.draft(99)), "cdefghij");
    assert.equal(textOf(lookup.draft(3)), "cde");
    assert.deepEqual(lookup.draft(-1), []);
    lookup.judged(8, 7);
    assert.equal(textOf(lookup.draft(8)), "cd");
  });
});

type Input = (number | [number, { generateNext: object }])[];

/** A model that writes `wish` behind `prompt`, in a KV cache that it keeps account of. */
class Writer {
  readonly #prompt: string;
  readonly #wish: string;
  held = "";
  batches: string[] = [];

  constructor(prompt: string, wish: string) {
    this.#prompt = prompt;
    this.#wish = wish;
  }

  get nextTokenIndex(): number {
    return this.held.length;
  }

  async controlledEvaluate(input: Input) {
    this.batches.push(textOf(input.map((each) => (Array.isArray(each) ? each[0] : each))));
    return input.map((each) => {
      this.held += String.fromCharCode(Array.isArray(each) ? each[0] : each);
      if (!Array.isArray(each)) return undefined;
      const all = this.#prompt + this.#wish;
      const token = all.startsWith(this.held) ? all.charCodeAt(this.held.length) : 0;
      return { next: { token, totalLogitWeight: 2, logits: new Map([[token, 1]]) } };
    });
  }

  async eraseContextTokenRanges([range]: { start: number; end: number }[]): Promise<void> {
    assert.ok(range);
    this.held = this.held.slice(0, range.start) + this.held.slice(range.end);
  }
}

type Ways = Partial<ConstructorParameters<typeof NextTokens<number>>[0]>;

async function write(
  prompt: string,
  wish: string,
  maxTokens: number,
  recall?: Recall<number>,
  ways: Ways = {},
) {
  const model = new Writer(prompt, wish);
  const tokens = tokensOf(prompt);
  const next = new NextTokens(
    { lane: "completion", tokens, maxTokens, alternatives: 0, ...ways },
    {
      ...unitVocabulary,
      fim: { prefix: 1, suffix: "|".charCodeAt(0), middle: 2, repository: null, file: null },
    },
    new LineEnds<number>(unitVocabulary),
    recall,
  );
  const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, seed: undefined };
  let text = "";
  const drafts: (number | undefined)[] = [];
  for await (const { token, probability, draft } of greedyTokens(
    model,
    tokens,
    { sampling, alternatives: 0 },
    next,
  )) {
    assert.equal(probability, 0.5);
    text += String.fromCharCode(token);
    drafts.push(draft);
    if (text.length === Math.min(maxTokens, wish.length)) break;
  }
  return { text, model, drafts };
}

describe("answers with drafts", () => {
  const prompt = "let total = first + second;\nlet to";

  it("are the same as without, in fewer batches", async () => {
    const wish = "tal = first * other";
    const plain = await write(prompt, wish, 40);
    const drafted = await write(prompt, wish, 40, new Recall());
    assert.equal(drafted.text, wish);
    assert.equal(plain.text, wish);
    assert.equal(plain.model.batches.length, wish.length);
    assert.ok(drafted.model.batches.length <= 13, drafted.model.batches.join("|"));
  });

  it("leave nothing of a wrong draft in the KV cache", async () => {
    const { text, model } = await write(prompt, "p = 1", 40, new Recall());
    assert.equal(text, "p = 1");
    assert.ok(model.batches[0]?.endsWith("ta"), "a draft of what followed the last time");
    assert.ok(`${prompt}p = 1`.startsWith(model.held), model.held);
  });

  it("are no longer than what is wanted", async () => {
    const { model } = await write(prompt, "tal = first", 2, new Recall());
    assert.ok(model.held.length <= prompt.length + 1, model.held);
  });
});

describe("answers that were written before", () => {
  const [prompt, wish] = ["const area = ", "width * height;"];

  it("are drafted when the same prompt comes again", async () => {
    const recall = new Recall<number>();
    const first = await write(prompt, wish, 40, recall);
    const again = await write(prompt, wish, 40, recall);
    assert.deepEqual([first.text, again.text], [wish, wish]);
    assert.equal(first.model.batches.length, wish.length);
    // The first token alone, then as many as nine at once.
    assert.equal(again.model.batches.length, 3);
    assert.deepEqual(again.drafts, [undefined, 8, ...Array(8).fill(0), 5, ...Array(4).fill(0)]);
  });

  it("are drafted from where they have been typed to, as long as they agree", async () => {
    const recall = new Recall<number>();
    await write(prompt, wish, 40, recall);
    const { text, model } = await write(`${prompt}wid`, "th * depth;", 40, recall);
    assert.equal(text, "th * depth;");
    assert.equal(model.batches[1], "th * heig");
    assert.equal(model.batches[2], "d", "nothing of what turned out otherwise is drafted again");
    assert.ok(`${prompt}width * depth;`.startsWith(model.held), model.held);
    const other = await write(`${prompt}len`, "gth;", 40, recall);
    assert.equal(other.model.batches[0], `${prompt}len`);
  });

  it("are drafted where the cursor has something behind it, and no further than the answer may go", async () => {
    const recall = new Recall<number>();
    await write(`${prompt}|);`, wish, 40, recall);
    const again = await write(`${prompt}wid|);`, "th * height;", 6, recall);
    assert.equal(again.model.batches[1], "th * ");
    assert.equal(again.text, "th * h");
  });

  it("are none for a chat, for what only reads and for what was held to names", async () => {
    for (const ways of [{ lane: "chat" }, { maxTokens: 0 }, { beginsWith: ["width"] }] as const) {
      const recall = new Recall<number>();
      await write(prompt, wish, 40, recall, ways);
      assert.deepEqual(recall.of(tokensOf(prompt)), []);
    }
  });

  it("are the newest, or what goes on as that does", () => {
    const recall = new Recall<number>();
    const keep = (text: string) => recall.begin(tokensOf("f("), 2).push(...tokensOf(text));
    for (const text of ["old, older", "new, newer", "new"]) keep(text);
    assert.equal(textOf(recall.of(tokensOf("f("))), "new, newer");
    recall.begin(tokensOf("g("), 2).push(...tokensOf("x"));
    for (let key = 0; key < 20; key++) keep("new");
    assert.equal(textOf(recall.of(tokensOf("g("))), "x", "one prompt does not displace the others");
  });

  it("are known by what stands behind the cursor too, and the longest of them is drafted", () => {
    const recall = new Recall<number>();
    const [prefix, suffix] = [tokensOf("f("), tokensOf("|)")];
    recall.begin([...prefix, ...suffix], prefix.length).push(...tokensOf("a, b"));
    recall.begin([...prefix, ...suffix], prefix.length).push(...tokensOf("a"));
    assert.equal(textOf(recall.of(tokensOf("f(|)"))), "a, b");
    assert.equal(textOf(recall.of(tokensOf("f(a,|)"))), " b");
    for (const other of ["f(|]", "g(|)", "f(b|)", "f(a, b, c|)", "f("])
      assert.deepEqual(recall.of(tokensOf(other)), []);
  });

  it("are forgotten after some others", () => {
    const recall = new Recall<number>();
    for (const name of "abcdefghij") recall.begin(tokensOf(name), 1).push(...tokensOf("();"));
    assert.deepEqual(recall.of(tokensOf("b")), []);
    assert.equal(textOf(recall.of(tokensOf("c"))), "();");
  });
});
