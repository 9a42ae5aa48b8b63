import type { LineEnds } from "./lineEnds.ts";
import type { TokenId, Vocabulary } from "./modelRuntime.ts";

/** A line that is longer in tokens is known by its end. */
const mostTokens = 64;

/** The line that is being written: what stands in front of the cursor in it, and the tokens that came since. */
export class CursorLine<T extends TokenId> {
  readonly #lineEnds: LineEnds<T>;
  readonly #vocabulary: Pick<Vocabulary, "detokenize">;
  #text = "";

  /** @param prefix tokens in front of the cursor; the last ones will do */
  constructor(lineEnds: LineEnds<T>, vocabulary: Pick<Vocabulary, "detokenize">, prefix: readonly T[]) {
    this.#lineEnds = lineEnds;
    this.#vocabulary = vocabulary;
    this.#append(prefix.slice(-mostTokens));
  }

  add(token: T): void {
    this.#append([token]);
  }

  /** Families of tokens that may end the line as it stands, each of those that spell the same. */
  ends(): readonly (readonly T[])[] {
    return this.#lineEnds.families(this.#text);
  }

  #append(tokens: readonly T[]): void {
    const text = this.#text + this.#vocabulary.detokenize(tokens, []);
    this.#text = text.slice(text.lastIndexOf("\n") + 1);
  }
}
