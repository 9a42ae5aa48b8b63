import type { LineEnds } from "./lineEnds.ts";
import type { GenerateOptions, TokenId, Vocabulary } from "./modelRuntime.ts";
import { PromptLookup } from "./promptLookup.ts";
import type { Recall } from "./recall.ts";
import { prefixLength } from "./workLog.ts";

type Wanted = Pick<GenerateOptions, "lane" | "tokens" | "maxTokens" | "alternatives" | "beginsWith">;

/** A line that is longer in tokens is known by its end. */
const lineTokens = 64;
/** Most tokens of a draft from what was written before, which is mostly right to its end. */
const recalledTokens = 8;

/** What can be told of the tokens that come next from those that stand there: which end the line, and a draft of them. */
export class NextTokens<T extends TokenId> {
  readonly #vocabulary: Pick<Vocabulary, "detokenize">;
  readonly #lineEnds: LineEnds<T> | undefined;
  readonly #lookup: PromptLookup<T> | undefined;
  /** What comes next when the answer goes on as one did before. */
  #recalled: readonly T[] = [];
  readonly #written: T[] = [];
  /** Tokens that the answer may still have. */
  #left: number;
  /** The line that is being written, as far as it stands. */
  #line = "";

  /** @param recall undefined where no token can be taken back from the model's state: nothing is drafted then */
  constructor(
    { lane, tokens, maxTokens, alternatives, beginsWith = [] }: Wanted,
    vocabulary: Pick<Vocabulary, "detokenize" | "fim">,
    lineEnds: LineEnds<T>,
    recall: Recall<T> | undefined,
  ) {
    const prompt = tokens as readonly T[];
    const prefix = prompt.slice(0, prefixLength(prompt, vocabulary.fim));
    this.#vocabulary = vocabulary;
    this.#left = maxTokens;
    // What stands near the cursor is the likeliest to be repeated, so it comes last.
    if (recall) this.#lookup = new PromptLookup([...prompt.slice(prefix.length), ...prefix]);
    // What is held to names is not what the model writes by itself.
    if (recall && lane === "completion" && maxTokens > 0 && beginsWith.length === 0) {
      this.#recalled = recall.of(prompt);
      this.#written = recall.begin(prompt, prefix.length);
    }
    // Who wants alternatives wants the tokens as they are, and who reads a prompt has what its answer will need.
    if (lane !== "completion" || (maxTokens > 0 && alternatives !== 0)) return;
    this.#lineEnds = lineEnds;
    this.#line = this.#lineWith(prefix.slice(-lineTokens));
  }

  add(token: T): void {
    this.#left--;
    this.#lookup?.add(token);
    this.#written.push(token);
    this.#recalled = token === this.#recalled[0] ? this.#recalled.slice(1) : [];
    if (this.#lineEnds) this.#line = this.#lineWith([token]);
  }

  /** Families of tokens that may end the line behind `tokens`, each of those that spell the same. */
  endsAfter(tokens: readonly T[]): readonly (readonly T[])[] {
    if (!this.#lineEnds) return [];
    return this.#lineEnds.families(tokens.length === 0 ? this.#line : this.#lineWith(tokens));
  }

  /** Tokens that may come next, fewer than the answer may still have. */
  draft(): readonly T[] {
    const most = Math.max(0, this.#left - 1);
    if (this.#isRecalling) return this.#recalled.slice(0, Math.min(recalledTokens, most));
    return this.#lookup?.draft(most) ?? [];
  }

  /** Tells how many tokens of the last draft were right. */
  judged(draft: readonly T[], right: number): void {
    // A recalled one says nothing of how well the text repeats itself.
    if (draft.length > 0 && !this.#isRecalling) this.#lookup?.judged(draft.length, right);
  }

  /** Not for the first token, which tells how fast the prompt is read, and comes sooner without. */
  get #isRecalling(): boolean {
    return this.#written.length > 0 && this.#recalled.length > 0;
  }

  #lineWith(tokens: readonly T[]): string {
    const text = this.#line + this.#vocabulary.detokenize(tokens, []);
    return text.slice(text.lastIndexOf("\n") + 1);
  }
}
