import { type AnswerSituation, indentWidth } from "./answerSituation.ts";
import { scanBrackets } from "./brackets.ts";
import { blockOpener, opensBlock } from "./multilinePolicy.ts";
import { loopIn } from "./stepsOfContent.ts";
import { isUnfinished } from "./validText.ts";

export type TrimReason =
  | "line-end"
  | "block-end"
  | "blank-line"
  | "suffix"
  | "max-lines"
  | "repetition"
  | "marker";

export interface Trim {
  /** Length of the raw text that is of use. */
  readonly end: number;
  readonly reason: TrimReason;
}

/** Control tokens that a server may spell out, and the fence that an instruct model may close. */
const marker =
  /<\|(?:fim_|file_sep|repo_name|endoftext|im_start|im_end|cursor)|<(?:EOT|PRE|SUF|MID)>|^\s*```|\n```/;
const opener = /^\s*\{\s*$/;
/** A line of closers and `end`, which belongs to what it closes although it stands further left. */
const closerLine = /^\s*(?:[)\]}]|end\b|<\/)/;

/** Where several branches may end alike, the same line is no loop. */
const endOfBranch = /^(?:break|continue|pass|next|return|raise|throw)\b[^(]*$/;
/** Goes on with the expression above it. */
const link = /^\s*(?:\?\.|\.(?!\.)|->|&&|\|\|)/;
const label = /^\s*(?:case\b|default\s*:)/;
const opensLabels = /\b(?:switch|select)\b.*\{\s*$/;

/**
 * Where the rest of a stream is of no more use, or undefined while it is. A later call with more text never takes
 * back an answer.
 */
export function trimStream(raw: string, situation: AnswerSituation): Trim | undefined {
  const early = trimUnfinishedLine(raw, situation);
  const text = early?.reason === "marker" ? raw.slice(0, early.end) : raw;
  const trim = situation.mode === "line" ? trimLine(text, situation) : trimBlock(text, situation);
  return trim ?? early;
}

/** The part of {@link trimStream} that need not wait for a line's end; costs no parse. */
export function trimUnfinishedLine(raw: string, situation: AnswerSituation): Trim | undefined {
  const found = marker.exec(raw);
  if (found) return { end: found.index, reason: "marker" };
  if (raw.length > leastLoop && loopIn(raw) !== undefined) return { end: raw.length, reason: "repetition" };
  const closer = closerOnRight(raw, situation);
  if (closer !== undefined) return { end: closer + 1, reason: "suffix" };
  return situation.mode === "block" ? leftBlock(raw, situation) : undefined;
}

/** Begins what may close the block or go on with it, further left than its lines: {@link closerLine}. */
const mayClose = /^(?:[)\]}<]|en?d?$|end\b)/;

/** The last line, as soon as its first word shows that it stands further left than the cursor's line and closes nothing. */
function leftBlock(raw: string, { lineLeft, indentation }: AnswerSituation): Trim | undefined {
  const start = raw.lastIndexOf("\n") + 1;
  const line = raw.slice(start);
  const word = line.trimStart();
  if (start === 0 || word === "" || mayClose.test(word)) return undefined;
  const { tabSize } = indentation;
  if (indentWidth(line, tabSize) >= indentWidth(lineLeft, tabSize)) return undefined;
  return { end: raw.slice(0, start).trimEnd().length, reason: "block-end" };
}

const leastLoop = 40;

/** The closer with which the text comes to what stands right of the cursor; not one in a string that may still close. */
function closerOnRight(raw: string, { lineRight, languageId }: AnswerSituation): number | undefined {
  const right = lineRight.trim();
  if (!/^[)\]}]/.test(right)) return undefined;
  const first = scanBrackets(raw, languageId).unmatched[0];
  if (!first || !right.startsWith(first.closer)) return undefined;
  // `}` in `{name}: {price}` comes to nothing yet, `}")` does.
  if (right.length > 1 && !raw.startsWith(right.slice(0, 2), first.offset)) return undefined;
  const left = raw.slice(0, first.offset);
  return /["'`]/.test(left) && ['"', "'", "`"].some((quote) => left.split(quote).length % 2 === 0)
    ? undefined
    : first.offset;
}

function trimLine(text: string, situation: AnswerSituation): Trim | undefined {
  const { lineLeft, lineRight, mostLines } = situation;
  // On a blank line the model may leave further blank lines before it writes.
  const from = lineLeft.trim() === "" ? text.search(/\S/) : 0;
  if (from < 0) return undefined;
  const end = text.indexOf("\n", from);
  if (end < 0) return undefined;
  const isHead = mostLines > 1 && lineRight.trim() === "" && isUnfinished(text.slice(0, end), situation);
  if (!isHead) return { end, reason: "line-end" };
  return trimBlock(text, { ...situation, maxLines: mostLines });
}

function trimBlock(text: string, situation: AnswerSituation): Trim | undefined {
  const { lineLeft, lineAbove, lineBelow, languageId, maxLines, indentation, syntax } = situation;
  const tabSize = indentation.tabSize;
  const base = indentWidth(lineLeft, tabSize);
  const startsInside = lineLeft.trim() !== "" && !situation.goesOnBelow;
  const inOpenedBlock = opensBlock(lineAbove, languageId) && base > indentWidth(lineAbove, tabSize);
  const counts = new Map<string, number>();
  let content = 0;
  let start = 0;
  let previous = "";
  for (let end = text.indexOf("\n"); end >= 0; start = end + 1, end = text.indexOf("\n", start)) {
    const line = text.slice(start, end);
    const trimmed = line.trim();
    const before = start === 0 ? 0 : start - 1;
    if (trimmed === "") {
      if (content > 0) return { end: before, reason: "blank-line" };
      continue;
    }
    // The first line of the text goes on with the cursor's line, whatever its own white space is.
    const width = start === 0 ? base : indentWidth(line, tabSize);
    const closes = closerLine.test(line);
    if (lineBelow !== "" && trimmed === lineBelow.trim()) {
      const below = indentWidth(lineBelow, tabSize);
      // What stands deeper is the same in another block.
      const isSame = trimmed.length > 3 ? start === 0 || width <= below : width === below;
      if (isSame) return { end: before, reason: "suffix" };
    }
    // `} else {` closes and goes on, and so does a brace on a line of its own.
    const goesOn =
      width === base &&
      (opener.test(line) ||
        (closes && opensBlock(line, languageId)) ||
        (label.test(line) && opensLabels.test(lineLeft)));
    const chains = width === base && startsInside && link.test(line);
    if (start > 0 && !goesOn && !chains) {
      if (startsInside ? width <= base : width < base) {
        const own =
          closes && closesWhatTextOpened(text.slice(0, end), startsInside ? lineLeft : "", situation);
        return { end: own ? end : before, reason: "block-end" };
      }
      if (!startsInside && closes && width === base && !inOpenedBlock) return { end, reason: "block-end" };
    }
    if (start > 0 && syntax) {
      const left = syntax.ends(text.slice(0, end)).block;
      if (left?.settled && left.offset > 0) return { end: left.offset, reason: "block-end" };
    }
    const count = (counts.get(trimmed) ?? 0) + 1;
    counts.set(trimmed, count);
    const isLoop = trimmed === previous || !endOfBranch.test(trimmed);
    if (count >= 3 && trimmed.length > 3 && !closes && isLoop) return { end: before, reason: "repetition" };
    previous = trimmed;
    // The body of a head in the last line has no room.
    if (++content >= maxLines)
      return { end: content > 1 && opensBlock(line, languageId) ? before : end, reason: "max-lines" };
  }
  return undefined;
}

function closesWhatTextOpened(text: string, lineLeft: string, { languageId }: AnswerSituation): boolean {
  const scan = scanBrackets(`${lineLeft}${text}`, languageId);
  return scan.unmatched.length === 0;
}

/** Generation stopped in the middle: without the last line, or the last word where there is only one line. */
export function wholePart(raw: string): number {
  const lineEnd = raw.trimEnd().lastIndexOf("\n");
  return lineEnd > 0 && raw.slice(0, lineEnd).trim() !== "" ? lineEnd : raw.replace(/[\w$]+$/, "").length;
}

/** Where the first line of `raw` ends, what opens a block left out; 0 while the line is not whole. */
export function headEnd(raw: string, { lineLeft }: AnswerSituation): number {
  const from = lineLeft.trim() === "" ? Math.max(0, raw.search(/\S/)) : 0;
  return raw.slice(0, Math.max(0, raw.indexOf("\n", from))).replace(blockOpener, "").length;
}
