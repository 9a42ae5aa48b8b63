import type { Definition, SyntaxService, TextRange } from "../syntax/syntaxService.ts";

export type Located =
  /** The code replaces this range of the document, re-indented to fit. */
  | { readonly kind: "replace"; readonly range: TextRange; readonly name: string }
  /** No place is certain; the user decides. */
  | { readonly kind: "unsure" };

/**
 * Finds what a code block of an answer replaces: the one definition of the document that has the name and kind of the
 * block's only top-level definition.
 */
export async function locate(
  syntax: SyntaxService,
  languageId: string,
  documentText: string,
  code: string,
): Promise<Located> {
  const inCode = topLevel((await syntax.outline(languageId, code))?.definitions ?? []);
  const [only] = inCode;
  if (!only || inCode.length !== 1) return { kind: "unsure" };
  const same = ((await syntax.outline(languageId, documentText))?.definitions ?? []).filter(
    (definition) => definition.name === only.name && sameKind(definition.kind, only.kind),
  );
  const [found] = same;
  if (!found || same.length !== 1) return { kind: "unsure" };
  return { kind: "replace", range: found.range, name: found.name };
}

function topLevel(definitions: readonly Definition[]): readonly Definition[] {
  return definitions.filter(
    (one) =>
      !definitions.some(
        (other) => other !== one && other.range.start <= one.range.start && other.range.end >= one.range.end,
      ),
  );
}

/** A method shown outside its class is a function to the parser. */
function sameKind(a: Definition["kind"], b: Definition["kind"]): boolean {
  const callable = new Set(["function", "method"]);
  return a === b || (callable.has(a) && callable.has(b));
}
