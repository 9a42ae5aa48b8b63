import type { SyntaxService, TextRange } from "../syntax/syntaxService.ts";
import { hunksOf, linesOf } from "./hunks.ts";
import { type CodeRegion, growRange } from "./region.ts";

/**
 * The lines of `newText` that are new or different, as ranges of its offsets without the last line end. Where lines
 * were only taken away it is the lines in front and behind, each by itself, as they may lie in different functions.
 */
export function changedRanges(oldText: string, newText: string): readonly TextRange[] {
  const lines = newText.split("\n");
  const starts = [0];
  for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length + 1);
  const rangeOf = (first: number, last: number): TextRange => ({
    start: starts[first] ?? 0,
    end: (starts[last] ?? 0) + (lines[last]?.length ?? 0),
  });
  const ranges: TextRange[] = [];
  let shift = 0;
  for (const hunk of hunksOf(oldText, newText)) {
    const count = linesOf(hunk.newText);
    const first = hunk.oldStart + shift;
    if (count > 0) ranges.push(rangeOf(first, first + count - 1));
    else
      for (const line of [first - 1, first])
        if (line >= 0 && line < lines.length) ranges.push(rangeOf(line, line));
    shift += count - hunk.oldLines;
  }
  return ranges;
}

/**
 * What has to be looked at to judge changes: the functions and classes around them, each once.
 * @param document the whole document as a region.
 * @param symbols ranges that a language server knows.
 */
export async function changedRegions(
  document: CodeRegion,
  changed: readonly TextRange[],
  symbols: readonly TextRange[],
  syntax: SyntaxService,
): Promise<readonly CodeRegion[]> {
  const grown: TextRange[] = [];
  for (const range of changed) {
    if (document.text.slice(range.start, range.end).trim() === "") continue;
    grown.push(await growRange({ ...document, range }, symbols, syntax));
  }
  return merged(grown).map((range) => ({ ...document, range }));
}

function merged(ranges: readonly TextRange[]): readonly TextRange[] {
  const result: TextRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last && range.start <= last.end)
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    else result.push(range);
  }
  return result;
}
