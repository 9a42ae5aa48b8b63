import type { Enclosing, SyntaxService, TextRange } from "../syntax/syntaxService.ts";

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
 * comment or at a decorator of a definition means the definition, one outside of functions and classes the definition
 * that it stands in, else the document.
 * @param symbols functions and classes that a language server knows. They are preferred to what tree-sitter sees, but for
 *   two: servers call a function that is a field or a constant a property or a variable, so a smaller one of these wins;
 *   and TypeScript's calls each lambda a function, also one that is a mere expression of what is around it.
 */
export async function growRange(
  region: CodeRegion,
  symbols: readonly TextRange[],
  syntax: SyntaxService,
): Promise<TextRange> {
  const { text } = region;
  const range = behindLead(region, written(text, region.range));
  const around = await enclosingRange(region, range, symbols, syntax);
  if (around) return wholeLines(text, around);
  if (range.start === range.end) {
    const definition = await definitionAround(region, range, syntax);
    return definition ? wholeLines(text, definition) : { start: 0, end: text.length };
  }
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
  region: CodeRegion,
  range: TextRange,
  symbols: readonly TextRange[],
  syntax: SyntaxService,
): Promise<TextRange | undefined> {
  const around = await syntax.enclosing(region.key, region.languageId, region.text, range.start);
  const isExpression = (symbol: TextRange): boolean =>
    around?.expressions.some(({ start, end }) => start === symbol.start && end === symbol.end) ?? false;
  const known = symbols
    .filter((symbol) => covers(symbol, range) && !isExpression(symbol))
    .sort((a, b) => a.end - a.start - (b.end - b.start))[0];
  const parsed = around && (await parsedAround(region, range, around, syntax));
  if (!known || !parsed) return known ?? parsed?.function ?? parsed?.class;
  const { function: inner, class: holder } = parsed;
  const isUnknown = inner && covers(known, inner) && (inner.name || (holder && covers(known, holder)));
  return isUnknown ? inner : known;
}

/** Of what tree-sitter sees the innermost function and class that hold the whole range. */
async function parsedAround(
  { key, languageId, text }: CodeRegion,
  range: TextRange,
  innermost: Enclosing,
  syntax: SyntaxService,
): Promise<Pick<Enclosing, "function" | "class">> {
  let at: Enclosing | undefined = innermost;
  for (;;) {
    const inner: TextRange | undefined = at?.function ?? at?.class;
    if (!at || !inner) return {};
    if (covers(inner, range)) return at;
    if (inner.start === 0) return {};
    at = await syntax.enclosing(key, languageId, text, inner.start - 1);
  }
}

/** What is defined at a place, such as a type or a constant. */
async function definitionAround(
  { languageId, text }: CodeRegion,
  range: TextRange,
  syntax: SyntaxService,
): Promise<TextRange | undefined> {
  const outline = await syntax.outline(languageId, text);
  const around = outline?.definitions.filter((definition) => covers(definition.range, range)) ?? [];
  return around.map((definition) => definition.range).sort((a, b) => a.end - a.start - (b.end - b.start))[0];
}

const covers = (outer: TextRange, inner: TextRange): boolean =>
  outer.start <= inner.start && outer.end >= inner.end;

/** Comments, decorators and attributes. */
const leadLine = /^([ \t]*)(@|#|\/\/|\/\*|\*|--|;;)/;
const directive = /^[ \t]*#[ \t]*(?:include|define|undef|if|ifn?def|elif|else|endif|pragma)\b/;
/** Elsewhere `# if …` is a comment. */
const withDirectives = new Set(["c", "cpp", "cuda-cpp", "objective-c", "objective-cpp", "csharp"]);

/** A cursor in the lines that stand in front of a definition goes to its first line of code. */
function behindLead({ text, languageId }: CodeRegion, range: TextRange): TextRange {
  if (range.start !== range.end) return range;
  let at = text.lastIndexOf("\n", range.start - 1) + 1;
  const indents = new Set<number>();
  for (let end = text.indexOf("\n", at); end !== -1; end = text.indexOf("\n", at)) {
    const line = text.slice(at, end);
    const [, indent = "", mark] = leadLine.exec(line) ?? [];
    if (!mark || (withDirectives.has(languageId) && directive.test(line))) break;
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
