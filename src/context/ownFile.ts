import type { ImportedName, SyntaxService, TextRange } from "../syntax/syntaxService.ts";
import type { ContextQuery } from "./contextProvider.ts";
import { impliedMembers } from "./impliedMembers.ts";
import { type IndexedDefinition, indexed } from "./outlineIndex.ts";

const mostKept = 20;

export interface OwnDefinition extends IndexedDefinition {
  readonly range: TextRange;
}

/** The outline of the file that is being written, without the line of the cursor. */
export interface OwnFile {
  readonly text: string;
  /** Start of the cursor's line in `text`. */
  readonly cursor: number;
  readonly definitions: readonly OwnDefinition[];
  readonly imports: readonly ImportedName[];
}

/** Outlines of the files that are being edited. A line that is being typed breaks the parse, so it is left out. */
export class OwnFiles {
  readonly #syntax: SyntaxService;
  readonly #known = new Map<string, Promise<OwnFile | undefined>>();
  readonly #texts = new Map<string, string>();

  constructor(syntax: SyntaxService) {
    this.#syntax = syntax;
  }

  of(query: ContextQuery): Promise<OwnFile | undefined> {
    const head = query.prefix.slice(0, query.prefix.lastIndexOf("\n") + 1);
    const lineEnd = query.suffix.indexOf("\n");
    const text = head + (lineEnd < 0 ? "" : query.suffix.slice(lineEnd + 1));
    const known = this.#known.get(query.uri);
    if (known && this.#texts.get(query.uri) === text) return known;
    this.#known.delete(query.uri);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= mostKept) {
      this.#known.delete(oldest);
      this.#texts.delete(oldest);
    }
    const outlined = this.#outline(query, text, head.length);
    this.#known.set(query.uri, outlined);
    this.#texts.set(query.uri, text);
    return outlined;
  }

  async #outline(query: ContextQuery, text: string, cursor: number): Promise<OwnFile | undefined> {
    const outline = await this.#syntax.outline(query.languageId, text);
    if (!outline) return undefined;
    const nowhere = { start: -1, end: -1 };
    const definitions = [
      ...outline.definitions.map((each) => ({ ...indexed(each, text, query.path), range: each.range })),
      ...impliedMembers(outline.definitions, query.languageId, text, query.path).map((each) => ({
        ...each,
        range: nowhere,
      })),
    ];
    return { text, cursor, definitions, imports: outline.imports };
  }
}

/** Name of the class (or of the type that an implementation belongs to) around the cursor. */
export function enclosingType({ definitions, cursor, text }: OwnFile): string | undefined {
  let found: OwnDefinition | undefined;
  for (const each of definitions) {
    if (each.range.start > cursor || each.range.end < cursor) continue;
    if (isTypeLike(each) || each.container) {
      if (!found || each.range.start >= found.range.start) found = each;
    }
  }
  if (found) return isTypeLike(found) ? found.name : found.container;
  return enclosingTypeByIndentation(text.slice(0, cursor));
}

/** Where the parser lost its way: the nearest head of a class that stands further left. */
function enclosingTypeByIndentation(before: string): string | undefined {
  const lines = before.split("\n");
  let width = indentOf(lines.findLast((line) => line.trim() !== "") ?? "");
  for (const line of lines.reverse()) {
    if (line.trim() === "") continue;
    const head =
      /^\s*(?:(?:export|default|public|private|protected|internal|abstract|final|static|sealed|pub(?:\([\w:]+\))?)\s+)*(?:class|interface|struct|trait|record|enum)\s+(\w+)|^\s*impl(?:<[^{]*?>)?\s+(?:[^{]*?\bfor\s+)?(?:\w+::)*(\w+)/.exec(
        line,
      );
    const indent = indentOf(line);
    if (head && indent < Math.max(1, width)) return head[1] ?? head[2];
    width = Math.min(width, indent);
  }
  return undefined;
}

const indentOf = (line: string): number => /^\s*/.exec(line)?.[0].length ?? 0;

export const isTypeLike = ({ kind }: Pick<IndexedDefinition, "kind">): boolean =>
  kind === "class" || kind === "interface" || kind === "enum" || kind === "type";
