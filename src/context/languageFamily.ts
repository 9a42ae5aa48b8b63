/** Languages whose files use each other's definitions. */
export interface LanguageFamily {
  readonly id: string;
  /** File name extensions without dot, with VS Code's language identifier. */
  readonly languageByExtension: Readonly<Record<string, string>>;
}

const script: LanguageFamily = {
  id: "script",
  languageByExtension: {
    ts: "typescript",
    mts: "typescript",
    cts: "typescript",
    tsx: "typescriptreact",
    js: "javascript",
    mjs: "javascript",
    cjs: "javascript",
    jsx: "javascriptreact",
  },
};
const c: LanguageFamily = {
  id: "c",
  languageByExtension: {
    c: "c",
    h: "cpp",
    cc: "cpp",
    cpp: "cpp",
    cxx: "cpp",
    hh: "cpp",
    hpp: "cpp",
    hxx: "cpp",
    cu: "cuda-cpp",
  },
};
const single = (id: string, ...extensions: string[]): LanguageFamily => ({
  id,
  languageByExtension: Object.fromEntries(extensions.map((extension) => [extension, id])),
});

const families: Readonly<Record<string, LanguageFamily>> = {
  typescript: script,
  typescriptreact: script,
  javascript: script,
  javascriptreact: script,
  c,
  cpp: c,
  "cuda-cpp": c,
  python: single("python", "py", "pyi"),
  go: single("go", "go"),
  rust: single("rust", "rs"),
  java: single("java", "java"),
  csharp: single("csharp", "cs"),
  ruby: single("ruby", "rb"),
  php: single("php", "php"),
};

/** The family of VS Code's language identifier, or undefined where no outline can be made. */
export function familyOf(languageId: string): LanguageFamily | undefined {
  return Object.hasOwn(families, languageId) ? families[languageId] : undefined;
}

export function languageOfPath(family: LanguageFamily, path: string): string | undefined {
  return family.languageByExtension[path.slice(path.lastIndexOf(".") + 1).toLowerCase()];
}
