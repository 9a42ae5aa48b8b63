import type { SyntaxService, TextRange } from "../syntax/syntaxService.ts";

/** A part of a document that an assist command works on. `text` is the whole document with `\n` line ends. */
export interface CodeRegion {
  /** Identity of the document. */
  readonly key: string;
  /** Workspace-relative path with forward slashes. */
  readonly path: string;
  readonly languageId: string;
  readonly text: string;
  readonly range: TextRange;
}

export function regionText(region: CodeRegion): string {
  return region.text.slice(region.range.start, region.range.end);
}

/** Line on which an offset lies, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

/** Without white space. */
export function squeeze(text: string): string {
  return text.replace(/\s+/g, "");
}

/** Grows a range to whole lines without the last line end. */
export function wholeLines(text: string, range: TextRange): TextRange {
  const start = text.lastIndexOf("\n", range.start - 1) + 1;
  // A selection that ends at the start of a line does not mean that line.
  const lastCharacter = range.end > range.start && text[range.end - 1] === "\n" ? range.end - 1 : range.end;
  const end = text.indexOf("\n", lastCharacter);
  return { start, end: end === -1 ? text.length : end };
}

/**
 * Grows a selection or a cursor to what a person means by it: a selection that lies inside a function to that
 * function, else to its class; one that begins or ends inside of others to these, else to whole lines. A cursor in the
 * comment or at a decorator of a definition means the definition. `symbols` are ranges that a language server knows
 * (document symbols or folding ranges) and are preferred, but for a class where tree-sitter knows a function in it, as
 * servers call a function that is a field a property; tree-sitter answers where there are none.
 */
export async function growRange(
  region: CodeRegion,
  symbols: readonly TextRange[],
  syntax: SyntaxService,
): Promise<TextRange> {
  const { text } = region;
  const range = behindLead(text, written(text, region.range));
  const around = await enclosingRange(region, range, symbols, syntax);
  if (around) return wholeLines(text, around);
  if (range.start === range.end) return { start: 0, end: text.length };
  const ends = [range.start, range.end - 1].map((at) =>
    enclosingRange(region, { start: at, end: at }, symbols, syntax),
  );
  const [first = range, last = range] = await Promise.all(ends);
  return wholeLines(text, {
    start: Math.min(range.start, first.start),
    end: Math.max(range.end, last.end),
  });
}

async function enclosingRange(
  { key, languageId, text }: CodeRegion,
  range: TextRange,
  symbols: readonly TextRange[],
  syntax: SyntaxService,
): Promise<TextRange | undefined> {
  const known = symbols
    .filter((symbol) => covers(symbol, range))
    .sort((a, b) => a.end - a.start - (b.end - b.start))[0];
  const enclosing = await syntax.enclosing(key, languageId, text, range.start);
  const parsed = [enclosing?.function, enclosing?.class].find((one) => one && covers(one, range));
  const isField = enclosing?.class && known && covers(known, enclosing.class);
  return isField && parsed === enclosing.function ? parsed : (known ?? parsed);
}

const covers = (outer: TextRange, inner: TextRange): boolean =>
  outer.start <= inner.start && outer.end >= inner.end;

const leadLine = /^([ \t]*)(@|#\[|#(?!\s*(?:include|define|if|else|endif))|\/\/|\/\*|\*)/;

/** A cursor in the lines that stand in front of a definition goes to its first line of code. */
function behindLead(text: string, range: TextRange): TextRange {
  if (range.start !== range.end) return range;
  let at = text.lastIndexOf("\n", range.start - 1) + 1;
  const indents = new Set<number>();
  for (let end = text.indexOf("\n", at); end !== -1; end = text.indexOf("\n", at)) {
    const [, indent = "", mark] = leadLine.exec(text.slice(at, end)) ?? [];
    if (!mark) break;
    // The lines of a block comment have one more.
    indents.add(mark === "*" ? Math.max(0, indent.length - 1) : indent.length);
    at = end + 1;
  }
  const indent = /^[ \t]*/.exec(text.slice(at))?.[0].length ?? 0;
  const isCode = /\S/.test(text.charAt(at + indent));
  // A comment that is indented otherwise belongs to what is in front of it.
  if (!isCode || indents.size !== 1 || !indents.has(indent)) return range;
  return { start: at + indent, end: at + indent };
}

/** A range without the white space at its ends, which belongs to what is around; a place in it goes to the line's code. */
function written(text: string, { start, end }: TextRange): TextRange {
  const inside = text.slice(start, end);
  if (inside.trim() !== "") {
    const leading = inside.length - inside.trimStart().length;
    return { start: start + leading, end: start + inside.trimEnd().length };
  }
  const indent = /^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0;
  const isIndentation = text.slice(text.lastIndexOf("\n", end - 1) + 1, end).trim() === "";
  const hasCode = isIndentation && /\S/.test(text.charAt(end + indent));
  return start === end && hasCode ? { start: end + indent, end: end + indent } : { start, end };
}

/**
 * Splits a region into units that are looked at one by one: its outermost functions and classes, and what lies
 * between them joined into one unit each. Units longer than `maxCharacters` are split into their members, at last
 * into runs of lines, so that nothing is left out.
 */
export async function splitIntoUnits(
  region: CodeRegion,
  maxCharacters: number,
  syntax: SyntaxService,
): Promise<readonly CodeRegion[]> {
  const outline = await syntax.outline(region.languageId, region.text);
  const kinds = new Set(["function", "method", "class", "interface", "module"]);
  const definitions = (outline?.definitions ?? []).filter((definition) => kinds.has(definition.kind));
  const pieces = cutRange(
    region.range,
    definitions.map((definition) => definition.range),
    maxCharacters,
    region.text,
  );
  return pieces
    .map((piece) => trimmed(region.text, piece))
    .filter((piece) => piece.end > piece.start)
    .map((range) => ({ ...region, range }));
}

function cutRange(
  range: TextRange,
  definitions: readonly TextRange[],
  maxCharacters: number,
  text: string,
): readonly TextRange[] {
  const inside = definitions.filter(
    (definition) =>
      definition.start >= range.start &&
      definition.end <= range.end &&
      definition.end - definition.start < range.end - range.start,
  );
  const outermost = inside.filter(
    (one) => !inside.some((other) => other !== one && other.start <= one.start && other.end >= one.end),
  );
  if (outermost.length === 0) return cutLines(range, maxCharacters, text);
  const pieces: TextRange[] = [];
  let at = range.start;
  for (const definition of [...outermost].sort((a, b) => a.start - b.start)) {
    const whole = wholeLines(text, definition);
    if (whole.start > at) pieces.push(...cutLines({ start: at, end: whole.start }, maxCharacters, text));
    const from = Math.max(at, whole.start);
    if (whole.end - from > maxCharacters) {
      const members = inside.filter((other) => other !== definition);
      pieces.push(...cutRange({ start: from, end: whole.end }, members, maxCharacters, text));
    } else if (whole.end > from) pieces.push({ start: from, end: whole.end });
    at = Math.max(at, whole.end);
  }
  if (range.end > at) pieces.push(...cutLines({ start: at, end: range.end }, maxCharacters, text));
  return pieces;
}

function cutLines(range: TextRange, maxCharacters: number, text: string): readonly TextRange[] {
  const pieces: TextRange[] = [];
  let start = range.start;
  while (range.end - start > maxCharacters) {
    const lineEnd = text.lastIndexOf("\n", start + maxCharacters);
    const end = lineEnd > start ? lineEnd + 1 : start + maxCharacters;
    pieces.push({ start, end });
    start = end;
  }
  if (range.end > start) pieces.push({ start, end: range.end });
  return pieces;
}

function trimmed(text: string, range: TextRange): TextRange {
  const inside = text.slice(range.start, range.end);
  const firstLine = /^(?:[ \t]*\n)*/.exec(inside)?.[0].length ?? 0;
  return { start: range.start + firstLine, end: range.start + Math.max(firstLine, inside.trimEnd().length) };
}
