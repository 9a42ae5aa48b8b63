import type { TokenId, Vocabulary } from "./modelRuntime.ts";

/**
 * What statements mostly end with, as far as vocabularies have it in one token. Few, because node-llama-cpp compares each
 * token of the vocabulary with each of these: two hundred made every token a quarter slower.
 */
const ends = [";", ")", ");", "();", "()"];
const breaks = ["\n", "\n\n"];

/**
 * Tokens that spell the same text up to the end of a line. Vocabularies have `;` and `;` with a line end as tokens of
 * their own, so a model that is sure of the semicolon but not of what follows looks unsure of both.
 */
export class LineEnds<T extends TokenId> {
  /** All tokens of all families. */
  readonly tokens: T[] = [];
  readonly #families = new Map<T, readonly T[]>();

  constructor(vocabulary: Pick<Vocabulary, "tokenize">) {
    for (const end of ends) {
      const spelled = ["", ...breaks].flatMap((lineBreak) => {
        const [token, ...more] = vocabulary.tokenize(`${end}${lineBreak}`);
        return token !== undefined && more.length === 0 ? [token as T] : [];
      });
      // Vocabularies that take no heed of blanks have one token for several of these.
      const family = [...new Set(spelled)];
      if (family.length < 2) continue;
      for (const token of family) this.#families.set(token, family);
      this.tokens.push(...family);
    }
  }

  /** Those that spell the same as `token`, itself included. */
  familyOf(token: T): readonly T[] {
    return this.#families.get(token) ?? [token];
  }
}
