/** The lines of a document; asking for one must be cheap however large the document is. */
export interface LineSource {
  readonly lineCount: number;
  line(index: number): string;
}

/** A text on one side of the cursor, with `\n` line ends. */
export interface TextWindow {
  readonly text: string;
  /** The document goes on beyond the window. */
  readonly cut: boolean;
}

/**
 * The text left of the cursor: whole lines, at most `limit` characters. A cursor line that alone is longer than that
 * is cut inside.
 */
export function windowBefore(source: LineSource, line: number, character: number, limit: number): TextWindow {
  const own = source.line(line).slice(0, character);
  if (own.length > limit) return { text: withoutHalf(own.slice(own.length - limit)), cut: true };
  const lines = [own];
  let length = own.length;
  let first = line;
  while (first > 0) {
    const above = source.line(first - 1);
    length += above.length + 1;
    if (length > limit) break;
    lines.push(above);
    first--;
  }
  return { text: lines.reverse().join("\n"), cut: first > 0 };
}

/** The text right of the cursor, at most `limit` characters; whole lines except for the last. */
export function windowAfter(source: LineSource, line: number, character: number, limit: number): TextWindow {
  const lines = [source.line(line).slice(character)];
  let length = lines[0]?.length ?? 0;
  let last = line;
  while (length < limit && last + 1 < source.lineCount) {
    const below = source.line(++last);
    lines.push(below);
    length += below.length + 1;
  }
  const text = lines.join("\n");
  return {
    text: text.length > limit ? withoutHalf(text.slice(0, limit)) : text,
    cut: text.length > limit || last + 1 < source.lineCount,
  };
}

/** Drops the half of a surrogate pair that a cut has left at either end. */
function withoutHalf(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "");
}
