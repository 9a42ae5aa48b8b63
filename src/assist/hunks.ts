import { diffLines } from "diff";
import type { TextRange } from "../syntax/syntaxService.ts";

/**
 * A run of changed lines. Line numbers count from 0; `oldLines` lines of the old text starting at `oldStart` become
 * `newText` (which ends with a line end unless it is the end of a file without one).
 */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly oldText: string;
  readonly newText: string;
}

/** Comparing takes time with the square of the lines that differ: for these some 100 ms, for ten times as many seconds. */
const mostDifferentLines = 700;

/**
 * The differences between two texts, line by line (Myers' algorithm as in the `diff` package). Between texts that have
 * too little in common it is one, from the first line that differs to the last.
 */
export function hunksOf(oldText: string, newText: string): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let line = 0;
  let open: { oldStart: number; oldLines: number; oldText: string; newText: string } | undefined;
  const parts = diffLines(oldText, newText, { maxEditLength: mostDifferentLines });
  if (!parts) return [wholeHunk(oldText, newText)];
  for (const part of parts) {
    if (!part.added && !part.removed) {
      if (open) hunks.push(open);
      open = undefined;
      line += part.count;
      continue;
    }
    open ??= { oldStart: line, oldLines: 0, oldText: "", newText: "" };
    if (part.removed) {
      open.oldLines += part.count;
      open.oldText += part.value;
      line += part.count;
    } else open.newText += part.value;
  }
  if (open) hunks.push(open);
  return hunks;
}

/** What lies between the lines at the beginning and at the end that two texts have in common. */
function wholeHunk(oldText: string, newText: string): Hunk {
  const [old, now] = [oldText.split(/(?<=\n)/), newText.split(/(?<=\n)/)];
  const most = Math.min(old.length, now.length);
  let start = 0;
  while (start < most && old[start] === now[start]) start++;
  let end = 0;
  while (end < most - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const between = (lines: readonly string[]): readonly string[] => lines.slice(start, lines.length - end);
  return {
    oldStart: start,
    oldLines: between(old).length,
    oldText: between(old).join(""),
    newText: between(now).join(""),
  };
}

/** Applies some of the hunks of `hunksOf(oldText, …)`; the others keep the old text. */
export function applyHunks(oldText: string, hunks: readonly Hunk[]): string {
  const lines = oldText.split(/(?<=\n)/);
  const parts: string[] = [];
  let at = 0;
  for (const hunk of hunks) {
    parts.push(...lines.slice(at, hunk.oldStart), hunk.newText);
    at = hunk.oldStart + hunk.oldLines;
  }
  parts.push(...lines.slice(at));
  return parts.join("");
}

/** The hunk of `hunksOf(oldText, newText)` on a line of `newText`, counted from 0; a removal lies on the line after it. */
export function hunkAt(hunks: readonly Hunk[], line: number): Hunk | undefined {
  let shift = 0;
  for (const hunk of hunks) {
    const start = hunk.oldStart + shift;
    const count = linesOf(hunk.newText);
    if (line >= start && line < start + Math.max(1, count)) return hunk;
    shift += count - hunk.oldLines;
  }
  return undefined;
}

/** Lines of a hunk's text. */
export function linesOf(text: string): number {
  return text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
}

/**
 * How far lines have moved by edits.
 * @param edits `hunksOf` the text in which the lines are counted and the text as it is by now.
 * @param from first of the lines, from 0.
 * @param to the line behind the last one.
 * @returns undefined when an edit touches them.
 */
function shiftOf(edits: readonly Hunk[], from: number, to: number): number | undefined {
  let shift = 0;
  for (const { oldStart, oldLines, newText } of edits) {
    if (oldStart < to && oldStart + oldLines > from) return undefined;
    if (oldStart + oldLines > from) break;
    shift += linesOf(newText) - oldLines;
  }
  return shift;
}

/**
 * Carries a change from `base` to `proposed` over to `current`, the text as it stands by now. The lines that it changes
 * and those next to them must be as they were, and no copy of them may have been made; otherwise the whole is refused,
 * because half a fix is none and the same lines elsewhere are not those that were meant.
 * @returns the new text, or undefined when the document has changed where the proposal changes it.
 */
export function rebase(base: string, proposed: string, current: string): string | undefined {
  if (base === current) return proposed;
  const currentLines = current.split(/(?<=\n)/);
  const baseLines = base.split(/(?<=\n)/);
  const edits = hunksOf(base, current);
  let result = "";
  let at = 0;
  for (const hunk of hunksOf(base, proposed)) {
    const from = Math.max(0, hunk.oldStart - 1);
    const to = Math.min(baseLines.length, hunk.oldStart + hunk.oldLines + 1);
    const shift = shiftOf(edits, from, to);
    if (shift === undefined) return undefined;
    const wanted = baseLines.slice(from, to);
    if (timesIn(currentLines, wanted) > timesIn(baseLines, wanted)) return undefined;
    const start = hunk.oldStart + shift;
    result += currentLines.slice(at, start).join("") + hunk.newText;
    at = start + hunk.oldLines;
  }
  return result + currentLines.slice(at).join("");
}

/** Where a range of `base` lies in `current`, the text as it stands by now; undefined when one of its lines was edited. */
export function rangeAfter(base: string, current: string, range: TextRange): TextRange | undefined {
  if (base === current) return range;
  const lineOf = (offset: number): number => base.slice(0, offset).split("\n").length - 1;
  const first = lineOf(range.start);
  const shift = shiftOf(hunksOf(base, current), first, lineOf(range.end) + 1);
  if (shift === undefined) return undefined;
  const moved = lineStart(current, first + shift) - lineStart(base, first);
  return { start: range.start + moved, end: range.end + moved };
}

function lineStart(text: string, line: number): number {
  let start = 0;
  for (let count = 0; count < line; count++) start = text.indexOf("\n", start) + 1;
  return start;
}

function timesIn(lines: readonly string[], wanted: readonly string[]): number {
  let times = 0;
  for (let start = 0; start + wanted.length <= lines.length; start++)
    if (wanted.every((line, index) => lines[start + index] === line)) times++;
  return times;
}
