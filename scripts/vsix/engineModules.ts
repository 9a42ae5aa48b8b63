import { cp, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as esbuild from "esbuild";
import { repoRoot } from "../support/repo.ts";
import { noticesOf } from "./notices.ts";
import { packageRoot } from "./packageRoot.ts";

/** Read by node-llama-cpp while it runs, and found by no import: its binding's release and its grammars. */
const dataOfNodeLlamaCpp = [
  "node_modules/node-llama-cpp/llama/binariesGithubRelease.json",
  "node_modules/node-llama-cpp/llama/llama.cpp.info.json",
  "node_modules/node-llama-cpp/llama/package.json",
  "node_modules/node-llama-cpp/llama/grammars",
];

/**
 * Copies into `destination` (a `node_modules` folder) what `import "node-llama-cpp"` can reach, in its own layout:
 * it finds its addon and its worker files by their place, so it cannot be bundled. esbuild's import graph names the
 * files, which leaves out the sources of llama.cpp, type declarations, source maps and the command line tool.
 */
export async function copyEngineModules(destination: string): Promise<void> {
  const files = [...(await reachableFiles()), ...dataOfNodeLlamaCpp];
  const packages = new Set<string>();
  const wanted = new Set<string>(files);
  for (const file of files) {
    const root = packageRoot(file);
    packages.add(root);
    for (const manifest of await manifestsAbove(file, root)) wanted.add(manifest);
  }
  for (const root of packages) for (const notice of await noticesOf(root)) wanted.add(notice);
  for (const file of wanted) {
    const target = join(destination, file.slice("node_modules/".length));
    await mkdir(dirname(target), { recursive: true });
    await cp(join(repoRoot, file), target, { recursive: true });
  }
}

/** Paths relative to the repository, with forward slashes. */
async function reachableFiles(): Promise<string[]> {
  const result = await esbuild.build({
    stdin: { contents: 'import "node-llama-cpp";', resolveDir: repoRoot },
    absWorkingDir: repoRoot,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    target: "node22",
    // Without this esbuild prefers the "module" condition, which Node does not know.
    conditions: ["node"],
    // Platform packages are copied whole, one per target; reflink only speeds up copies of ipull's downloads.
    external: ["@node-llama-cpp/*", "@reflink/reflink", "electron"],
    logLevel: "error",
  });
  return Object.keys(result.metafile.inputs).filter((path) => path.startsWith("node_modules/"));
}

/** A package.json anywhere above a file can decide whether Node reads it as a module. */
async function manifestsAbove(file: string, root: string): Promise<string[]> {
  const found: string[] = [];
  for (let folder = dirname(file); folder.length >= root.length; folder = dirname(folder)) {
    const manifest = `${folder}/package.json`;
    const exists = await readFile(join(repoRoot, manifest)).then(
      () => true,
      () => false,
    );
    if (exists) found.push(manifest);
  }
  return found;
}
