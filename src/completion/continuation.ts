/** How far left and right of the cursor two situations must agree to count as the same place. */
const tailLength = 2_000;
const headLength = 300;
/** Characters next to the cursor that are compared first. */
const nearby = 40;

/**
 * The surroundings of a cursor, cut so that an edit far away (an import added at the top) keeps its answers and a
 * sliding snapshot of a large file does not matter.
 */
export interface Place {
  readonly uri: string;
  /** The last characters left of the cursor. */
  readonly tail: string;
  /** The first characters right of the cursor. */
  readonly head: string;
}

export function placeOf(document: { uri: string; prefix: string; suffix: string }): Place {
  return {
    uri: document.uri,
    tail: document.prefix.slice(-tailLength),
    head: document.suffix.slice(0, headLength),
  };
}

export interface Continuation {
  /** Characters of the text that stand in the document by now. */
  readonly typed: number;
  /** Characters right of the cursor that the editor closed by itself and that the rest of the text brings again. */
  readonly replaceRight: number;
}

/**
 * Whether the cursor at `now` is where it would be after typing the first characters of `text` at `before`.
 * Brackets and quotes that the editor closed automatically are tolerated when the rest of `text` holds them in order.
 */
export function continuationOf(before: Place, text: string, now: Place): Continuation | undefined {
  if (before.uri !== now.uri) return undefined;
  const limit = Math.min(text.length, now.tail.length);
  // Hundreds of answers are compared at each key, and most of them end here.
  const last = now.tail.charCodeAt(now.tail.length - 1);
  for (let typed = 0; typed <= limit; typed++) {
    if (typed > 0 && text.charCodeAt(typed - 1) !== last) continue;
    if (!now.tail.endsWith(text.slice(0, typed))) continue;
    if (!agreesBefore(before.tail, now.tail, typed)) continue;
    const replaceRight = autoClosed(before.head, now.head, text.slice(typed));
    if (replaceRight !== undefined) return { typed, replaceRight };
  }
  return undefined;
}

/** What was typed between `before` and `now`, at most `most` characters, or undefined where something else changed. */
export function typedSince(before: Place, now: Place, most: number): string | undefined {
  if (before.uri !== now.uri) return undefined;
  for (let typed = 0; typed <= Math.min(most, now.tail.length); typed++) {
    if (!agreesBefore(before.tail, now.tail, typed)) continue;
    const closed = closers.exec(now.head)?.[0].length ?? 0;
    for (let count = 0; count <= closed; count++) {
      if (sameHead(before.head, now.head.slice(count))) return now.tail.slice(now.tail.length - typed);
    }
  }
  return undefined;
}

/** Compares what both tails hold left of the typed characters; each may have been cut at another place. */
function agreesBefore(before: string, now: string, typed: number): boolean {
  const nowLength = now.length - typed;
  const common = Math.min(before.length, nowLength);
  // One side that is exhausted although nothing was cut off is another place.
  if (before.length !== nowLength && common < tailLength / 2) return false;
  const ends = (length: number): boolean => before.endsWith(now.slice(nowLength - length, nowLength));
  // Places of one file mostly differ near the cursor, and strings are compared from their beginning.
  return ends(Math.min(common, nearby)) && ends(common);
}

const closers = /^[)\]}>"'`]{1,6}/;

function autoClosed(before: string, now: string, rest: string): number | undefined {
  if (sameHead(before, now)) return 0;
  const most = closers.exec(now)?.[0].length ?? 0;
  for (let count = 1; count <= most; count++) {
    if (sameHead(before, now.slice(count)) && holdsInOrder(rest, now.slice(0, count))) return count;
  }
  return undefined;
}

function sameHead(left: string, right: string): boolean {
  if (left.length === right.length) return left === right;
  const common = Math.min(left.length, right.length);
  return common >= headLength - 8 && left.slice(0, common) === right.slice(0, common);
}

function holdsInOrder(text: string, characters: string): boolean {
  let from = 0;
  for (const character of characters) {
    const found = text.indexOf(character, from);
    if (found < 0) return false;
    from = found + 1;
  }
  return true;
}

/** Whether what was `written` and what was `typed` begin alike, as far as both go. */
export function agrees(written: string, typed: string): boolean {
  // A blank too many at the start is taken off later.
  return [written, written.trimStart()].some((text) => text.startsWith(typed) || typed.startsWith(text));
}
