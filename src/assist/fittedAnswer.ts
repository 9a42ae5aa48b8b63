import type { Definition, SyntaxService } from "../syntax/syntaxService.ts";
import { definitionHeader } from "./definitionHeader.ts";
import { isImportLine } from "./importLines.ts";
import { likeRegion } from "./likeRegion.ts";
import { type CodeRegion, lineAt, regionText } from "./region.ts";

/** A model's block as it goes into a region. */
export interface FittedAnswer {
  /** New text of the region. */
  readonly replacement: string;
  /** Import lines that the block has in front, for the head of the file. */
  readonly imports: readonly string[];
}

const kinds = new Set<Definition["kind"]>(["function", "method", "class", "interface", "type", "enum"]);

/**
 * Takes from a model's block what belongs in a region that is one definition: models put a method into its class again,
 * imports above it and an example of its use below, and leave out decorators and `export`. A block that holds anything
 * else is taken as it is, indented like the region.
 * @param problemLines where problems are reported that the block is to mend, from 1 in the document.
 */
export async function fitAnswer(
  region: CodeRegion,
  written: string,
  problemLines: readonly number[],
  syntax: SyntaxService,
): Promise<FittedAnswer> {
  const old = regionText(region);
  const asItIs = { replacement: ended(likeRegion(written, old), old), imports: [] };
  const inDocument = (await syntax.outline(region.languageId, region.text))?.definitions ?? [];
  const meant = onlyDefinition(region, inDocument);
  if (!meant) return asItIs;
  const inAnswer = (await syntax.outline(region.languageId, written))?.definitions ?? [];
  const found = inAnswer.filter(
    ({ name, kind, container }) =>
      name === meant.name &&
      (kind === meant.kind || (isCallable(kind) && isCallable(meant.kind))) &&
      (container === undefined || container === meant.container),
  );
  const [only] = found;
  if (!only || found.length > 1) return asItIs;
  const outside = new Set(
    inDocument.filter((one) => !covers(region.range, one.range)).map(({ name }) => name),
  );
  // What it calls, and the file does not have yet.
  const helpers = inAnswer.filter(
    (one) =>
      one !== only && one.container === only.container && kinds.has(one.kind) && !outside.has(one.name),
  );
  const header = oldHeader(region, meant);
  if (!header) return asItIs;
  const nameLine = lineAt(region.text, region.text.indexOf(meant.name, meant.range.start));
  const firstLine = lineAt(region.text, region.range.start);
  // What is reported about a header may be mended by leaving some of it out.
  const isAtIssue = problemLines.some((line) => line >= firstLine && line <= nameLine);
  const kept = isAtIssue ? { ...header, text: "" } : header;
  const pieces = [only, ...helpers]
    .sort((a, b) => a.range.start - b.range.start)
    .map((one) => pieceOf(written, one, one === only ? kept : undefined));
  const rest = leftOver(written, inAnswer, only);
  const isImport = (line: string): boolean => isImportLine(region.languageId, line);
  const known = new Set(region.text.split("\n").map((line) => line.trim()));
  const isIdle = (line: string): boolean =>
    known.has(line.trim()) || isUsage(line, only.name) || isImport(line);
  if (pieces.includes(undefined) || !rest.every(isIdle)) return asItIs;
  return {
    replacement: ended(likeRegion(pieces.join("\n\n"), old), old),
    imports: rest.filter(isImport),
  };
}

/** The definition that a region is, but for white space and what ends it. */
function onlyDefinition(
  { text, range }: CodeRegion,
  definitions: readonly Definition[],
): Definition | undefined {
  const inside = definitions.filter((one) => kinds.has(one.kind) && covers(range, one.range));
  const outermost = inside.filter(
    (one) => !inside.some((other) => other !== one && covers(other.range, one.range)),
  );
  const [only] = outermost;
  if (!only || outermost.length > 1) return undefined;
  const around = text.slice(range.start, only.range.start) + text.slice(only.range.end, range.end);
  return /^[\s;,]*$/.test(around) ? only : undefined;
}

/** What stands in front of a definition's name, as far as it lies in the region. */
interface OldHeader {
  readonly text: string;
  readonly indent: string;
}

function oldHeader({ text, range }: CodeRegion, definition: Definition): OldHeader | undefined {
  const header = definitionHeader(text, definition);
  if (!header) return undefined;
  const start = Math.max(header.restStart, range.start);
  return { text: text.slice(start, header.nameAt).trimStart(), indent: indentAt(text, start) };
}

/** A definition with its lines in front; with an old header, without new comments and with what it lacks of that header. */
function pieceOf(written: string, one: Definition, old: OldHeader | undefined): string | undefined {
  const header = definitionHeader(written, one);
  if (!header) return undefined;
  const from = old ? header.restStart : header.start;
  const indent = /[ \t]*$/.exec(written.slice(0, from))?.[0] ?? "";
  if (!old || !lacksOnly(old.text.trim().replace(/\s+/g, " "), header.rest))
    return indent + written.slice(from, one.range.end);
  return `${indent}${old.text.replaceAll(`\n${old.indent}`, `\n${indent}`)}${written.slice(header.nameAt, one.range.end)}`;
}

/** Whether a header lacks something of the old one, and nothing but decorators, attributes and `export`. */
function lacksOnly(old: string, now: string): boolean {
  if (old === now || !` ${old}`.endsWith(` ${now}`)) return false;
  const lost = old.slice(0, old.length - now.length).trim();
  return (
    /^(?:@\S.*|#\[.*\]|export(?: default)?)$/.test(lost) && !/\b(?:async|static|def|function)\b/.test(lost)
  );
}

/** The lines of a block beside the one that is meant, its neighbours and the beginning of what holds them. */
function leftOver(written: string, definitions: readonly Definition[], only: Definition): readonly string[] {
  const holder = definitions.find(
    (one) => one !== only && one.name === only.container && covers(one.range, only.range),
  );
  const members = definitions.filter((one) => one.container === only.container && kinds.has(one.kind));
  const taken = [...(holder ? [holder.signature] : []), ...members.map(({ range }) => range)];
  const lines: string[] = [];
  let at = 0;
  for (const line of written.split("\n")) {
    const [start, end] = [at + line.length - line.trimStart().length, at + line.length];
    at = end + 1;
    const isTaken = taken.some((range) => range.start < end && range.end > start);
    if (!isTaken && !/^\s*(?:$|[{}]+;?$|@|#\[|\/\/|\/?\*|#(?!\s*(?:include|define)\b))/.test(line))
      lines.push(line);
  }
  return lines;
}

/** How models show what they have written at work. */
function isUsage(line: string, name: string): boolean {
  return (
    /^\s*(?:print|console\.\w+|assert\w*|System\.out\.\w+|fmt\.\w+)\b|^if __name__/.test(line) ||
    line.trim().startsWith(`${name}(`)
  );
}

/** What ends an entry of a list or a field stays, as the block seldom has it. */
function ended(replacement: string, old: string): string {
  const [mark] = /[,;]$/.exec(old) ?? [];
  return mark && !replacement.endsWith(mark) ? replacement.replace(/[,;]?$/, mark) : replacement;
}

const isCallable = (kind: Definition["kind"]): boolean => kind === "function" || kind === "method";

const covers = (
  outer: { readonly start: number; readonly end: number },
  inner: { readonly start: number; readonly end: number },
): boolean => outer.start <= inner.start && outer.end >= inner.end;

function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1))?.[0] ?? "";
}
