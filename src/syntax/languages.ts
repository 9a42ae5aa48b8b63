/** Where a grammar comes from at build time and how its file is called beside the extension. */
export interface Grammar {
  readonly name: string;
  /** Path of the WASM file inside `node_modules`. */
  readonly packageFile: string;
}

const bundled = (name: string): Grammar => ({
  name,
  packageFile: `@vscode/tree-sitter-wasm/wasm/tree-sitter-${name}.wasm`,
});

/** The C grammar is not in VS Code's package; the C++ one reads `class` and `new` as keywords in C code. */
const c: Grammar = { name: "c", packageFile: "tree-sitter-c/tree-sitter-c.wasm" };

export type GrammarName =
  | "typescript"
  | "tsx"
  | "javascript"
  | "python"
  | "go"
  | "rust"
  | "java"
  | "c"
  | "cpp"
  | "c-sharp"
  | "ruby"
  | "php";

export const grammars: Readonly<Record<GrammarName, Grammar>> = {
  typescript: bundled("typescript"),
  tsx: bundled("tsx"),
  javascript: bundled("javascript"),
  python: bundled("python"),
  go: bundled("go"),
  rust: bundled("rust"),
  java: bundled("java"),
  c,
  cpp: bundled("cpp"),
  "c-sharp": bundled("c-sharp"),
  ruby: bundled("ruby"),
  php: bundled("php"),
};

/** Gives the bytes of the parser's runtime and grammars; loaded when the first file of a language needs them. */
export interface GrammarFiles {
  runtime(): Promise<Uint8Array>;
  grammar(name: GrammarName): Promise<Uint8Array>;
}

export const runtimePackageFile = "web-tree-sitter/web-tree-sitter.wasm";
export const runtimeFileName = "web-tree-sitter.wasm";
export const grammarFileName = (grammar: GrammarName): string => `tree-sitter-${grammar}.wasm`;

const grammarByLanguage: Readonly<Record<string, GrammarName>> = {
  typescript: "typescript",
  typescriptreact: "tsx",
  javascript: "javascript",
  javascriptreact: "javascript",
  python: "python",
  go: "go",
  rust: "rust",
  java: "java",
  c: "c",
  cpp: "cpp",
  "cuda-cpp": "cpp",
  csharp: "c-sharp",
  ruby: "ruby",
  php: "php",
};

/** The grammar for VS Code's language identifier. */
export function grammarFor(languageId: string): GrammarName | undefined {
  return Object.hasOwn(grammarByLanguage, languageId) ? grammarByLanguage[languageId] : undefined;
}
