import { openQuoteAt } from "../syntax/brackets.ts";
import { type AnswerSituation, indentWidth } from "./answerSituation.ts";
import { scanBrackets } from "./brackets.ts";
import { lineCommentOf } from "./lineScan.ts";
import type { Dropped } from "./postprocess.ts";

/** Who wants no suggestions in comments wants none that begin one; in one the cursor's place is refused before. */
export function dropComment(
  text: string,
  { mayBeginComment, languageId }: AnswerSituation,
): string | Dropped {
  const marker = mayBeginComment === false ? lineCommentOf(languageId) : undefined;
  return marker !== undefined && text.trimStart().startsWith(marker) ? { dropped: "in-comment" } : text;
}

/** A small model may write the cursor's line from its beginning. */
export function dropTypedAgain(text: string, { lineLeft }: AnswerSituation): string {
  const typed = lineLeft.trim();
  if (typed.length < 6) return text;
  const start = text.search(/\S/);
  if (start < 0 || !text.startsWith(typed, start)) return text;
  const rest = text.slice(start + typed.length);
  // `returnValue` does not write `return` again.
  return endsInWord.test(typed) && beginsWithWord.test(rest) ? text : rest;
}

const endsInWord = /[\p{L}\p{N}_$]$/u;
const beginsWithWord = /^[\p{L}\p{N}_$]/u;

/** Where the text begins to say the same four times in a row, undefined when it does not. */
export function loopIn(text: string): number | undefined {
  const loop = /(\S.{2,60}?)\1{3,}/s.exec(text);
  return loop && new Set((loop[1] ?? "").replace(/\s/g, "")).size >= 3 ? loop.index : undefined;
}

/** A loop ends the text; what came before its line may stay. */
export function cutRepetition(text: string): string | Dropped {
  const loop = loopIn(text);
  if (loop === undefined) return text;
  const kept = text.slice(0, text.lastIndexOf("\n", loop) + 1).trimEnd();
  return kept === "" ? { dropped: "repeats-itself" } : kept;
}

/** Cuts in front of a line that already stands below the cursor; one that stands deeper is another line. */
export function cutRepeatedSuffix(
  text: string,
  { lineLeft, lineBelow, lineRight, indentation }: AnswerSituation,
): string | Dropped {
  const below = lineBelow.trim();
  if (!/\w/.test(below) || below.length < 4 || lineRight.trim() !== "") return text;
  const lines = text.split("\n");
  const width = indentWidth(lineBelow, indentation.tabSize);
  const at = lines.findIndex((line, index) =>
    index === 0
      ? `${lineLeft}${line}`.trim() === below
      : line.trim() === below && indentWidth(line, indentation.tabSize) <= width,
  );
  if (at < 0) return text;
  const kept = lines.slice(0, at).join("\n");
  return kept.trim() === "" ? { dropped: "repeats-suffix" } : kept;
}

/** The end of the text that already stands right of the cursor is left out, unless that opens a bracket or quote. */
export function cutSuffixOverlap(
  text: string,
  { lineLeft, lineRight, languageId }: AnswerSituation,
): string | Dropped {
  const right = lineRight.trim();
  if (right === "") return text;
  const line = beforeDelimiter((text.split("\n", 1)[0] ?? "").trimEnd(), right[0] ?? "");
  if (line.trim() === "" && text.trim() !== "") return { dropped: "repeats-suffix" };
  const whole = right.length > 1 ? line.indexOf(right) : -1;
  if (whole >= 0 && standsAlone(line.slice(0, whole), right, languageId)) {
    const kept = line.slice(0, whole);
    return kept.trim() === "" ? { dropped: "repeats-suffix" } : kept;
  }
  for (let length = Math.min(right.length, line.length); length > 0; length--) {
    const head = right.slice(0, length);
    if (!line.endsWith(head)) continue;
    const kept = line.slice(0, -length);
    // `max` in front of `x + y` does not end with what stands there.
    const cutsWord = endsInWord.test(kept) && beginsWithWord.test(head) && !endsInWord.test(lineLeft);
    if (cutsWord && length < right.length) continue;
    if (!standsAlone(kept, head, languageId)) continue;
    return kept.trim() === "" ? { dropped: "repeats-suffix" } : kept;
  }
  return line;
}

/**
 * Whether `kept` needs nothing of what follows it to close what it opens, or opens again just what it closes: in
 * `{name}: {price` the closer right of the cursor finds another opener, but one of its kind.
 */
function standsAlone(kept: string, following: string, languageId: string): boolean {
  const { open, unmatched } = scanBrackets(kept, languageId);
  const closers = (brackets: readonly { readonly closer: string }[]): string =>
    brackets.map(({ closer }) => closer).join("");
  return (
    closers([...open].reverse()) === (open.length === 0 ? "" : closers(unmatched)) &&
    !opensQuote(kept, following) &&
    !(following.startsWith(">") && opensAngle(kept))
  );
}

/** Up to the quote or angle bracket that ends what the one right of the cursor ends. */
function beforeDelimiter(line: string, delimiter: string): string {
  if (!/["'`>]/.test(delimiter)) return line;
  let open = 0;
  for (let index = 0; index < line.length; index++) {
    const character = line[index];
    if (character === "\\") index++;
    else if (delimiter === ">" && character === "<") open++;
    else if (delimiter === ">" && character === ">" && !/[=-]/.test(line[index - 1] ?? "") && open-- === 0) {
      return line.slice(0, index);
    } else if (delimiter !== ">" && character === delimiter) {
      const parts = line.slice(index).split(delimiter).length - 1;
      return parts % 2 === 1 ? line.slice(0, index) : line;
    }
  }
  return line;
}

/** Whether a type argument's bracket is open; the heads of arrows close none. */
function opensAngle(kept: string): boolean {
  const count = (mark: RegExp): number => kept.match(mark)?.length ?? 0;
  return count(/</g) > count(/(?<![=-])>/g);
}

function opensQuote(kept: string, head: string): boolean {
  const quote = /["'`]/.exec(head)?.[0];
  return quote !== undefined && (kept.split(quote).length - 1) % 2 === 1;
}

/**
 * Cuts at a closer that has nothing to close or that closes what a closer right of the cursor closes already, and
 * closes what the text opened where closers follow on the line.
 */
export function balanceBrackets(text: string, situation: AnswerSituation): string | Dropped {
  const { lineRight, languageId } = situation;
  const right = lineRight.trim();
  const { before, code } = withoutString(text, situation);
  const rightClosers = closersOf(right, languageId);
  if (rightClosers !== "") {
    const together = scanBrackets(code + right, languageId);
    const closers = together.unmatched.map(({ closer }) => closer).join("");
    if (together.open.length === 0 && closers === rightClosers) return text;
    const first = scanBrackets(code, languageId).unmatched[0];
    if (first && rightClosers.startsWith(first.closer)) return keptOf(text.slice(0, first.offset));
    const open = scanBrackets(code, languageId).open;
    if (!first && open.length > 0) {
      return (
        text.trimEnd() +
        [...open]
          .reverse()
          .map(({ closer }) => closer)
          .join("")
      );
    }
  }
  const opened = [...scanBrackets(before, languageId).open];
  const below = belowCloser(situation);
  for (const { closer, offset } of scanBrackets(code, languageId).unmatched) {
    const innermost = opened.pop();
    // What was opened further up than the window reaches may be closed, but only at a line's start.
    const fits = innermost ? innermost.closer === closer : isLineStart(text, offset);
    const closedBelow = below?.closer === closer && closesSame(innermost?.offset, below.width, situation);
    if (!fits || closedBelow) return keptOf(text.slice(0, offset));
  }
  return text;
}

const opensCode = /[$#]\{|\{\$/;
/** Strings in which a bare brace opens code. */
const holdsCode = /(?:\b[rb]?f[rb]?|\$@?)["']/i;

/**
 * What stands left of the string that the cursor is in, and `text` with blanks in place of the string's end; brackets in
 * it are text.
 */
function withoutString(
  text: string,
  { syntax, before, lineLeft }: AnswerSituation,
): { readonly before: string; readonly code: string } {
  const at = (syntax?.context.place ?? "string") === "string" ? openQuoteAt(lineLeft) : undefined;
  if (at === undefined) return { before, code: text };
  const quote = lineLeft.charAt(at);
  const inside = new RegExp(`^(?:\\\\.|[^\\\\\n${quote}])*`).exec(text)?.[0] ?? "";
  const isClosed = text[inside.length] === quote;
  // The quote may stand right of the cursor; but where code opens inside of the string, brackets count.
  if (!isClosed && inside.includes("{") && (opensCode.test(inside) || holdsCode.test(lineLeft)))
    return { before, code: text };
  const end = inside.length + (isClosed ? 1 : 0);
  return {
    before: before.slice(0, before.length - lineLeft.length + at),
    code: " ".repeat(end) + text.slice(end),
  };
}

function keptOf(kept: string): string | Dropped {
  return kept.trim() === "" ? { dropped: "unbalanced" } : kept.trimEnd();
}

function closersOf(text: string, languageId: string): string {
  return scanBrackets(text, languageId)
    .unmatched.map(({ closer }) => closer)
    .join("");
}

function belowCloser({
  lineBelow,
  indentation,
}: AnswerSituation): { closer: string; width: number } | undefined {
  const closer = /^\s*([)\]}])/.exec(lineBelow)?.[1];
  return closer === undefined ? undefined : { closer, width: indentWidth(lineBelow, indentation.tabSize) };
}

function closesSame(
  openOffset: number | undefined,
  width: number,
  { before, indentation }: AnswerSituation,
): boolean {
  if (openOffset === undefined) return true;
  const lineStart = before.lastIndexOf("\n", openOffset) + 1;
  return indentWidth(before.slice(lineStart, openOffset), indentation.tabSize) === width;
}

function isLineStart(text: string, offset: number): boolean {
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).trim() === "" && offset > 0;
}

/** Only the line above once more: rarely wanted, and copied faster than accepted. */
export function dropRepeatedAbove(text: string, { lineLeft, lineAbove }: AnswerSituation): string | Dropped {
  const above = lineAbove.trim();
  if (above.length < 6 || !/\w/.test(above)) return text;
  const first = text.split("\n").find((line) => line.trim() !== "") ?? "";
  return `${text.startsWith("\n") ? "" : lineLeft}${first}`.trim() === above
    ? { dropped: "repeats-above" }
    : text;
}
