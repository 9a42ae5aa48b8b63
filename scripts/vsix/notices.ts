import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { repoRoot } from "../support/repo.ts";
import { packageRoot } from "./packageRoot.ts";

/** Files of a package that say under which terms it may be passed on. */
const noticeName = /^(licen[cs]e|notice|copying)/i;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** Paths, relative to the repository, of the licence files of a package. */
export async function noticesOf(root: string): Promise<string[]> {
  const names = await readdir(join(repoRoot, root.replaceAll("/", sep)));
  return names.filter((name) => noticeName.test(name)).map((name) => `${root}/${name}`);
}

/**
 * Writes the names and licence texts of all packages that `inputs` come from, sorted by name. Packages that lie as
 * folders beside the bundles keep their own files.
 *
 * @param inputs paths relative to the repository, with forward slashes; those outside `node_modules` are ours.
 * @throws {Error} for a package that names no licence at all.
 */
export async function writeNotices(file: string, inputs: readonly string[]): Promise<void> {
  const roots = [...new Set(inputs.filter((path) => path.includes("node_modules/")).map(packageRoot))].sort();
  const sections = await Promise.all(roots.map(sectionOf));
  const head = "Wisp contains parts of the following packages.\n";
  await writeFile(file, [head, ...sections].join(`\n${"-".repeat(80)}\n\n`));
}

async function sectionOf(root: string): Promise<string> {
  const manifest: Manifest = JSON.parse(await readFile(join(repoRoot, root, "package.json"), "utf8"));
  const texts = await Promise.all(
    (await noticesOf(root)).map((notice) => readFile(join(repoRoot, notice), "utf8")),
  );
  if (manifest.license === undefined && texts.length === 0) {
    throw new Error(`${root} names no licence, so it must not be part of a package.`);
  }
  const head = `${manifest.name} ${manifest.version} (${manifest.license ?? "see below"})\n`;
  return [head, ...texts.map((text) => `${text.trim()}\n`)].join("\n");
}
