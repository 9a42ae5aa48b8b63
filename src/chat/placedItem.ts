import type { ContextItem } from "./contextItem.ts";
import { partAround, type TextPart } from "./textPart.ts";

/** No more of a file is read, in characters; no local model takes more. */
export const mostItemCharacters = 60_000;
/** A private key is told by its first line; no key has more lines than this. */
const mostKeyLines = 200;

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
  /** Of the range. */
  readonly text: string;
  /** The line of the document, from 0, that matters most. */
  readonly cursorLine?: number;
  readonly maskSecrets: (text: string) => string;
}

/**
 * A part of a document as something that goes along; two parts of one file are two things. What is too long is read in
 * part, and named with the lines that were.
 */
export function placedItem(parts: PlacedItemParts): ContextItem {
  const { kind, uri, path, language, range, text, maskSecrets } = parts;
  const { startLine, startCharacter, endLine, endCharacter } = range;
  const focus = parts.cursorLine === undefined ? undefined : parts.cursorLine - startLine;
  const read = partAround(text, focus, {
    limit: mostItemCharacters,
    cost: (line) => line.length + 1,
    cut: (long, limit) => long.slice(0, limit),
  });
  const before = read.firstLine === 0 ? 0 : text.split("\n", read.firstLine).join("\n").length + 1;
  const unread = { before, after: text.length - read.text.length - before };
  const isWhole = read.text === text;
  const endsBeforeLine = endCharacter === 0 && endLine > startLine;
  const lastLine = endsBeforeLine ? endLine : endLine + 1;
  const firstRead = startLine + read.firstLine + 1;
  const place = {
    path,
    startLine: firstRead,
    endLine: isWhole ? lastLine : Math.min(lastLine, firstRead + read.lines - 1),
  };
  const name = path.slice(path.lastIndexOf("/") + 1);
  const part = kind === "file" ? "" : `#${startLine}:${startCharacter}-${endLine}:${endCharacter}`;
  return {
    id: `${kind}:${uri}${part}`,
    kind,
    label: kind === "selection" ? `${name}:${startLine + 1}-${lastLine}` : name,
    detail: `${path}, lines ${place.startLine} to ${place.endLine}`,
    language,
    text: masked(text, read, maskSecrets),
    ...(!isWhole && { unread }),
    ...(focus !== undefined && { cursorLine: focus - read.firstLine }),
    source: { uri, range },
    place,
    pinned: false,
  };
}

/** A key that begins before the part is masked too. */
function masked(whole: string, part: TextPart, maskSecrets: (text: string) => string): string {
  if (part.firstLine === 0) return maskSecrets(part.text);
  const lines = whole.split("\n");
  const before = Math.max(0, part.firstLine - mostKeyLines);
  const withBefore = [...lines.slice(before, part.firstLine), part.text].join("\n");
  return maskSecrets(withBefore)
    .split("\n")
    .slice(part.firstLine - before)
    .join("\n");
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
