import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { folded } from "../eval/score.ts";

const run = promisify(execFile);
const mostOutput = 1_000_000_000;
/** Longer files are mostly data. */
const longestFile = 200_000;

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Numbers from 0 of the lines that are new since then and stand nowhere in the old state. */
  readonly novelLines: ReadonlySet<number>;
}

export interface Repository {
  readonly name: string;
  readonly commit: string;
  readonly headDate: string;
  readonly licence: string;
  readonly licences: readonly { readonly path: string; readonly text: string }[];
  readonly files: readonly SourceFile[];
}

const permissive: readonly (readonly [RegExp, string])[] = [
  [/Apache License\s+Version 2\.0/, "Apache-2.0"],
  [/Permission is hereby granted, free of charge/, "MIT"],
  [/Redistribution and use in source and binary forms/, "BSD-3-Clause"],
];

const licenceNames = ["LICEN[CS]E*", "Licen[cs]e*", "licen[cs]e*"];

/**
 * The files with one of the `extensions` in the newest commit of a repository, with what is new since a day.
 * @param location a checkout, a bare repository or a `.git` folder.
 * @throws {Error} when git fails, the licence is not a permissive one, or nothing is older than `since`.
 */
export async function readRepository(
  location: string,
  since: string,
  extensions: readonly string[],
): Promise<Repository> {
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await run("git", ["-C", location, ...args], { maxBuffer: mostOutput });
    return stdout;
  };
  const [commit = "", headDate = ""] = (await git("log", "-1", "--format=%H %cs", "HEAD")).trim().split(" ");
  // Git would fill in the present time of day, and give another commit at another hour.
  const base = (await git("rev-list", "-1", `--before=${since}T00:00:00Z`, "HEAD")).trim();
  if (base === "") throw new Error(`${location} has no commit before ${since}.`);
  const patterns = extensions.map((extension) => `*.${extension}`);
  const texts = await checkedOut(location, commit, [...patterns, ...licenceNames]);
  const licences = [...texts].filter(([name]) => /(?:^|\/)LICEN[CS]E[^/]*$/i.test(name));
  const licence = permissive.find(([mark]) => licences.some(([, text]) => mark.test(text)))?.[1];
  if (licence === undefined) throw new Error(`${location} has no permissive licence that is known here.`);
  // It ends with 1 where nothing is found: the language may be new to the repository.
  const before = await git("grep", "-h", "-I", "-e", "", base, "--", ...patterns).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === 1) return "";
    throw error;
  });
  const old = new Set(before.split("\n").map(folded));
  const added = addedLines(await git("diff", "-U0", "-M40%", "--no-color", base, commit, "--", ...patterns));
  const files = [...texts]
    .filter(
      ([name, text]) =>
        extensions.some((extension) => name.endsWith(`.${extension}`)) && text.length <= longestFile,
    )
    .map(([name, text]) => {
      const lines = text.split("\n");
      const novel = [...(added.get(name) ?? [])].filter((line) => !old.has(folded(lines[line] ?? "")));
      return { path: name, text, novelLines: new Set(novel) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    name: nameOf(location),
    commit,
    headDate,
    licence,
    licences: licences.map(([name, text]) => ({ path: name, text })),
    files,
  };
}

/** Order that depends on nothing but the texts. */
export function rank(seed: number, text: string): string {
  return createHash("sha256").update(`${seed} ${text}`).digest("hex");
}

/** The last folder that names something, `owner+name` read as `owner/name`. */
function nameOf(location: string): string {
  const parts = path.resolve(location).split(path.sep);
  const named = parts.filter((part) => !/^(?:repo|\.git|git)$/.test(part)).at(-1) ?? "repository";
  return named.replace(/\.git$/, "").replace("+", "/");
}

/** Texts of a commit's files, by way of a folder that is removed again; the repository stays as it is. */
async function checkedOut(
  location: string,
  commit: string,
  patterns: readonly string[],
): Promise<Map<string, string>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "wisp-cases-"));
  try {
    const env = { ...process.env, GIT_INDEX_FILE: path.join(folder, ".index") };
    const tree = path.join(folder, "tree");
    await mkdir(tree);
    const { stdout: found } = await run("git", ["-C", location, "rev-parse", "--absolute-git-dir"]);
    const where = [`--git-dir=${found.trim()}`, `--work-tree=${tree}`];
    const git = (...args: string[]) =>
      run("git", [...where, ...args], { cwd: tree, env, maxBuffer: mostOutput });
    await git("read-tree", commit);
    const { stdout } = await git("ls-files", "-z", "--", ...patterns);
    const names = stdout.split("\0").filter((name) => name !== "");
    // Only these: a partial clone may lack large files.
    const writing = git("checkout-index", "-f", "-q", "-z", "--stdin");
    writing.child.stdin?.end(names.map((name) => `${name}\0`).join(""));
    await writing;
    const texts = new Map<string, string>();
    for (const name of names) {
      const text = await readFile(path.join(tree, name), "utf8").catch(() => undefined);
      if (text !== undefined && !text.includes("\0")) texts.set(name, text);
    }
    return texts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Line numbers from 0 of added lines by file, from `git diff -U0`. */
export function addedLines(diff: string): Map<string, Set<number>> {
  const added = new Map<string, Set<number>>();
  let lines = new Set<number>();
  for (const line of diff.split("\n")) {
    const file = /^\+\+\+ b\/(.*)$/.exec(line)?.[1];
    if (file !== undefined) {
      lines = new Set();
      added.set(file, lines);
      continue;
    }
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (!hunk) continue;
    const start = Number(hunk[1]) - 1;
    const count = hunk[2] === undefined ? 1 : Number(hunk[2]);
    for (let i = 0; i < count; i++) lines.add(start + i);
  }
  return added;
}
