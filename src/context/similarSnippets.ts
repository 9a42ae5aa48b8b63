import type { ContextProvider, ContextQuery, ScoredSnippet } from "./contextProvider.ts";
import { familyOf } from "./languageFamily.ts";
import type { OpenDocument, OpenDocuments } from "./openDocuments.ts";
import { isSecretFile } from "./secretFiles.ts";

/** A small piece that is right beats a long one. */
const windowLines = 10;
const stepLines = 5;
const mostDocuments = 12;
const mostCharacters = 80_000;
const mostSnippets = 4;
/** Lines around the cursor that are compared. What stands farther away belongs to something else more often than not. */
const compared = { before: 8, after: 3 };
const leastSimilarity = 0.12;

interface Window {
  readonly text: string;
  readonly words: ReadonlySet<string>;
}

interface Indexed {
  readonly version: number;
  readonly windows: readonly Window[];
}

/**
 * The windows of other open files, of the same language or one that goes with it, that share most words with the code
 * around the cursor (Jaccard similarity of word sets over sliding windows, as GitHub Copilot's neighbouring tabs were
 * described to work).
 */
export class SimilarSnippets implements ContextProvider {
  readonly name = "similar";
  readonly #documents: OpenDocuments;
  readonly #indexed = new Map<string, Indexed>();

  constructor(documents: OpenDocuments) {
    this.#documents = documents;
  }

  async snippets(query: ContextQuery): Promise<readonly ScoredSnippet[]> {
    const reference = wordsOf(
      `${lastLines(query.prefix, compared.before)}\n${firstLines(query.suffix, compared.after)}`,
    );
    if (reference.size < 4) return [];
    const others = this.#documents
      .list()
      .filter(({ uri, languageId }) => uri !== query.uri && areRelated(languageId, query.languageId))
      .filter(({ path, uri }) => !isSecretFile(path) && (query.mayShare?.(path, uri) ?? true))
      .slice(0, mostDocuments);
    const found: ScoredSnippet[] = [];
    for (const document of others) {
      let best: { window: Window; score: number } | undefined;
      for (const window of this.#windowsOf(document)) {
        const score = jaccard(reference, window.words);
        if (score >= leastSimilarity && score > (best?.score ?? 0)) best = { window, score };
      }
      if (best)
        found.push({ path: document.path, text: best.window.text, score: best.score, source: this.name });
    }
    this.#forgetClosed();
    return found.sort((a, b) => b.score - a.score).slice(0, mostSnippets);
  }

  #windowsOf(document: OpenDocument): readonly Window[] {
    const known = this.#indexed.get(document.uri);
    if (known?.version === document.version) return known.windows;
    const lines = document.text().slice(0, mostCharacters).split("\n");
    const windows: Window[] = [];
    for (let start = 0; start < lines.length; start += stepLines) {
      const text = lines
        .slice(start, start + windowLines)
        .join("\n")
        .trimEnd();
      if (text.length > 4_000 || text.trim() === "") continue;
      windows.push({ text, words: wordsOf(text) });
    }
    this.#indexed.set(document.uri, { version: document.version, windows });
    return windows;
  }

  #forgetClosed(): void {
    if (this.#indexed.size <= mostDocuments * 2) return;
    const open = new Set(this.#documents.list().map((document) => document.uri));
    for (const uri of this.#indexed.keys()) if (!open.has(uri)) this.#indexed.delete(uri);
  }
}

/** A component's `.tsx` goes with its `.ts`, and a `.c` with its `.h`, which VS Code takes for C++. */
function areRelated(one: string, other: string): boolean {
  return one === other || (familyOf(one) !== undefined && familyOf(one) === familyOf(other));
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.match(/[A-Za-z_$][\w$]{2,}/g));
}

function jaccard(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of left) if (right.has(word)) shared++;
  const union = left.size + right.size - shared;
  return union === 0 ? 0 : shared / union;
}

function lastLines(text: string, count: number): string {
  return text.slice(-4_000).split("\n").slice(-count).join("\n");
}

function firstLines(text: string, count: number): string {
  return text.slice(0, 2_000).split("\n").slice(0, count).join("\n");
}
