import { diffLines } from "diff";

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

/** The differences between two texts, line by line (Myers' algorithm as in the `diff` package). */
export function hunksOf(oldText: string, newText: string): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let line = 0;
  let open: { oldStart: number; oldLines: number; oldText: string; newText: string } | undefined;
  for (const part of diffLines(oldText, newText)) {
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
 * Carries a change from `base` to `proposed` over to `current`, the text as it stands by now. Each hunk must find its
 * old lines exactly once near where they were; otherwise the whole is refused, because half a fix is none.
 * @returns the new text, or undefined when the document has changed where the proposal changes it.
 */
export function rebase(base: string, proposed: string, current: string): string | undefined {
  if (base === current) return proposed;
  const currentLines = current.split(/(?<=\n)/);
  const baseLines = base.split(/(?<=\n)/);
  let result = "";
  let at = 0;
  for (const hunk of hunksOf(base, proposed)) {
    // A line of context on both sides tells equal lines apart.
    const before = baseLines.slice(Math.max(0, hunk.oldStart - 1), hunk.oldStart);
    const after = baseLines.slice(hunk.oldStart + hunk.oldLines, hunk.oldStart + hunk.oldLines + 1);
    const wanted = [...before, ...baseLines.slice(hunk.oldStart, hunk.oldStart + hunk.oldLines), ...after];
    const places = placesOf(wanted, currentLines, at - before.length);
    const [place] = places;
    if (place === undefined || places.length !== 1) return undefined;
    const start = place + before.length;
    result += currentLines.slice(at, start).join("") + hunk.newText;
    at = start + hunk.oldLines;
  }
  return result + currentLines.slice(at).join("");
}

function placesOf(wanted: readonly string[], lines: readonly string[], from: number): readonly number[] {
  const places: number[] = [];
  for (let start = Math.max(0, from); start + wanted.length <= lines.length; start++) {
    if (wanted.every((line, index) => lines[start + index] === line)) places.push(start);
  }
  return places;
}
