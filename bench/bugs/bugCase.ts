import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { isQuixBugs, quixBugsCases } from "./quixBugs.ts";

/** A program with a known bug and the tests that fail because of it. */
export interface BugCase {
  readonly id: string;
  readonly languageId: string;
  /** Path of the buggy source among `files`. */
  readonly source: string;
  /** Every file that a test needs, by relative path with forward slashes; text with `\n` line ends. */
  readonly files: ReadonlyMap<string, string>;
  /** First and last line of each place that is wrong, from 1. */
  readonly bugLines: readonly (readonly [number, number])[];
  /** Ends with 0 exactly when the program is right. */
  readonly test: readonly string[];
  /** What a user would have set as the check command: a part of the tests. */
  readonly check: readonly string[] | undefined;
  /** The source without the bug, for `--verify`. */
  readonly fixed: string | undefined;
  readonly timeLimitMs: number;
  readonly memoryLimitMiB: number;
}

/** The fields of `case.json`. */
interface CaseFile {
  readonly languageId: string;
  readonly source: string;
  readonly bugLines: readonly (readonly [number, number])[];
  readonly test: readonly string[];
  readonly check?: readonly string[];
  readonly fixed?: string;
  readonly timeLimitSeconds?: number;
  readonly memoryLimitMiB?: number;
}

/**
 * Reads a set: a folder with a folder per case, or a checkout of QuixBugs.
 * @throws when a case is not as docs/eval-bugs.md says, with its place.
 */
export async function readBugCases(set: string): Promise<readonly BugCase[]> {
  if (await isQuixBugs(set)) return quixBugsCases(set);
  const cases: BugCase[] = [];
  for (const entry of (await readdir(set, { withFileTypes: true })).sort(byName)) {
    if (entry.isDirectory()) cases.push(await readCase(path.join(set, entry.name), entry.name));
  }
  if (cases.length === 0) throw new Error(`${set} holds no cases; docs/eval-bugs.md tells their form.`);
  return cases;
}

async function readCase(folder: string, id: string): Promise<BugCase> {
  const place = path.join(folder, "case.json");
  const described = caseFile(JSON.parse(await readFile(place, "utf8")), place);
  const files = new Map<string, string>();
  for (const name of await readdir(folder, { recursive: true })) {
    const file = path.join(folder, name);
    if (name === "case.json" || name === described.fixed || !(await stat(file)).isFile()) continue;
    files.set(name.replaceAll(path.sep, "/"), (await readFile(file, "utf8")).replaceAll("\r\n", "\n"));
  }
  if (!files.has(described.source)) throw new Error(`${place}: there is no file ${described.source}.`);
  const fixed = described.fixed && (await readFile(path.join(folder, described.fixed), "utf8"));
  return {
    id,
    languageId: described.languageId,
    source: described.source,
    files,
    bugLines: described.bugLines,
    test: described.test,
    check: described.check,
    fixed: fixed?.replaceAll("\r\n", "\n"),
    timeLimitMs: (described.timeLimitSeconds ?? 20) * 1000,
    memoryLimitMiB: described.memoryLimitMiB ?? 1024,
  };
}

function caseFile(value: unknown, place: string): CaseFile {
  const { languageId, source, bugLines, test, check, fixed, timeLimitSeconds, memoryLimitMiB } =
    value as Partial<Record<keyof CaseFile, unknown>>;
  const wrong = (what: string): never => {
    throw new Error(`${place}: ${what}; docs/eval-bugs.md tells the form of a case.`);
  };
  const words = (list: unknown): list is string[] =>
    Array.isArray(list) && list.length > 0 && list.every((word) => typeof word === "string");
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((line) => Number.isInteger(line) && line > 0);
  if (typeof languageId !== "string" || typeof source !== "string") wrong("languageId and source are texts");
  if (!Array.isArray(bugLines) || bugLines.length === 0 || !bugLines.every(isPair))
    wrong("bugLines is a list of [first, last]");
  if (!words(test)) wrong("test is the words of a command");
  if (check !== undefined && !words(check)) wrong("check is the words of a command");
  if (fixed !== undefined && typeof fixed !== "string") wrong("fixed is a path");
  for (const limit of [timeLimitSeconds, memoryLimitMiB]) {
    if (limit !== undefined && !(typeof limit === "number" && limit > 0)) wrong("limits are numbers above 0");
  }
  return value as CaseFile;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name.localeCompare(b.name);
}
