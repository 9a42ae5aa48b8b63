import type { Offered } from "../context/cursorHints.ts";
import type { FimRequest, TokenProbability } from "../model/modelClient.ts";

/**
 * A word that is half typed ends the prompt in tokens that no code is made of (`aft` of `afterAdd`), and so does a
 * blank or a bracket, because code's tokens are ` after` and `("`. So the prompt ends in front of the last thing that
 * may be the beginning of a token, and the answer has to begin with it: token healing as in Guidance (Lundberg, 2023).
 * The embedded engine holds itself to it; of another backend's answer it is looked at. While one word is typed the
 * prompt stays the same, byte for byte.
 *
 * What is cut follows how text is split into what becomes tokens (the pattern of cl100k, which Qwen and others use too:
 * a word takes one blank or sign in front of it along, but what stands behind a blank or another sign is a token without
 * the word; `_` and `$` are signs): a word with what it takes along, else a few signs with the blank in front of them, else one blank (byte-level
 * BPE keeps the last blank of an indentation for the word behind it).
 */
const unfinished =
  /(?:(?<=[\p{L}\p{N}\t\r\n]|^)[^\s\p{L}\p{N}_$]|[ \t])?\p{L}[\p{L}\p{N}_$]*$| ?[^\s\p{L}\p{N}]{0,8}[_$][\p{L}\p{N}_$]*$| ?(?:[^\s\p{L}\p{N}_$]|\$(?=\{)){1,8}$|[ \t]$/u;
/** Behind an operand a full stop or an arrow ends its token: a name comes, and no further sign. */
const wholeMark = /(?:(?:[)\]}?!"'_$]|\n +)\.|->)$/u;
/** Signs of which the last is no part of the token of the member behind them. */
const ofNoName = /(?:[^\p{L}\p{N}\t\r\n]\.|::|->)$/u;
const longestWord = 40;

export interface Healed {
  readonly prompt: FimRequest;
  /** What the answer has to begin with, because it stands in the document already. */
  readonly lead: string;
}

/** Remembers what the model wrote for the last word, so that it is not asked again for what it will not write. */
export class HealingMemory {
  #last: { readonly prefix: string; readonly suffix: string; readonly beginning: string } | undefined;

  wrote({ prefix, suffix }: FimRequest, beginning: string): void {
    if (beginning !== "") this.#last = { prefix, suffix, beginning };
  }

  forget(): void {
    this.#last = undefined;
  }

  /** False when the model is known to begin with something else. */
  mayHelp({ prompt: { prefix, suffix }, lead }: Healed): boolean {
    if (lead === "") return false;
    if (this.#last?.prefix !== prefix || this.#last.suffix !== suffix) return true;
    const { beginning } = this.#last;
    return beginning.startsWith(lead) || lead.startsWith(beginning);
  }
}

/** @param typed the text left of the cursor, which the prompt's prefix may show masked. */
export function healed(prompt: FimRequest, typed: string): Healed {
  const end = prompt.prefix.slice(-longestWord - 1);
  const lead = (!wholeMark.test(end) && unfinished.exec(end)?.[0]) || "";
  if (lead === "" || lead.length > longestWord || !typed.endsWith(lead)) return { prompt, lead: "" };
  return { prompt: { ...prompt, prefix: prompt.prefix.slice(0, -lead.length), lead }, lead };
}

const mostNames = 300;

/**
 * The same in front of a member, together with the dot where that belongs to the name's first token. The answer is held to
 * the members that exist; undefined where none of them goes on with what is typed.
 */
export function guided(prompt: FimRequest, offered: Offered): Healed | undefined {
  const { members, typed } = offered;
  const names = members.members.map(({ name }) => name).filter((name) => name.startsWith(typed));
  if (names.length === 0 || names.length > mostNames || !prompt.prefix.endsWith(typed)) return undefined;
  const before = prompt.prefix.slice(0, prompt.prefix.length - typed.length);
  const mark = (!ofNoName.test(before) && /[.:]$/.exec(before)?.[0]) || "";
  const lead = mark + typed;
  const prefix = prompt.prefix.slice(0, prompt.prefix.length - lead.length);
  return { prompt: { ...prompt, prefix, beginsWith: names.map((name) => mark + name) }, lead };
}

/**
 * Takes the lead off the beginning of a stream. The probability of a token that begins in the lead is the one before
 * its first characters were known; the more of them are, the less that says against it.
 */
export class LeadFilter {
  readonly text: string;
  #text = "";
  #tokens: TokenProbability[] = [];
  #isOpen: boolean;

  constructor(lead: string) {
    this.text = lead;
    this.#isOpen = lead !== "";
  }

  /** While the lead has not come whole. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What the stream began with, up to where the lead is whole or something else stands. */
  get beginning(): string {
    return this.#text;
  }

  /** What stands behind the lead; "differs" when the stream begins with something else. */
  take(
    text: string,
    tokens: readonly TokenProbability[],
  ): { readonly text: string; readonly tokens: readonly TokenProbability[] } | "differs" {
    if (!this.#isOpen) return { text, tokens };
    this.#text += text;
    this.#tokens.push(...tokens);
    const lead = this.text;
    const length = Math.min(lead.length, this.#text.length);
    if (this.#text.slice(0, length) !== lead.slice(0, length)) return "differs";
    if (this.#text.length < lead.length) return { text: "", tokens: [] };
    this.#isOpen = false;
    return { text: this.#text.slice(lead.length), tokens: this.#behindLead() };
  }

  #behindLead(): TokenProbability[] {
    let left = this.text.length;
    const behind: TokenProbability[] = [];
    for (const { text, probability } of this.#tokens) {
      const known = Math.min(left, text.length);
      left -= known;
      if (known === text.length) continue;
      behind.push({ text: text.slice(known), probability: probability ** (1 / (1 + known)) });
    }
    return behind;
  }
}
