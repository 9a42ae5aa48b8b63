import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { gunzipSync } from "node:zlib";

export type CaseKind = "line_end" | "mid_call" | "block" | "cross_file";

/** One place to complete; `prefix + truth_block + suffix` is the file as its authors wrote it. Field names are the file format's. */
export interface EvalCase {
  readonly id: string;
  readonly kind: CaseKind;
  readonly language: string;
  readonly repo: string;
  readonly commit?: string;
  readonly head_date?: string;
  readonly licence?: string;
  readonly path: string;
  /** From 1. */
  readonly line?: number;
  readonly workspace: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly truth_line: string;
  readonly truth_block: string;
  /** Kind `cross_file`: the identifier that comes next, of which `typed_chars` characters are typed. */
  readonly target_identifier?: string;
  readonly typed_chars?: number;
}

export interface WorkspaceFile {
  readonly workspace: string;
  readonly path: string;
  readonly text: string;
}

export interface EvalSet {
  readonly cases: readonly EvalCase[];
  /** Files per workspace; those of the cases lie there with the truth in them. */
  readonly workspaces: ReadonlyMap<string, readonly WorkspaceFile[]>;
}

/** Reads sets: each folder holds `cases.jsonl.gz` and `workspaces.jsonl.gz`. */
export async function readSets(folders: readonly string[]): Promise<EvalSet> {
  const cases: EvalCase[] = [];
  const workspaces = new Map<string, WorkspaceFile[]>();
  for (const folder of folders) {
    cases.push(...(await rows<EvalCase>(path.join(folder, "cases.jsonl.gz"))));
    for (const file of await rows<WorkspaceFile>(path.join(folder, "workspaces.jsonl.gz"))) {
      const files = workspaces.get(file.workspace) ?? [];
      files.push(file);
      workspaces.set(file.workspace, files);
    }
  }
  return { cases, workspaces };
}

/** `--cases DIR` names a set, or a folder of sets of which `--split` picks some. */
export async function setFolders(dirs: readonly string[], splits: readonly string[]): Promise<string[]> {
  const folders: string[] = [];
  for (const dir of dirs) {
    const inner = splits.map((split) => path.join(dir, split));
    const found = [];
    for (const folder of [dir, ...inner]) if (await isSet(folder)) found.push(folder);
    if (found.length === 0) {
      throw new Error(`No cases.jsonl.gz in ${[dir, ...inner].join(" or ")}; name a set or its --split.`);
    }
    folders.push(...found);
  }
  return folders;
}

const isSet = (folder: string): Promise<boolean> =>
  stat(path.join(folder, "cases.jsonl.gz")).then(
    (file) => file.isFile(),
    () => false,
  );

async function rows<T>(file: string): Promise<T[]> {
  const text = gunzipSync(await readFile(file)).toString("utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as T]));
}

/**
 * The first `limit` cases when one is taken in turn from every repository and kind, so that a small sample stands for
 * all. Without a seed the order inside those is the set's, with one it is shuffled by it.
 */
export function sample(cases: readonly EvalCase[], limit?: number, seed?: number): EvalCase[] {
  const strata = new Map<string, EvalCase[]>();
  for (const each of cases) {
    const key = `${each.repo} ${each.kind}`;
    strata.set(key, [...(strata.get(key) ?? []), each]);
  }
  const rank = (each: EvalCase): string => createHash("sha256").update(`${seed} ${each.id}`).digest("hex");
  if (seed !== undefined) {
    for (const stratum of strata.values()) stratum.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }
  const longest = Math.max(0, ...[...strata.values()].map((stratum) => stratum.length));
  const turns = Array.from({ length: longest }, (_, turn) =>
    [...strata.values()].flatMap((stratum) => stratum.slice(turn, turn + 1)),
  );
  return turns.flat().slice(0, limit ?? cases.length);
}
