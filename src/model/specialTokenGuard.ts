import type { TokenProbability } from "./modelClient.ts";

/** What must not be shown of an answer, because it is never code. */
export interface SpecialTokens {
  /** The prompt's own, where this side writes the prompt. */
  readonly listed: readonly string[];
  /** Whether whatever is written like the tokens of most models counts too; other servers than that of a family know theirs. */
  readonly byStyle: boolean;
}

/** A piece of an answer, with its tokens where they are known. */
export interface Piece {
  readonly text: string;
  readonly tokens?: readonly TokenProbability[] | undefined;
}

/** `<|im_end|>`, `<｜fim▁hole｜>`, `<fim_middle>`, `<[fim-suffix]>`; Haskell's `<|>` and a placeholder `<name>` are code. */
const styled = /<[|｜][\w▁-]{1,30}[|｜]>|<fim_[a-z]{1,10}>|<\[fim-[a-z]{1,10}\]>/;
/** A text's end that may go on as such a token. */
const styledBeginning = /<(?:[|｜][\w▁-]{0,30}[|｜]?|f[a-z_]{0,14}|\[[a-z-]{0,14}\]?)?$/;

/** Keeps a model's special tokens out of one answer when a server writes them out; the first one ends it. */
export class SpecialTokenGuard {
  readonly #special: SpecialTokens;
  #held: Piece = { text: "" };
  #ended = false;

  constructor(special: SpecialTokens) {
    this.#special = special;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What may be shown now: pieces are held back while their end may become a special token. */
  take(piece: Piece, last: boolean): Piece {
    if (this.#ended) return { text: "" };
    const whole = joined(this.#held, piece);
    this.#held = { text: "" };
    const at = this.#foundIn(whole.text);
    if (at >= 0) {
      this.#ended = true;
      return { text: whole.text.slice(0, at) };
    }
    if (last || !this.#mayGoOn(whole.text)) return whole;
    this.#held = whole;
    return { text: "" };
  }

  #foundIn(text: string): number {
    const { listed, byStyle } = this.#special;
    const places = listed.map((token) => text.indexOf(token));
    if (byStyle) places.push(text.search(styled));
    const found = places.filter((at) => at >= 0);
    return found.length > 0 ? Math.min(...found) : -1;
  }

  #mayGoOn(text: string): boolean {
    const { listed, byStyle } = this.#special;
    return (byStyle && styledBeginning.test(text)) || listed.some((token) => endsWithBeginning(text, token));
  }
}

function joined(held: Piece, piece: Piece): Piece {
  if (held.text === "") return piece;
  if (piece.text === "") return held;
  const text = held.text + piece.text;
  return held.tokens && piece.tokens ? { text, tokens: [...held.tokens, ...piece.tokens] } : { text };
}

/** Whether `text` ends with a proper beginning of `token`. */
function endsWithBeginning(text: string, token: string): boolean {
  for (let length = Math.min(token.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(token.slice(0, length))) return true;
  }
  return false;
}
