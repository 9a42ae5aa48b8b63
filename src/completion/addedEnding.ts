import { scanBrackets } from "./brackets.ts";
import type { CachedAnswer } from "./completionCache.ts";
import type { Continuation } from "./continuation.ts";

const linesThatClose = /^\n[\s)\]}]*$/;
const closer = /[)\]}]/g;

/** Characters of `text` that are of `part`, where lines that close what it leaves open were added; undefined where none. */
export function ownLengthOf(text: string, part: string): number | undefined {
  const own = part.trimEnd();
  const isAddedTo = text.startsWith(own) && linesThatClose.test(text.slice(own.length));
  return isAddedTo ? own.length : undefined;
}

/**
 * What is left of an answer behind the first `typed` characters, up to `end`. What was added to close a block that the
 * model had not come to the end of is left out where the user has opened that block by now: it stays as open as it is,
 * and goes on when the rest is taken.
 */
export function remainingText(
  { text, ownLength = text.length }: Pick<CachedAnswer, "text" | "ownLength">,
  { typed, replaceRight }: Continuation,
  end: number,
  languageId: string,
): string {
  const own = text.slice(typed, ownLength);
  const added = text.slice(ownLength, end);
  // What the editor closed is replaced by what the text brings.
  const isWhole = typed === 0 || replaceRight > 0;
  if (isWhole || added === "") return text.slice(typed, end);
  const needed = scanBrackets(own, languageId).open.length;
  const last = [...added.matchAll(closer)][needed - 1];
  return own + (last ? added.slice(0, last.index + 1) : "");
}
