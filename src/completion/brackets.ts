import { lineCommentOf } from "./lineScan.ts";

const closerOf: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const closingBrackets = new Set(Object.values(closerOf));

export interface OpenBracket {
  readonly closer: string;
  readonly offset: number;
}

export interface BracketScan {
  /** Openers without a closer, outermost first. */
  readonly open: readonly OpenBracket[];
  /** Closers without an opener, in order. */
  readonly unmatched: readonly { readonly closer: string; readonly offset: number }[];
}

/**
 * Pairs brackets outside of strings and line comments. A quote counts as a string only when it closes on its line,
 * so that apostrophes and half-written strings hide nothing.
 */
export function scanBrackets(text: string, languageId: string): BracketScan {
  const open: OpenBracket[] = [];
  const unmatched: { closer: string; offset: number }[] = [];
  const comment = lineCommentOf(languageId);
  for (let offset = 0; offset < text.length; offset++) {
    const character = text[offset] ?? "";
    if (character === '"' || character === "'" || character === "`") {
      offset = stringEnd(text, offset, languageId);
      continue;
    }
    if (comment && character === comment[0] && text.startsWith(comment, offset)) {
      const lineEnd = text.indexOf("\n", offset);
      if (lineEnd < 0) break;
      offset = lineEnd;
      continue;
    }
    const closer = closerOf[character];
    if (closer) open.push({ closer, offset });
    else if (closingBrackets.has(character)) {
      if (open.at(-1)?.closer === character) open.pop();
      else unmatched.push({ closer: character, offset });
    }
  }
  return { open, unmatched };
}

/** Offset of the closing quote, or `start` when the quote opens no string of this line. */
function stringEnd(text: string, start: number, languageId: string): number {
  const quote = text[start];
  const most = quote === "'" && (languageId === "rust" || languageId === "ocaml") ? start + 4 : text.length;
  for (let index = start + 1; index < most; index++) {
    const character = text[index];
    if (character === "\\") index++;
    else if (character === quote) return index;
    else if (character === "\n" || character === undefined) break;
  }
  return start;
}
