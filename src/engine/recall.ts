import type { TokenId } from "./modelRuntime.ts";

/** A pause after a few keys, or a deleted word typed again, comes back to one of the last few. */
const kept = 8;

interface Answer<T> {
  readonly prompt: readonly T[];
  /** Tokens of the prompt in front of the cursor. */
  readonly prefixLength: number;
  readonly tokens: T[];
}

/**
 * The answers that were written last, whole or not. A generation that was withdrawn or set aside writes the same when it
 * is asked for again, also after its beginning has been typed: as a draft that costs a fraction of writing it.
 */
export class Recall<T extends TokenId> {
  /** Newest first. */
  #answers: readonly Answer<T>[] = [];

  /** Begins an answer, to which the caller adds its tokens. */
  begin(prompt: readonly T[], prefixLength: number): T[] {
    const answer: Answer<T> = { prompt, prefixLength, tokens: [] };
    const before = this.#answers.filter(({ tokens }) => tokens.length > 0);
    this.#answers = [answer, ...before].slice(0, kept);
    return answer.tokens;
  }

  /** Tokens with which an answer to `prompt` may begin; none where it was not asked for lately. */
  of(prompt: readonly T[]): readonly T[] {
    const found = this.#answers
      .flatMap((answer) => {
        const typed = typedOf(answer, prompt);
        return typed === undefined ? [] : [answer.tokens.slice(typed)];
      })
      // One that was cut short says less.
      .sort((a, b) => b.length - a.length);
    return found[0] ?? [];
  }
}

/** How many tokens of the answer `prompt` has in front of its cursor, or undefined where it is another prompt. */
function typedOf<T extends TokenId>(
  { prompt: before, prefixLength, tokens }: Answer<T>,
  prompt: readonly T[],
): number | undefined {
  const typed = prompt.length - before.length;
  if (typed < 0 || typed > tokens.length) return undefined;
  const isSame = prompt.every((token, index) => {
    if (index < prefixLength) return token === before[index];
    if (index < prefixLength + typed) return token === tokens[index - prefixLength];
    return token === before[index - typed];
  });
  return isSame ? typed : undefined;
}
