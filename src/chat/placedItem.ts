import type { ContextItem } from "./contextItem.ts";

/** A range of a document as the editor counts, from 0; the end is exclusive. */
export interface DocumentRange {
  readonly startLine: number;
  readonly startCharacter: number;
  readonly endLine: number;
  readonly endCharacter: number;
}

export interface PlacedItemParts {
  readonly kind: "file" | "selection" | "symbol";
  readonly uri: string;
  /** As the user knows the file. */
  readonly path: string;
  readonly language: string;
  readonly range: DocumentRange;
  /** Of the range, cleared of secrets. */
  readonly text: string;
}

/** A part of a document as something that goes along; two parts of one file are two things. */
export function placedItem({ kind, uri, path, language, range, text }: PlacedItemParts): ContextItem {
  const { startLine, startCharacter, endLine, endCharacter } = range;
  const endsBeforeLine = endCharacter === 0 && endLine > startLine;
  const place = { path, startLine: startLine + 1, endLine: endsBeforeLine ? endLine : endLine + 1 };
  const name = path.slice(path.lastIndexOf("/") + 1);
  const part = kind === "file" ? "" : `#${startLine}:${startCharacter}-${endLine}:${endCharacter}`;
  return {
    id: `${kind}:${uri}${part}`,
    kind,
    label: kind === "selection" ? `${name}:${place.startLine}-${place.endLine}` : name,
    detail: `${path}, lines ${place.startLine} to ${place.endLine}`,
    language,
    text,
    source: { uri, range },
    place,
    pinned: false,
  };
}

/**
 * Where `text`, which was at the lines of `range`, stands in a document that has changed since: the nearest place with the
 * same lines, else the same lines by number, as far as there are such.
 */
export function rangeNow(range: DocumentRange, text: string, document: string): DocumentRange {
  const lines = document.split(/\r?\n/);
  const wanted = text.split(/\r?\n/);
  let nearest: number | undefined;
  for (let start = 0; start + wanted.length <= lines.length; start++) {
    const isNearer =
      nearest === undefined || Math.abs(start - range.startLine) < Math.abs(nearest - range.startLine);
    if (isNearer && standsAt(lines, start, wanted)) nearest = start;
  }
  const shift = (nearest ?? range.startLine) - range.startLine;
  const last = lines.length - 1;
  return {
    ...range,
    startLine: Math.min(range.startLine + shift, last),
    endLine: Math.min(range.endLine + shift, last),
  };
}

/** The first line may begin, and the last one end, within a line of the document. */
function standsAt(lines: readonly string[], start: number, wanted: readonly string[]): boolean {
  return wanted.every((line, index) => {
    const there = lines[start + index] ?? "";
    if (wanted.length === 1) return there.includes(line);
    if (index === 0) return there.endsWith(line);
    return index === wanted.length - 1 ? there.startsWith(line) : there === line;
  });
}
