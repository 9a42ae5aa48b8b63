import type { SyntaxService } from "../syntax/syntaxService.ts";
import { stillParses } from "./candidateChecks.ts";
import type { CodeRegion } from "./region.ts";

const scripts = /^import\b[^(]*["'][^"']+["'];?$|^(?:const|let|var)\s.*=\s*require\(["'][^"']+["']\);?$/;
const forms: Readonly<Record<string, RegExp>> = {
  typescript: scripts,
  typescriptreact: scripts,
  javascript: scripts,
  javascriptreact: scripts,
  python: /^(?:import\s+[\w.]|from\s+[\w.]+\s+import\s+[\w*])[^(\\]*$/,
  go: /^import\s+(?:[\w.]+\s+)?"[^"]+"$/,
  rust: /^use\s+[^;]+;$/,
  java: /^import\s+(?:static\s+)?[\w.*]+;$/,
  csharp: /^using\s+[\w.=\s]+;$/,
  php: /^use\s+[\w\\]+(?:\s+as\s+\w+)?;$/,
  ruby: /^require(?:_relative)?\s+["'][^"']+["']$/,
  c: /^#\s*include\s*[<"][^>"]+[>"]$/,
  cpp: /^#\s*include\s*[<"][^>"]+[>"]$/,
};

/** Whether a line is an import statement of its own at the left margin. */
export function isImportLine(languageId: string, line: string): boolean {
  return forms[languageId]?.test(line.trimEnd()) ?? false;
}

/**
 * The document with import lines added to those that it has, in front of the region.
 * @returns the region in the new document; undefined where they would not count as imports.
 */
export async function withImports(
  region: CodeRegion,
  imports: readonly string[],
  syntax: SyntaxService,
): Promise<CodeRegion | undefined> {
  const { text, range, languageId } = region;
  const importsOf = async (code: string): Promise<readonly string[]> =>
    ((await syntax.outline(languageId, code))?.imports ?? []).map((one) => `${one.name} ${one.from}`);
  const known = new Set(await importsOf(text));
  const written = new Set(text.split("\n").map((line) => line.trimEnd()));
  const fresh: string[] = [];
  for (const line of imports) {
    const names = await importsOf(line);
    const isKnown = names.length > 0 && names.every((name) => known.has(name));
    if (!isKnown && !written.has(line.trimEnd())) fresh.push(line);
  }
  if (fresh.length === 0) return region;
  const { at, isFirst } = placeOfImports(languageId, text.slice(0, range.start));
  const isApart = !isFirst || /^(?:import|from|use|using|#)\b/.test(text.slice(at));
  const added = fresh.map((line) => `${line.trimEnd()}\n`).join("") + (isApart ? "" : "\n");
  if ((await stillParses({ ...region, range: { start: at, end: at } }, added, syntax)) === false)
    return undefined;
  const withAdded = text.slice(0, at) + added + text.slice(at);
  // In a text or a comment that shows imports, they are none.
  if ((await importsOf(withAdded)).length < (await importsOf(text)).length + fresh.length) return undefined;
  return {
    ...region,
    text: withAdded,
    range: { start: range.start + added.length, end: range.end + added.length },
  };
}

interface Place {
  readonly at: number;
  /** Nothing of the kind stands in front. */
  readonly isFirst: boolean;
}

/** Licences, and what only counts on the first lines of a file. */
const lead =
  /^(?:(?:#!|#(?!\s*(?:include|define|if|pragma))|\/\/|["']use \w+["'];?|<\?php|package\s)[^\n]*\n|\/\*[\s\S]*?\*\/[ \t]*\n|"""[\s\S]*?"""[ \t]*\n|[ \t]*\n)*/;

/** Behind the last import line of a file's head or, in a file without one, where its code begins. */
function placeOfImports(languageId: string, head: string): Place {
  let at = 0;
  let end: number | undefined;
  for (const line of head.split(/(?<=\n)/)) {
    at += line.length;
    if (line.endsWith("\n") && isImportLine(languageId, line)) end = at;
  }
  return end === undefined
    ? { at: lead.exec(head)?.[0].length ?? 0, isFirst: true }
    : { at: end, isFirst: false };
}
