import type { SyntaxService } from "../../src/syntax/syntaxService.ts";
import type { EvalCase } from "./cases.ts";

export interface SyntaxMarks {
  readonly adds_parse_error: boolean;
  /** The error is only that something is left open at the end (`if (a) {`). */
  readonly leaves_open: boolean;
  readonly doubles_bracket: boolean;
}

/** Whether a shown text breaks what was whole, seen by the parser whatever the pipeline itself has checked. */
export async function syntaxMarks(
  syntax: SyntaxService,
  each: EvalCase,
  text: string,
  replace: number,
): Promise<SyntaxMarks | undefined> {
  const cursor = await syntax.atCursor(`eval:${each.id}`, each.language, each.prefix, each.suffix);
  if (!cursor) return undefined;
  try {
    const check = cursor.check(text, replace);
    return {
      adds_parse_error: check.addsErrors && !check.leavesOpen,
      leaves_open: check.leavesOpen || (check.addsErrors && check.closers !== undefined),
      doubles_bracket: doublesBracket(text, each.suffix.slice(replace)),
    };
  } finally {
    cursor.dispose();
  }
}

/** The text closes a bracket that it has not opened, and the same closer already stands right of the cursor. */
export function doublesBracket(text: string, right: string): boolean {
  const next = right.split("\n", 1)[0]?.trimStart().charAt(0) ?? "";
  const last = text.trimEnd().replace(/[;,]$/, "").at(-1) ?? "";
  if (next === "" || last !== next || !")]}".includes(next)) return false;
  const opener = { ")": "(", "]": "[", "}": "{" }[next] ?? "";
  return text.split(next).length > text.split(opener).length;
}
