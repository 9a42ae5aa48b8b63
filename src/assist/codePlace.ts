import type { Outline } from "../syntax/syntaxService.ts";
import { goesOn, indentWidth } from "./indentation.ts";
import { squeeze } from "./region.ts";

/**
 * Says which place of a file a line is, in words that stay the same while other places are edited: the names of the
 * definitions around it, the lines inside of the innermost one under which it is indented, its text, and which of the
 * lines it is that are equal in all this.
 * @param line from 0.
 * @param outline of `text`; without one, lines are told apart by indentation alone.
 */
export function codePlace(text: string, line: number, outline: Outline | undefined): string {
  const lines = text.split("\n");
  const starts = [0];
  for (const each of lines) starts.push((starts.at(-1) ?? 0) + each.length + 1);
  const wanted = squeeze(lines[line] ?? "");
  const describe = (at: number): string => {
    const offset = (starts[at] ?? 0) + indentWidth(lines[at] ?? "");
    const around = (outline?.definitions ?? []).filter(
      ({ range }) => range.start <= offset && range.end > offset,
    );
    const bodyStart = around.at(-1)?.signature.end ?? -1;
    const first = starts.findIndex((start) => start > bodyStart);
    const names = around.map(({ container, name }) => (container ? `${container}.${name}` : name));
    return JSON.stringify([names, headersOf(lines, at, first), wanted]);
  };
  const place = describe(line);
  const equal = lines.slice(0, line).filter((each, at) => squeeze(each) === wanted && describe(at) === place);
  return `${place} ${equal.length}`;
}

/** The lines from `first` on under which a line is indented, from the inside out. */
function headersOf(lines: readonly string[], line: number, first: number): readonly string[] {
  const headers: string[] = [];
  let indent = indentWidth(lines[line] ?? "");
  let wantsHead = false;
  for (let at = line - 1; at >= first; at--) {
    const text = lines[at] ?? "";
    const own = indentWidth(text);
    if (text.trim() === "" || own > indent || (own === indent && !wantsHead)) continue;
    indent = own;
    wantsHead = goesOn(text);
    if (!wantsHead) headers.push(squeeze(text));
  }
  return headers;
}
