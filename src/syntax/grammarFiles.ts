import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import {
  type GrammarFiles,
  grammarFileName,
  grammars,
  runtimeFileName,
  runtimePackageFile,
} from "./languages.ts";

/** Files as the build lays them out, `dist/grammars` in the extension. */
export function grammarsInFolder(folder: string): GrammarFiles {
  return {
    runtime: () => readFile(path.join(folder, runtimeFileName)),
    grammar: (name) => readFile(path.join(folder, grammarFileName(name))),
  };
}

/** Files as the packages hold them, for scripts and tests that run from the sources; `from` is the caller's `import.meta.url`. */
export function grammarsInPackages(from: string): GrammarFiles {
  const folders = createRequire(from).resolve.paths("web-tree-sitter") ?? [];
  const read = async (file: string): Promise<Uint8Array> => {
    let missing: unknown;
    for (const folder of folders) {
      try {
        return await readFile(path.join(folder, file));
      } catch (error) {
        missing = error;
      }
    }
    throw missing;
  };
  return {
    runtime: () => read(runtimePackageFile),
    grammar: (name) => read(grammars[name].packageFile),
  };
}
