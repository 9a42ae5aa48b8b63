/** Some lines of a text that follow each other. */
export interface TextPart {
  readonly text: string;
  /** Counted from 0. */
  readonly firstLine: number;
  readonly lines: number;
}

/** How much of a text is too much. */
export interface Measure {
  readonly limit: number;
  /** Of a line without its end. */
  readonly cost: (line: string) => number;
  /** The beginning of a text that keeps to a limit. */
  readonly cut: (text: string, limit: number) => string;
}

/**
 * As many lines as fit, grown from `line` to both sides alike; from the beginning where there is no line that matters.
 * A line that is too long by itself is cut.
 */
export function partAround(text: string, line: number | undefined, measure: Measure): TextPart {
  const { limit, cost, cut } = measure;
  const all = text.split("\n");
  const middle = Math.min(Math.max(0, line ?? 0), all.length - 1);
  let left = limit - cost(all[middle] ?? "");
  if (line === undefined || left < 0) {
    const beginning = cut(line === undefined ? text : (all[middle] ?? ""), limit);
    return {
      text: beginning,
      firstLine: line === undefined ? 0 : middle,
      lines: beginning.split("\n").length,
    };
  }
  let [first, last] = [middle, middle];
  const take = (index: number): boolean => {
    const next = all[index];
    if (next === undefined || cost(next) > left) return false;
    left -= cost(next);
    return true;
  };
  let [up, down] = [true, true];
  while (up || down) {
    up = up && take(first - 1);
    if (up) first--;
    down = down && take(last + 1);
    if (down) last++;
  }
  return { text: all.slice(first, last + 1).join("\n"), firstLine: first, lines: last - first + 1 };
}
