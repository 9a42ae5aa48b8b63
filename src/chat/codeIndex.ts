import MiniSearch from "minisearch";
import type { PlaceView } from "./protocol.ts";

/** A piece of a file, about as large as a function. */
export interface Chunk {
  readonly path: string;
  /** First and last line, from 1. */
  readonly startLine: number;
  readonly endLine: number;
  readonly text: string;
}

export interface FoundChunk extends PlaceView {
  readonly text: string;
  readonly score: number;
}

const mostLinesPerChunk = 40;
const mostCharactersPerFile = 200_000;
/** Bounds the memory: about 60 MB of text and index for files of usual length. */
const mostChunks = 40_000;

/** Full-text index over a workspace, ranked by BM25+ (as MiniSearch implements it) with names weighing more than text. */
export class CodeIndex {
  readonly #search = new MiniSearch<Chunk & { readonly id: number }>({
    fields: ["names", "text", "path"],
    idField: "id",
    extractField: (chunk, field) =>
      field === "names" ? definedNames(chunk.text) : chunk[field as keyof typeof chunk],
    tokenize: codeWords,
    processTerm: (term) => term.toLowerCase(),
    searchOptions: { boost: { names: 3, path: 2 }, prefix: (term) => term.length > 4, combineWith: "OR" },
  });
  readonly #chunks = new Map<number, Chunk & { readonly id: number }>();
  readonly #byPath = new Map<string, readonly number[]>();
  #nextId = 0;

  get size(): number {
    return this.#chunks.size;
  }

  /** Puts a file's text in place of what was known of it. @returns false when the index is full. */
  put(path: string, text: string): boolean {
    this.remove(path);
    const ids: number[] = [];
    for (const chunk of chunksOf(path, text)) {
      if (this.#chunks.size >= mostChunks) break;
      const entry = { ...chunk, id: this.#nextId++ };
      this.#chunks.set(entry.id, entry);
      this.#search.add(entry);
      ids.push(entry.id);
    }
    if (ids.length > 0) this.#byPath.set(path, ids);
    return this.#chunks.size < mostChunks;
  }

  remove(path: string): void {
    for (const id of this.#byPath.get(path) ?? []) {
      this.#search.discard(id);
      this.#chunks.delete(id);
    }
    this.#byPath.delete(path);
  }

  /** The chunks that answer a question best, at most two of a file so that one file does not fill the answer. */
  find(question: string, count: number): readonly FoundChunk[] {
    const perFile = new Map<string, number>();
    const found: FoundChunk[] = [];
    for (const { id, score } of this.#search.search(question)) {
      const chunk = this.#chunks.get(id as number);
      if (!chunk) continue;
      const taken = perFile.get(chunk.path) ?? 0;
      if (taken >= 2) continue;
      perFile.set(chunk.path, taken + 1);
      const { path, startLine, endLine, text } = chunk;
      found.push({ path, startLine, endLine, text, score });
      if (found.length >= count) break;
    }
    return found;
  }
}

/**
 * Cuts a file where a new top-level piece begins (a line at the left margin after a blank line), and long pieces by
 * length. Needs no grammar, so every language is found.
 */
export function chunksOf(path: string, text: string): readonly Chunk[] {
  const lines = text.slice(0, mostCharactersPerFile).split("\n");
  const chunks: Chunk[] = [];
  let start = 0;
  const close = (end: number): void => {
    const body = lines.slice(start, end).join("\n").trimEnd();
    if (body.trim() !== "")
      chunks.push({ path, startLine: start + 1, endLine: start + body.split("\n").length, text: body });
    start = end;
  };
  for (let line = 1; line < lines.length; line++) {
    const afterBlank = lines[line - 1]?.trim() === "";
    const atMargin = /^[^\s})\]]/.test(lines[line] ?? "");
    const tooLong = line - start >= mostLinesPerChunk;
    if ((afterBlank && atMargin && line - start >= 4) || tooLong) close(line);
  }
  close(lines.length);
  return chunks;
}

/** Scripts that put no spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu;
const wordsIn = new Intl.Segmenter("und", { granularity: "word" });

/**
 * Words of code and prose: identifiers whole and in their parts (`parseUrl` gives parseUrl, parse, Url), and the words of a
 * sentence that is written without spaces.
 */
export function codeWords(text: string): string[] {
  const words: string[] = [];
  for (const [run] of text.matchAll(unspaced))
    for (const { segment } of wordsIn.segment(run)) words.push(segment);
  for (const [identifier] of text.replace(unspaced, " ").matchAll(/[\p{L}\p{M}\p{N}_$]+/gu)) {
    if (identifier.length > 60) continue;
    words.push(identifier);
    const parts = identifier.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+/gu) ?? [];
    if (parts.length > 1) words.push(...parts.filter((part) => part.length > 1));
  }
  return words;
}

const definition =
  /\b(?:function|def|class|interface|type|enum|struct|trait|impl|fn|func|module|const|let|var|val|public|private|protected|static)\s+(?:\*?\s*)([\p{L}_$][\p{L}\p{N}_$]*)/gu;

function definedNames(text: string): string {
  return [...text.matchAll(definition)].map((match) => match[1]).join(" ");
}
