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
    if (character === "/" && patternLanguages.test(languageId)) {
      const end = patternEnd(text, offset);
      if (end !== undefined) {
        offset = end;
        continue;
      }
    }
    if (comment && character === comment[0] && isComment(text, offset, comment)) {
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

const patternLanguages = /^(?:(?:type|java)script(?:react)?|ruby)$/;
/** Behind an operand a slash divides; what is left of the text is not known. */
const beforePattern = /(?:^|[([,=:!&|?;+~^]|=>|\b(?:return|typeof|case|if|when|and|or|not))\s*$/;

const longestPattern = 300;

/** Offset of the slash that closes a regular expression on its line, or undefined where none begins. */
function patternEnd(text: string, start: number): number | undefined {
  if (
    /[/*\s]/.test(text[start + 1] ?? "\n") ||
    !beforePattern.test(text.slice(Math.max(0, start - 24), start))
  )
    return undefined;
  let isInClass = false;
  const most = Math.min(text.length, start + longestPattern);
  for (let index = start + 1; index < most && text[index] !== "\n"; index++) {
    const character = text[index];
    if (character === "\\") index++;
    else if (character === "[") isInClass = true;
    else if (character === "]") isInClass = false;
    else if (character === "/" && !isInClass) return index;
  }
  return undefined;
}

/** Not in `http://${` and `"#{`, whose quote closes later. */
function isComment(text: string, offset: number, comment: string): boolean {
  if (!text.startsWith(comment, offset)) return false;
  if (comment === "#") return text[offset + 1] !== "{";
  return comment !== "//" || text[offset - 1] !== ":" || /\s/.test(text[offset + 2] ?? "");
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
