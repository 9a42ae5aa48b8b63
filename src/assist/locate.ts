import type { Definition, SyntaxService, TextRange } from "../syntax/syntaxService.ts";
import { stillParses } from "./candidateChecks.ts";
import { definitionHeader } from "./definitionHeader.ts";
import { leavesOut } from "./leavesOut.ts";

export type Located =
  /** `text` takes the place of this range of the document, indented to fit. */
  | { readonly kind: "replace"; readonly range: TextRange; readonly text: string; readonly name: string }
  /** The code is no one definition, or the document has none of that name. */
  | { readonly kind: "absent" }
  /** It is not certain which is meant, or that nothing else would be lost: the user decides. */
  | { readonly kind: "unsure" };

/** Models put the file's name over a block. */
const fileName = /^\s*(?:\/\/|#)[ \t]*[\w./\\@-]+\.\w+[ \t]*\n(?:[ \t]*\n)*/;

const unsure: Located = { kind: "unsure" };

/**
 * Finds what a code block of an answer replaces: the one definition of the document that has the name and kind of the
 * block's only definition. What the block does not show of it stays, such as its comment, decorators and `export`; a
 * block that holds more, or less than a whole definition, has no certain place.
 */
export async function locate(
  syntax: SyntaxService,
  languageId: string,
  documentText: string,
  block: string,
): Promise<Located> {
  const code = block.replace(fileName, "");
  const inCode = (await syntax.outline(languageId, code))?.definitions ?? [];
  const [only, another] = topLevel(inCode);
  if (!only || another) return { kind: "absent" };
  const inDocument = (await syntax.outline(languageId, documentText))?.definitions ?? [];
  const same = inDocument.filter((one) => one.name === only.name && sameKind(one.kind, only.kind));
  // A method is shown without its class, but for Go's, which name their type.
  const fitting = same.filter(({ container }) => [undefined, container].includes(only.container));
  const [found] = fitting;
  if (!found) return same.length > 0 ? unsure : { kind: "absent" };
  const isKept = (one: Definition): boolean =>
    one === found || !covers(found, one) || inCode.some(({ name }) => name === one.name);
  if (fitting.length > 1 || !inDocument.every(isKept)) return unsure;
  const fitted = placed(documentText, found, code, only);
  if (!fitted) return unsure;
  const region = { key: "apply", path: "", languageId, text: documentText, range: fitted.range };
  if ((await stillParses(region, fitted.text, syntax)) === false) return unsure;
  return { kind: "replace", ...fitted, name: found.name };
}

/** A place for the code in one of several documents. */
export interface Replacement<Source> extends Extract<Located, { readonly kind: "replace" }> {
  readonly source: Source;
}

/** @returns every place for `code`, and whether it is the only one that can be meant. */
export async function locateAmong<Source extends { readonly languageId: string; readonly text: string }>(
  syntax: SyntaxService,
  sources: readonly Source[],
  code: string,
): Promise<{ readonly places: readonly Replacement<Source>[]; readonly isCertain: boolean }> {
  const places: Replacement<Source>[] = [];
  let isUnsure = false;
  for (const source of sources) {
    const located = await locate(syntax, source.languageId, source.text, code);
    if (located.kind === "replace") places.push({ ...located, source });
    else if (located.kind === "unsure") isUnsure = true;
  }
  return { places, isCertain: places.length === 1 && !isUnsure };
}

function topLevel(definitions: readonly Definition[]): readonly Definition[] {
  return definitions.filter((one) => !definitions.some((other) => other !== one && covers(other, one)));
}

const covers = (outer: Definition, inner: Definition): boolean =>
  outer.range.start <= inner.range.start && outer.range.end >= inner.range.end;

/** A method shown outside its class is a function to the parser. */
function sameKind(a: Definition["kind"], b: Definition["kind"]): boolean {
  const callable = new Set(["function", "method"]);
  return a === b || (callable.has(a) && callable.has(b));
}

/** @returns undefined where the block holds more or less than the definition, or would take something from it. */
function placed(
  documentText: string,
  found: Definition,
  code: string,
  only: Definition,
): { readonly range: TextRange; readonly text: string } | undefined {
  const old = definitionHeader(documentText, found);
  const written = definitionHeader(code, only);
  if (!old || !written) return undefined;
  const end = endOf(code, only.range);
  if (!/^(?:<\?php|package [\w.]+;?)?\s*;?$/.test((code.slice(0, written.start) + code.slice(end)).trim()))
    return undefined;
  const { comments } = written;
  if (comments && old.comments && comments.slice(0, 3) !== old.comments.slice(0, 3)) return undefined;
  // What is above may belong to it, such as the end of an attribute of several lines, and would then stand twice.
  const hasLines = code.slice(written.start, written.nameAt).includes("\n");
  if (hasLines && old.above && !/[{}:;]$/.test(old.above)) return undefined;
  const range = { start: comments ? old.start : old.restStart, end: endOf(documentText, found.range) };
  if (leavesOut(documentText.slice(range.start, range.end), code)) return undefined;
  const move = (text: string): string =>
    reindented(text, indentAt(code, written.start), indentAt(documentText, old.start));
  if (` ${old.rest}`.endsWith(` ${written.rest}`)) {
    const kept = documentText.slice(old.restStart, old.nameAt);
    return { range, text: move(comments) + kept + move(code.slice(written.nameAt, end)) };
  }
  const words = new Set(wordsOf(written.rest));
  if (!wordsOf(old.rest).every((word) => words.has(word))) return undefined;
  return { range, text: move(code.slice(written.start, end)) };
}

/** The grammar of JavaScript counts a comment behind the last bracket in, which belongs to nobody. */
function endOf(text: string, { start, end }: TextRange): number {
  return start + text.slice(start, end).replace(/([};])[ \t]*\/\/[^\n]*$/, "$1").length;
}

const wordsOf = (text: string): readonly string[] => text.match(/\w+/g) ?? [];

function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1))?.[0] ?? "";
}

/** All lines but the first, which begins in the middle. */
function reindented(text: string, from: string, to: string): string {
  return text.replace(/\n([ \t]*)(?![ \t\n])/g, (_, indent: string) =>
    indent.startsWith(from) ? `\n${to}${indent.slice(from.length)}` : `\n${indent}`,
  );
}
