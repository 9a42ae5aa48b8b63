import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export const repoRoot = resolve(import.meta.dirname, "../..");
export const outDir = join(repoRoot, "out");

/** The parts of package.json that the scripts read. */
export interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly version: string;
  readonly engines: Readonly<Record<string, string>>;
}

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(repoRoot, "package.json"), "utf8"));
}

/**
 * Folder for what the scripts download once per user (code-server, packages of other platforms). Outside the
 * repository, so that every clone shares it and `git clean` does not cost a download.
 */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env["WISP_CACHE_DIR"]) return resolve(env["WISP_CACHE_DIR"]);
  if (process.platform === "darwin") return join(homedir(), "Library/Caches/wisp");
  if (process.platform === "win32") {
    return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData/Local"), "wisp", "Cache");
  }
  return join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "wisp");
}
