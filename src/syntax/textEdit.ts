export interface TextPoint {
  readonly row: number;
  /** UTF-16 code units from the line's start. */
  readonly column: number;
}

/** One replacement, in the shape that tree-sitter wants. */
export interface TextEdit {
  readonly startIndex: number;
  readonly oldEndIndex: number;
  readonly newEndIndex: number;
  readonly startPosition: TextPoint;
  readonly oldEndPosition: TextPoint;
  readonly newEndPosition: TextPoint;
}

/** The replacement of `text[start, oldEnd)` by `inserted`. */
export function replacement(
  text: string,
  start: number,
  oldEnd: number,
  inserted: string,
  startPosition: TextPoint = pointAt(text, start),
): TextEdit {
  return {
    startIndex: start,
    oldEndIndex: oldEnd,
    newEndIndex: start + inserted.length,
    startPosition,
    oldEndPosition: pointAfter(startPosition, text, start, oldEnd),
    newEndPosition: pointAfter(startPosition, inserted, 0, inserted.length),
  };
}

/** Length of the probe by which a text that lost its head is found again. */
const anchorLength = 256;

/**
 * The replacements, in order of application, that turn `before` into `after`; empty when they are equal. A window
 * that slid down (its first lines left) costs an edit at the head instead of a whole new parse.
 */
export function difference(before: string, after: string): TextEdit[] {
  if (before === after) return [];
  const slid = slidBy(before, after);
  if (slid > 0) {
    const head = replacement(before, 0, slid, "");
    return [head, ...difference(before.slice(slid), after)];
  }
  const shortest = Math.min(before.length, after.length);
  const start = commonLength(shortest, (from, to) => before.slice(from, to) === after.slice(from, to));
  const tail = commonLength(
    shortest - start,
    (from, to) =>
      before.slice(before.length - to, before.length - from) ===
      after.slice(after.length - to, after.length - from),
  );
  return [replacement(before, start, before.length - tail, after.slice(start, after.length - tail))];
}

/** The longest length up to `limit` at which two texts agree; whole blocks are compared natively, the last one is halved. */
function commonLength(limit: number, agree: (from: number, to: number) => boolean): number {
  const block = 4096;
  let length = 0;
  while (length + block <= limit && agree(length, length + block)) length += block;
  let differs = Math.min(limit, length + block);
  if (differs === limit && agree(length, limit)) return limit;
  while (differs - length > 1) {
    const middle = (length + differs) >> 1;
    if (agree(length, middle)) length = middle;
    else differs = middle;
  }
  return length;
}

function slidBy(before: string, after: string): number {
  if (before.length < 2 * anchorLength || after.length < 2 * anchorLength) return 0;
  const anchor = after.slice(0, anchorLength);
  return before.startsWith(anchor) ? 0 : Math.max(0, before.indexOf(anchor));
}

export const pointAt = (text: string, offset: number): TextPoint =>
  pointAfter({ row: 0, column: 0 }, text, 0, offset);

function pointAfter(origin: TextPoint, text: string, from: number, to: number): TextPoint {
  let row = origin.row;
  let lineStart = from - origin.column;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) {
    row++;
    lineStart = at + 1;
  }
  return { row, column: to - lineStart };
}
