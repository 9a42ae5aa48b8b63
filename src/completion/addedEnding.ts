import { scanBrackets } from "./brackets.ts";
import type { CachedAnswer } from "./completionCache.ts";

const linesThatClose = /^\n[\s)\]};]*$/;
const closer = /[)\]}]/g;

/**
 * Characters of `text` that are of `part`, where lines that close what they leave open stand behind them in place of the
 * rest of `part`; undefined where none do.
 */
export function ownLengthOf(text: string, part: string): number | undefined {
  let common = 0;
  while (common < text.length && text[common] === part[common]) common++;
  const own = text.slice(0, common).trimEnd();
  return linesThatClose.test(text.slice(own.length)) ? own.length : undefined;
}

/**
 * What is left of an answer behind the first `typed` characters, up to `end`. What was added to close a block that the
 * model had not come to the end of is left out where the user has opened that block by now: it stays as open as it is,
 * and goes on when the rest is taken.
 * @param typed characters of the text that stand in the document.
 * @param end where what may be shown ends, in characters of the text.
 * @param replaced what the editor closed right of the cursor, in whose place the text comes.
 */
export function remainingText(
  { text, ownLength = text.length }: Pick<CachedAnswer, "text" | "ownLength">,
  typed: number,
  replaced: string,
  end: number,
  languageId: string,
): string {
  const whole = text.slice(typed, end);
  const added = text.slice(ownLength, end);
  if (typed === 0 || added === "") return whole;
  const { open } = scanBrackets(text.slice(0, ownLength), languageId);
  const needed = open.filter(({ offset }) => offset >= typed).length;
  const left = text.slice(typed, ownLength) + closingLines(added, needed);
  if (replaced === "") return left;
  const closed = scanBrackets(left, languageId).unmatched.map((each) => each.closer);
  return closed.join("") === replaced ? left : whole;
}

/** The lines of `added` that hold its first `count` closers. */
function closingLines(added: string, count: number): string {
  const last = [...added.matchAll(closer)][count - 1];
  if (!last) return "";
  const lineEnd = added.indexOf("\n", last.index);
  return lineEnd < 0 ? added : added.slice(0, lineEnd);
}
