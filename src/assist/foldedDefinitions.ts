import type { TextRange } from "../syntax/syntaxService.ts";
import { goesOn, indentWidth } from "./indentation.ts";

/** Lines that an editor folds, from 0, both included. */
export interface Fold {
  readonly start: number;
  readonly end: number;
}

/** What begins a block that is a part of a function, whatever the language. */
const control =
  /^\(?(?:if|elif|else|elseif|elsif|unless|for|foreach|while|until|loop|repeat|do|switch|case|when|match|default|try|catch|except|finally|rescue|ensure|with(?!\s+\w+\s+as\b)|using|lock|synchronized|guard|defer|return|throw|yield|await)\b/i;
const closing = /^(?:[})\]]+[;,)]*|end\b.*|fi|esac|done)$/i;

/**
 * The functions and classes among what can be folded, where neither a language server nor a grammar knows them: blocks
 * whose first line begins no statement of control flow. An editor that folds by indentation leaves out the line that
 * closes a block and takes a bracket on a line of its own for the block's beginning; here a range goes from the line
 * that names the block to the one that closes it.
 */
export function foldedDefinitions(text: string, folds: readonly Fold[]): readonly TextRange[] {
  const lines = text.split("\n");
  const starts = [0];
  for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length + 1);
  const ends = new Map<number, number>();
  for (const { start, end } of folds) {
    const head = headLine(lines, start);
    const first = lines[head]?.trim() ?? "";
    if (first === "" || goesOn(first) || control.test(first)) continue;
    // Parameters on lines of their own are a block, too.
    ends.set(head, Math.max(ends.get(head) ?? 0, closingLine(lines, head, end)));
  }
  return [...ends].map(([head, last]) => ({
    start: starts[head] ?? 0,
    end: (starts[last] ?? 0) + (lines[last]?.length ?? 0),
  }));
}

/** The line in which begins what a line continues: above it, and indented no deeper. */
function headLine(lines: readonly string[], line: number): number {
  const indent = indentWidth(lines[line] ?? "");
  let at = line;
  for (let above = line; above >= 0 && goesOn(lines[at] ?? ""); above--) {
    const text = lines[above] ?? "";
    if (text.trim() !== "" && indentWidth(text) <= indent) at = above;
  }
  return at;
}

function closingLine(lines: readonly string[], head: number, end: number): number {
  const next = lines[end + 1] ?? "";
  return closing.test(next.trim()) && indentWidth(next) === indentWidth(lines[head] ?? "") ? end + 1 : end;
}
