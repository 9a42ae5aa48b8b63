import type { Definition } from "../syntax/syntaxService.ts";

/** What stands in front of a definition's name: comments, then attributes, decorators and keywords. */
export interface DefinitionHeader {
  /** Where the comments begin, or `restStart` where there are none. */
  readonly start: number;
  readonly restStart: number;
  readonly nameAt: number;
  readonly comments: string;
  /** From the end of the comments to the name, with single spaces. */
  readonly rest: string;
  /** The line above all this, empty where that is blank. */
  readonly above: string;
}

/**
 * Reads the header from the lines, as the grammars leave comments and some attributes out of a definition's range.
 * @returns undefined where the name is not found.
 */
export function definitionHeader(text: string, { range, name }: Definition): DefinitionHeader | undefined {
  const lines = text.slice(0, range.start).split("\n");
  // What shares its line with other code has no lines of its own.
  const isAlone = lines.at(-1)?.trim() === "";
  const first = isAlone ? firstOfLead(lines.slice(0, -1)) : lines.length - 1;
  const start = skipSpace(
    text,
    lines.slice(0, first).reduce((sum, line) => sum + line.length + 1, 0),
  );
  const restStart = skipLines(text, isAlone ? start : range.start, isCommentLine);
  const nameAt = wordAt(text, name, skipLines(text, restStart, isAttributeLine), range.end);
  if (nameAt === undefined) return undefined;
  return {
    start: isAlone ? start : range.start,
    restStart,
    nameAt,
    comments: isAlone ? text.slice(start, restStart) : "",
    rest: text.slice(restStart, nameAt).trim().replace(/\s+/g, " "),
    above: isAlone ? (lines[first - 1] ?? "").trim() : "",
  };
}

/** Index of the first of the last lines that are comments and attributes of what comes next. */
function firstOfLead(lines: readonly string[]): number {
  let first = lines.length;
  let isInside = false;
  for (const [at, untrimmed] of [...lines.entries()].reverse()) {
    const line = untrimmed.trim();
    isInside = (isInside || line.endsWith("*/")) && !line.includes("/*");
    if (isInside) continue;
    if (!isLineComment(line) && !line.startsWith("/*") && !isAttributeLine(line)) break;
    first = at;
  }
  return first;
}

/** C's `#include` and `#endif` are no comments. */
const isLineComment = (line: string): boolean => /^(?:\/\/|#+(?:\s|$))/.test(line);
const isAttributeLine = (line: string): boolean => /^(?:@[\w.]+(?:\(.*\))?|#?\[.*\])$/.test(line);
const isCommentLine = (line: string, isInside: boolean): boolean =>
  isInside || isLineComment(line) || /^\/\*(?:(?!\*\/).)*(?:\*\/)?$/.test(line);

/** Where the lines end that `belongs` takes, and the white space behind them. */
function skipLines(
  text: string,
  from: number,
  belongs: (line: string, isInsideComment: boolean) => boolean,
): number {
  let at = from;
  for (let isInside = false; ; ) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end).trim();
    if (end === -1 || !belongs(line, isInside)) return at;
    isInside = (isInside || line.startsWith("/*")) && !line.endsWith("*/");
    at = skipSpace(text, end + 1);
  }
}

function skipSpace(text: string, from: number): number {
  return from + text.slice(from).search(/\S|$/);
}

/** The first place of `word` that is no part of a longer one. */
function wordAt(text: string, word: string, from: number, to: number): number | undefined {
  const isPart = (at: number): boolean => /[\w$]/.test(text[at] ?? "");
  for (let at = text.indexOf(word, from); at !== -1 && at < to; at = text.indexOf(word, at + 1))
    if (!isPart(at - 1) && !isPart(at + word.length)) return at;
  return undefined;
}
