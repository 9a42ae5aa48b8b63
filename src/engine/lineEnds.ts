import type { TokenId, Vocabulary } from "./modelRuntime.ts";

const closerOf: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const quotes = new Set(['"', "'", "`"]);
const breaks = ["", "\n", "\n\n"];

/**
 * Tokens that spell the same text up to the end of a line. Vocabularies have `;` and `;` with a line end as tokens of
 * their own, so a model that is sure of the semicolon but not of what follows looks unsure of both. Looked up are only
 * those that may end the line as it stands, because node-llama-cpp compares each token of the vocabulary with each that is
 * asked for: two hundred made every token a quarter slower.
 */
export class LineEnds<T extends TokenId> {
  readonly #vocabulary: Pick<Vocabulary, "tokenize">;
  /** By the brackets and quotes that are open. */
  readonly #known = new Map<string, readonly (readonly T[])[]>();

  constructor(vocabulary: Pick<Vocabulary, "tokenize">) {
    this.#vocabulary = vocabulary;
  }

  /** Families of tokens that may end `line`, which has no line end yet. */
  families(line: string): readonly (readonly T[])[] {
    const open = closersOf(line);
    const known = this.#known.get(open);
    if (known) return known;
    const families = endsOf(open).flatMap((end) => {
      // Vocabularies that take no heed of blanks have one token for several of these.
      const family = [...new Set(breaks.flatMap((lineBreak) => this.#single(`${end}${lineBreak}`)))];
      return family.length > 1 ? [family] : [];
    });
    this.#known.set(open, families);
    return families;
  }

  #single(text: string): T[] {
    const [token, ...more] = this.#vocabulary.tokenize(text);
    return token !== undefined && more.length === 0 ? [token as T] : [];
  }
}

/** What closes the brackets and quotes that a line has left open, innermost first. */
function closersOf(line: string): string {
  const open: string[] = [];
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    const innermost = open.at(-1);
    if (character === innermost) open.pop();
    else if (innermost !== undefined && quotes.has(innermost)) at += character === "\\" ? 1 : 0;
    else if (quotes.has(character)) {
      // An apostrophe behind a letter or `&` is a possessive or one of Rust's lifetimes.
      if (character !== "'" || !/[\w&<]/.test(line.charAt(at - 1))) open.push(character);
    } else {
      const closer = closerOf[character];
      if (closer !== undefined) open.push(closer);
    }
  }
  return open.reverse().join("");
}

/** What a line may end with that has these brackets and quotes to close, the likely ones only. */
function endsOf(open: string): readonly string[] {
  if (open === "") return [";", ",", "()", "();", ":", " {"];
  const closed = [open, `${open};`, `${open},`];
  if (quotes.has(open.charAt(0))) return closed;
  return open.startsWith("}")
    ? [...closed, ...closed.map((end) => ` ${end}`)]
    : [...closed, `()${open}`, `()${open};`, `${open}:`];
}
