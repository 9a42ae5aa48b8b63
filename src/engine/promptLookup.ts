import type { TokenId } from "./modelRuntime.ts";

/** Each token of a draft costs about a sixth of a token that is written, and two of three are right. */
const shortest = 2;
/** A draft that was right to its end is followed by one of twice the length, up to this. */
const longest = 8;
/** More than any vocabulary has. */
const mostEntries = 2 ** 22;

/**
 * Drafts of what comes next: what stood behind the same two tokens before, in the prompt or in the answer so far. Prompt
 * lookup decoding (Saxena, 2023), by pairs and with lengths that follow how well drafts do.
 */
export class PromptLookup<T extends TokenId> {
  readonly #tokens: T[] = [];
  /** By pair of tokens, the place behind its latest occurrence. */
  readonly #behind = new Map<number, number>();
  #found: number | undefined;
  #length = shortest;

  /** @param tokens in the order in which what comes later is the likelier source */
  constructor(tokens: Iterable<T>) {
    for (const token of tokens) this.add(token);
  }

  add(token: T): void {
    const before = this.#tokens.at(-1);
    this.#tokens.push(token);
    if (before === undefined) return;
    const pair = before * mostEntries + token;
    this.#found = this.#behind.get(pair);
    this.#behind.set(pair, this.#tokens.length);
  }

  /** At most `most` tokens that may come next; none where the last two tokens are new. */
  draft(most: number): readonly T[] {
    if (this.#found === undefined) return [];
    return this.#tokens.slice(this.#found, this.#found + Math.max(0, Math.min(this.#length, most)));
  }

  /** Tells what became of the last draft of `length` tokens. */
  judged(length: number, right: number): void {
    this.#length = right < length ? shortest : Math.min(longest, 2 * length);
  }
}
