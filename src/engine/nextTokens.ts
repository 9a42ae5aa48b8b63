import type { LineEnds } from "./lineEnds.ts";
import type { GenerateOptions, TokenId, Vocabulary } from "./modelRuntime.ts";
import { PromptLookup } from "./promptLookup.ts";
import { prefixLength } from "./workLog.ts";

type Wanted = Pick<GenerateOptions, "lane" | "tokens" | "maxTokens" | "alternatives">;

/** A line that is longer in tokens is known by its end. */
const lineTokens = 64;

/** What can be told of the tokens that come next from those that stand there: which end the line, and a draft of them. */
export class NextTokens<T extends TokenId> {
  readonly #vocabulary: Pick<Vocabulary, "detokenize">;
  readonly #lineEnds: LineEnds<T> | undefined;
  readonly #lookup: PromptLookup<T> | undefined;
  /** Tokens that the answer may still have. */
  #left: number;
  /** The line that is being written, as far as it stands. */
  #line = "";

  /** @param mayDraft false where no token can be taken back from the model's state */
  constructor(
    { lane, tokens, maxTokens, alternatives }: Wanted,
    vocabulary: Pick<Vocabulary, "detokenize" | "fim">,
    lineEnds: LineEnds<T>,
    mayDraft: boolean,
  ) {
    const prompt = tokens as readonly T[];
    const prefix = prompt.slice(0, prefixLength(prompt, vocabulary.fim));
    this.#vocabulary = vocabulary;
    this.#left = maxTokens;
    // What stands near the cursor is the likeliest to be repeated, so it comes last.
    if (mayDraft) this.#lookup = new PromptLookup([...prompt.slice(prefix.length), ...prefix]);
    // Who wants alternatives wants the tokens as they are, and who reads a prompt has what its answer will need.
    if (lane !== "completion" || (maxTokens > 0 && alternatives !== 0)) return;
    this.#lineEnds = lineEnds;
    this.#line = this.#lineWith(prefix.slice(-lineTokens));
  }

  add(token: T): void {
    this.#left--;
    this.#lookup?.add(token);
    if (this.#lineEnds) this.#line = this.#lineWith([token]);
  }

  /** Families of tokens that may end the line behind `tokens`, each of those that spell the same. */
  endsAfter(tokens: readonly T[]): readonly (readonly T[])[] {
    if (!this.#lineEnds) return [];
    return this.#lineEnds.families(tokens.length === 0 ? this.#line : this.#lineWith(tokens));
  }

  /** Tokens that may come next, fewer than the answer may still have. */
  draft(): readonly T[] {
    return this.#lookup?.draft(this.#left - 1) ?? [];
  }

  /** Tells how many tokens of the last draft were right. */
  judged(draft: readonly T[], right: number): void {
    if (draft.length > 0) this.#lookup?.judged(draft.length, right);
  }

  #lineWith(tokens: readonly T[]): string {
    const text = this.#line + this.#vocabulary.detokenize(tokens, []);
    return text.slice(text.lastIndexOf("\n") + 1);
  }
}
