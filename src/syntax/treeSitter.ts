import type { Language, Query, Tree } from "web-tree-sitter";
import type { Log } from "../base/log.ts";
import { nextTurn } from "../base/nextTurn.ts";
import type { GrammarFiles, GrammarName } from "./languages.ts";
import type { TextEdit } from "./textEdit.ts";

export type { Node, Tree } from "web-tree-sitter";

/** One language's parser. Trees live in WASM memory: whoever gets one must `delete` it. */
export interface LoadedGrammar {
  readonly name: GrammarName;
  /** Parses at once. `previous` is the tree of the text before `edits`, which stays valid. */
  parse(text: string, previous?: { readonly tree: Tree; readonly edits: readonly TextEdit[] }): Tree;
  /** Parses in slices of a few milliseconds and lets the event loop run in between; undefined when aborted. */
  parseInSlices(text: string, signal?: AbortSignal): Promise<Tree | undefined>;
  /** A query, compiled once per source text. */
  query(source: string): Query;
  /** Whether the grammar has a named node type of that name. */
  hasNode(type: string): boolean;
}

type Runtime = typeof import("web-tree-sitter");

const sliceMs = 4;

/** Loads the runtime and the grammars when they are first needed, each once. */
export class TreeSitter {
  readonly #files: GrammarFiles;
  readonly #log: Log;
  readonly #grammars = new Map<GrammarName, Promise<LoadedGrammar | undefined>>();
  #runtime: Promise<Runtime> | undefined;

  constructor(files: GrammarFiles, log: Log) {
    this.#files = files;
    this.#log = log;
  }

  /** The grammar, or undefined (told once in the log) when its file cannot be loaded. */
  grammar(name: GrammarName): Promise<LoadedGrammar | undefined> {
    let grammar = this.#grammars.get(name);
    if (!grammar) {
      grammar = this.#load(name).catch((error: unknown) => {
        this.#log.error(
          `The ${name} grammar could not be loaded; indentation is used instead: ${String(error)}`,
        );
        return undefined;
      });
      this.#grammars.set(name, grammar);
    }
    return grammar;
  }

  async #load(name: GrammarName): Promise<LoadedGrammar> {
    this.#runtime ??= this.#start();
    const runtime = await this.#runtime;
    return loaded(name, runtime, await runtime.Language.load(await this.#files.grammar(name)));
  }

  /** Imported late, because most of an editor's start needs no parser. */
  async #start(): Promise<Runtime> {
    const runtime = await import("web-tree-sitter");
    await runtime.Parser.init({ wasmBinary: await this.#files.runtime() });
    return runtime;
  }
}

function loaded(name: GrammarName, runtime: Runtime, language: Language): LoadedGrammar {
  const { Edit, Parser, Query } = runtime;
  const parser = new Parser().setLanguage(language);
  const queries = new Map<string, Query>();
  return {
    name,
    parse(text, previous) {
      const old = previous?.tree.copy();
      for (const edit of previous?.edits ?? []) old?.edit(new Edit(edit));
      try {
        return present(parser.parse(text, old));
      } finally {
        old?.delete();
      }
    },
    async parseInSlices(text, signal) {
      // A parser of its own, because a parser that was interrupted resumes with its next call.
      const sliced = new Parser().setLanguage(language);
      try {
        for (;;) {
          const end = performance.now() + sliceMs;
          const tree = sliced.parse(text, null, { progressCallback: () => performance.now() > end });
          if (tree) return tree;
          await nextTurn();
          if (signal?.aborted) return undefined;
        }
      } finally {
        sliced.delete();
      }
    },
    query(source) {
      const query = queries.get(source) ?? new Query(language, source);
      queries.set(source, query);
      return query;
    },
    hasNode: (type) => language.idForNodeType(type, true) !== null,
  };
}

/** `parse` gives null only without a language or when a callback cancels, and neither is the case. */
function present(tree: Tree | null): Tree {
  if (!tree) throw new Error("the parser gave no tree");
  return tree;
}
