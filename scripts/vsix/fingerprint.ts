import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { repoRoot } from "../support/repo.ts";

/** Everything that a VSIX is made from. */
const sources = [
  "src",
  "media",
  "scripts/vsix",
  "lab/src",
  "lab/pyproject.toml",
  "lab/uv.lock",
  "lab/README.md",
  "esbuild.config.mjs",
  "package.json",
  "package-lock.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
];

/** SHA-256 over names and contents of all sources: equal fingerprints give equal packages. */
export async function sourcesFingerprint(): Promise<string> {
  const hash = createHash("sha256");
  for (const source of sources) {
    for (const file of await filesUnder(join(repoRoot, source))) {
      hash.update(`${relative(repoRoot, file)}\0`);
      hash.update(await readFile(file));
    }
  }
  return hash.digest("hex");
}

async function filesUnder(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".pyc"));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}
