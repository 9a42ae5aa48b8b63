import type { Log } from "../base/log.ts";
import { CursorTree } from "./cursorTree.ts";
import { definitionsOf } from "./definitions.ts";
import { enclosing } from "./enclosing.ts";
import { importsOf } from "./imports.ts";
import { type GrammarFiles, grammarFor } from "./languages.ts";
import { usesOf } from "./nameUses.ts";
import type { CursorSyntax, Enclosing, Outline, SyntaxService, TextRange } from "./syntaxService.ts";
import { TreeCache } from "./treeCache.ts";
import { type LoadedGrammar, TreeSitter } from "./treeSitter.ts";

/** {@link SyntaxService} by tree-sitter's WASM build. */
export class TreeSitterSyntax implements SyntaxService {
  readonly #treeSitter: TreeSitter;
  readonly #cache = new TreeCache();

  constructor(files: GrammarFiles, log: Log) {
    this.#treeSitter = new TreeSitter(files, log);
  }

  supports(languageId: string): boolean {
    return grammarFor(languageId) !== undefined;
  }

  async atCursor(
    key: string,
    languageId: string,
    prefix: string,
    suffix: string,
    signal?: AbortSignal,
  ): Promise<CursorSyntax | undefined> {
    const grammar = await this.#grammar(languageId);
    if (!grammar) return undefined;
    const left = missingOpening(grammar, prefix) + prefix;
    const text = left + suffix;
    const tree = await this.#cache.tree(`${key} cursor`, grammar, text, signal);
    return tree && new CursorTree(grammar, tree, text, left.length);
  }

  async enclosing(
    key: string,
    languageId: string,
    text: string,
    offset: number,
  ): Promise<Enclosing | undefined> {
    const grammar = await this.#grammar(languageId);
    const tree = grammar && (await this.#cache.tree(`${key} whole`, grammar, text));
    if (!tree) return undefined;
    try {
      // At a line's end the cursor belongs to the line.
      const atLineEnd = offset > 0 && (offset === text.length || text.charAt(offset) === "\n");
      return enclosing(tree.rootNode, atLineEnd ? offset - 1 : offset);
    } finally {
      tree.delete();
    }
  }

  async outline(languageId: string, text: string): Promise<Outline | undefined> {
    const grammar = await this.#grammar(languageId);
    const tree = grammar && (await grammar.parseInSlices(text));
    if (!tree) return undefined;
    try {
      const root = tree.rootNode;
      const definitions = definitionsOf(root);
      const imports = importsOf(root);
      const uses = usesOf(grammar, root);
      const within = (range: TextRange) =>
        uses.filter((use) => use.offset >= range.start && use.offset + use.name.length <= range.end);
      return { definitions, imports, usesIn: within };
    } finally {
      tree.delete();
    }
  }

  dispose(): void {
    this.#cache.dispose();
  }

  async #grammar(languageId: string): Promise<LoadedGrammar | undefined> {
    const name = grammarFor(languageId);
    return name && this.#treeSitter.grammar(name);
  }
}

/** A window into a long PHP file has lost the tag without which everything is HTML. */
function missingOpening(grammar: LoadedGrammar, prefix: string): string {
  return grammar.name === "php" && !prefix.includes("<?") ? "<?php\n" : "";
}
