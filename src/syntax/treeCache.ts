import type { Disposable } from "../base/disposable.ts";
import { difference } from "./textEdit.ts";
import type { LoadedGrammar, Tree } from "./treeSitter.ts";

/** A tree takes about ten times its text; this keeps the trees of all open documents near 40 MB. */
const usualTotalChars = 4_000_000;

/** Beyond this many new characters a change is parsed like a new text, in slices. */
const maxEditChars = 20_000;

interface Entry {
  readonly grammar: LoadedGrammar;
  readonly text: string;
  readonly tree: Tree;
}

/** The latest tree of each document, least recently used out first. */
export class TreeCache implements Disposable {
  readonly #entries = new Map<string, Entry>();
  readonly #parsing = new Map<string, Promise<unknown>>();
  readonly #maxTotalChars: number;
  #chars = 0;
  #disposed = false;

  constructor(maxTotalChars = usualTotalChars) {
    this.#maxTotalChars = maxTotalChars;
  }

  /** The tree of `text`, as a copy that the caller deletes; undefined when `signal` aborts before it is there. */
  async tree(
    key: string,
    grammar: LoadedGrammar,
    text: string,
    signal?: AbortSignal,
  ): Promise<Tree | undefined> {
    // One parse per key at a time: the next one then only pays for its difference.
    while (this.#parsing.has(key)) await this.#parsing.get(key);
    if (signal?.aborted || this.#disposed) return undefined;
    const known = this.#entries.get(key);
    if (known?.grammar === grammar) {
      const edits = difference(known.text, text);
      if (edits.every((edit) => edit.newEndIndex - edit.startIndex <= maxEditChars)) {
        const previous = { tree: known.tree, edits };
        return this.#keep(key, {
          grammar,
          text,
          tree: edits.length ? grammar.parse(text, previous) : known.tree,
        });
      }
    }
    const parsing = grammar.parseInSlices(text, signal).finally(() => this.#parsing.delete(key));
    this.#parsing.set(key, parsing);
    const tree = await parsing;
    if (!tree) return undefined;
    if (!this.#disposed) return this.#keep(key, { grammar, text, tree });
    tree.delete();
    return undefined;
  }

  /** Number of trees kept. */
  get size(): number {
    return this.#entries.size;
  }

  dispose(): void {
    this.#disposed = true;
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  #keep(key: string, entry: Entry): Tree {
    const copy = entry.tree.copy();
    if (this.#entries.get(key)?.tree === entry.tree) this.#forget(key);
    else this.#drop(key);
    this.#entries.set(key, entry);
    this.#chars += entry.text.length;
    for (const oldest of [...this.#entries.keys()]) {
      if (this.#chars <= this.#maxTotalChars || oldest === key) break;
      this.#drop(oldest);
    }
    return copy;
  }

  #forget(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#chars -= entry.text.length;
    return entry;
  }

  #drop(key: string): void {
    this.#forget(key)?.tree.delete();
  }
}
