import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { WispError } from "../base/wispError.ts";
import { systemCode } from "./modelStoreError.ts";

/** What the lab found out about an adapter, on lines that were committed later than what it learned from. */
export interface Verdict {
  /** Places at which the model completed a line with and without the adapter. */
  readonly cases: number;
  /** Shares of lines that were exactly right, 0 to 1. */
  readonly before: number;
  readonly after: number;
  /** Whether the gain is larger than chance explains. */
  readonly isBetter: boolean;
}

/** One run of the lab's `adapt-repository`, in a folder of its own. */
export interface Adaptation {
  readonly folder: string;
  readonly adapterPath: string;
  readonly reportPath: string;
  readonly verdict: Verdict;
}

/** A failure of the lab, or of what it left. */
export class LabError extends WispError<"uv-missing" | "unreadable-result" | "not-adaptable"> {}

const resultsFile = join("evaluation", "results.json");

/** Runs that came to their end, the newest first. Their folders begin with {@link folderName}. */
export async function finishedAdaptations(root: string): Promise<Adaptation[]> {
  const found: Adaptation[] = [];
  for (const name of (await namesIn(root)).sort(byDay).reverse()) {
    const adaptation = await finishedAdaptation(join(root, name));
    if (adaptation) found.push(adaptation);
  }
  return found;
}

/**
 * Undefined while the run has not come to its end.
 * @throws {LabError} `unreadable-result`
 */
export async function finishedAdaptation(folder: string): Promise<Adaptation | undefined> {
  const path = join(folder, resultsFile);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
  return {
    folder,
    adapterPath: join(folder, "adapter", "adapter.gguf"),
    reportPath: join(folder, "evaluation", "REPORT.md"),
    verdict: verdictOf(text, path),
  };
}

/**
 * Where to adapt `model` to `repository`: the folder of the newest run that did not come to its end, which then goes
 * on, or a new one.
 * @param day such as 2026-05-01
 */
export async function folderForAdaptation(
  root: string,
  { repository, model, day }: { readonly repository: string; readonly model: string; readonly day: string },
): Promise<string> {
  const start = folderName(repository, model);
  const own = (await namesIn(root)).filter((name) => name.startsWith(`${start}-2`)).sort(byDay);
  const newest = own.at(-1);
  if (newest && !(await finishedAdaptation(join(root, newest)))) return join(root, newest);
  const sameDay = own.filter((name) => name.startsWith(`${start}-${day}`)).length;
  return join(root, `${start}-${day}${sameDay > 0 ? `.${sameDay + 1}` : ""}`);
}

/** Of the repository's folder and the model, in letters that every file system takes. */
export function folderName(repository: string, model: string): string {
  return `${basename(repository)}-${model}`.replace(/[^\w.-]+/g, "_");
}

function verdictOf(text: string, path: string): Verdict {
  try {
    const { cases, scores, comparison } = JSON.parse(text);
    const verdict = {
      cases,
      before: scores.base.exact.mean,
      after: scores.adapted.exact.mean,
      isBetter: comparison.better,
    };
    const numbers = [verdict.cases, verdict.before, verdict.after];
    if (numbers.every(Number.isFinite) && typeof verdict.isBetter === "boolean") return verdict;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new LabError(
    "unreadable-result",
    `${path} is not what the lab writes.`,
    "Remove its folder, and adapt again.",
  );
}

/** Dates sort by themselves; the number of a second run of a day stands behind it. */
function byDay(left: string, right: string): number {
  const day = (name: string): string => /\d{4}-\d\d-\d\d(\.\d+)?$/.exec(name)?.[0] ?? "";
  return day(left).localeCompare(day(right), "en", { numeric: true });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
