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
 * is asked for again, also after its beginning has been typed: as a draft that costs a fraction of writing it. Speculative
 * decoding (Leviathan et al., ICML 2023) with the model's own earlier answer in place of a smaller model's.
 */
export class Recall<T extends TokenId> {
  /** Newest first. */
  #answers: readonly Answer<T>[] = [];

  /**
   * Begins an answer, to which the caller adds its tokens.
   * @param prefixLength tokens of `prompt` in front of the cursor; all of them where it is no infill prompt
   */
  begin(prompt: readonly T[], prefixLength: number): T[] {
    const answer: Answer<T> = { prompt, prefixLength, tokens: [] };
    const before = this.#answers.filter(({ tokens }) => tokens.length > 0);
    const same = before.filter((other) => typedOf(other, prompt) === 0);
    const best = fullest(same);
    // While a word is typed its prompt stays, which is not to displace all others.
    const others = before.filter((other) => other === best || !same.includes(other));
    this.#answers = [answer, ...others].slice(0, kept);
    return answer.tokens;
  }

  /** Tokens with which an answer to `prompt` may begin, all that are known; none where it was not asked for lately. */
  of(prompt: readonly T[]): readonly T[] {
    const found = this.#answers.flatMap((answer) => {
      const typed = typedOf(answer, prompt);
      return typed === undefined || typed === answer.tokens.length
        ? []
        : [{ tokens: answer.tokens.slice(typed) }];
    });
    return fullest(found)?.tokens ?? [];
  }
}

/** The newest, which comes first, or one that goes on as it does where it was cut short. */
function fullest<A extends Pick<Answer<unknown>, "tokens">>(answers: readonly A[]): A | undefined {
  return answers.reduce<A | undefined>((best, each) => {
    const goesOn = best?.tokens.every((token, index) => token === each.tokens[index]) ?? true;
    return goesOn && each.tokens.length > (best?.tokens.length ?? 0) ? each : best;
  }, undefined);
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
