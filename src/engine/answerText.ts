import type { Alternative, TokenId, Vocabulary } from "./modelRuntime.ts";

export interface GeneratedToken {
  readonly token: TokenId;
  readonly probability: number;
  readonly alternatives: readonly Alternative[];
}

/** A token with its part of the text; of a character spread over several tokens the first has all. */
export interface TextToken extends GeneratedToken {
  readonly text: string;
}

/** UTF-8 has at most four bytes per character, so after as many tokens the character is broken. */
const mostTokensPerCharacter = 4;
const rememberedTokens = 4;

/** Turns tokens into text, holding back tokens that end inside a character. */
export class TokenDecoder {
  readonly #vocabulary: Vocabulary;
  readonly #before: TokenId[] = [];
  #pending: GeneratedToken[] = [];

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  push(token: GeneratedToken): TextToken[] {
    this.#pending.push(token);
    const text = this.#text();
    const isUnfinished =
      text.endsWith("\uFFFD") && this.#pending.length < mostTokensPerCharacter && !this.#spells(text);
    return isUnfinished ? [] : this.#release(text);
  }

  /** Gives up on a character whose rest never came. */
  end(): TextToken[] {
    return this.#release(this.#text().replace(/\uFFFD+$/, ""));
  }

  /** Whether U+FFFD is what the model said: a broken character would not come back as these tokens. */
  #spells(text: string): boolean {
    const tokens = this.#vocabulary.tokenize(text);
    return (
      tokens.length === this.#pending.length &&
      tokens.every((token, index) => token === this.#pending[index]?.token)
    );
  }

  #text(): string {
    return this.#vocabulary.detokenize(
      this.#pending.map(({ token }) => token),
      this.#before,
    );
  }

  #release(text: string): TextToken[] {
    const released = this.#pending.map((token, index) => ({ ...token, text: index === 0 ? text : "" }));
    this.#pending = [];
    this.#before.push(...released.map(({ token }) => token));
    this.#before.splice(0, this.#before.length - rememberedTokens);
    return released;
  }
}

/** Ends the text at the stop that is complete first, and never lets a part of one through. */
export class StopScanner {
  readonly #stops: readonly string[];
  #held: TextToken[] = [];
  #stopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  push(token: TextToken): TextToken[] {
    if (this.#stopped) return [];
    this.#held.push(token);
    const text = this.#held.map((held) => held.text).join("");
    const at = firstStop(text, this.#stops);
    if (at !== undefined) {
      this.#stopped = true;
      return this.#cut(at);
    }
    const clear = text.length - Math.max(0, ...this.#stops.map((stop) => beginningAtEnd(text, stop)));
    return this.#takeWhole(clear);
  }

  /** What was held back in vain. */
  end(): TextToken[] {
    const rest = this.#stopped ? [] : this.#held;
    this.#held = [];
    return rest;
  }

  #cut(length: number): TextToken[] {
    const kept: TextToken[] = [];
    let room = length;
    for (const token of this.#held) {
      if (room <= 0) break;
      kept.push({ ...token, text: token.text.slice(0, room) });
      room -= token.text.length;
    }
    this.#held = [];
    return kept;
  }

  #takeWhole(clear: number): TextToken[] {
    let end = 0;
    let count = 0;
    for (const token of this.#held) {
      if (end + token.text.length > clear) break;
      end += token.text.length;
      count++;
    }
    return this.#held.splice(0, count);
  }
}

/** Where the stop begins that is complete first, the longest of those that end together; undefined for none. */
function firstStop(text: string, stops: readonly string[]): number | undefined {
  let first: { readonly at: number; readonly end: number } | undefined;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    const end = at + stop.length;
    if (at >= 0 && (!first || end < first.end || (end === first.end && at < first.at))) first = { at, end };
  }
  return first?.at;
}

/** The length of the longest proper beginning of `stop` that `text` ends with. */
function beginningAtEnd(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
