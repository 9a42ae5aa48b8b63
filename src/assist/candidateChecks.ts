import type { SyntaxService } from "../syntax/syntaxService.ts";
import { changedDefinitions } from "./changedDefinitions.ts";
import type { CheckRun } from "./checkCommand.ts";
import { hunksOf } from "./hunks.ts";
import { leavesOut } from "./leavesOut.ts";
import { type CodeRegion, regionText } from "./region.ts";

/** A problem as a language server sees it in some version of a document. */
export interface SeenProblem {
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  readonly source: string;
}

export interface CheckPorts {
  readonly syntax: SyntaxService;
  /**
   * The problems that the language server reports for `text` in place of the document, or undefined when it cannot be
   * asked about a text that is not on disk.
   */
  readonly problemsOf: (
    region: CodeRegion,
    text: string,
    signal: AbortSignal,
  ) => Promise<readonly SeenProblem[] | undefined>;
  /** The user's own check on a copy of the workspace with `text` in place of the document; undefined when none is set. */
  readonly runCommand:
    | ((region: CodeRegion, text: string, signal: AbortSignal) => Promise<CheckRun>)
    | undefined;
}

export interface JudgingPorts extends CheckPorts {
  /** Whether the user's check passes on the document as it is, so that passing it proves nothing. */
  readonly passedBefore?: () => Promise<boolean>;
}

export interface CheckResult {
  readonly ok: boolean;
  /** What was checked and what could not be, in words for the user, for example "parses" or "2 problems → 0". */
  readonly notes: readonly string[];
  /** Higher is better among candidates that are ok. */
  readonly score: number;
  /** More than the form was checked: the language server or the user's command says that the problem is gone. */
  readonly proven: boolean;
}

/** A replacement keeps at least this share of the old lines unless the problem lies in most of them. */
const leastKeptShare = 0.5;

/**
 * Judges a replacement of `region` before anybody sees it.
 * @param replacement new text of the region.
 * @param target messages of the problems that the fix is for; empty when it is for a bug nobody has reported.
 * @param before problems of the document as it is.
 */
export async function checkCandidate(
  region: CodeRegion,
  replacement: string,
  target: readonly string[],
  before: readonly SeenProblem[],
  ports: JudgingPorts,
  signal: AbortSignal,
): Promise<CheckResult> {
  const old = regionText(region);
  if (replacement.trim() === old.trim()) return refused("changes nothing");
  const kept = keptShare(old, replacement);
  if (kept < leastKeptShare)
    return refused(`rewrites too much (keeps ${Math.round(kept * 100)} % of the lines)`);
  if (leavesOut(old, replacement)) return refused("leaves out code that it does not show");

  const notes: string[] = [];
  const parses = await stillParses(region, replacement, ports.syntax);
  if (parses === false) return refused("does not parse");
  notes.push(parses ? "parses" : "syntax not checked (no grammar)");

  const text = region.text.slice(0, region.range.start) + replacement + region.text.slice(region.range.end);
  const { lost, doubled } = await changedDefinitions(region.languageId, region.text, text, ports.syntax);
  if (lost.length > 0) return refused(`removes ${lost.join(", ")}`);
  if (doubled.length > 0) return refused(`defines ${doubled.join(", ")} again`);

  let score = kept;
  let proven = false;
  const after = await ports.problemsOf(region, text, signal);
  if (after === undefined) notes.push("no language server judged it");
  else {
    const added = after.find(
      (problem) => problem.severity === "error" && timesIn(after, problem) > timesIn(before, problem),
    );
    if (added) return refused(`brings a new error: ${added.message}`);
    // The same may be said of another place, which this fix is not for.
    const left = target.find((message) => {
      const wanted = target.filter((other) => other === message).length;
      return timesIn(after, { message }) > Math.max(0, timesIn(before, { message }) - wanted);
    });
    if (left !== undefined) return refused(`the problem is still there: ${left}`);
    // What the server never saw, such as a finding of Wisp's or of a linter that looks at no copies, it cannot call gone.
    proven = target.some((message) => before.some((problem) => problem.message === message));
    const count = `${before.length} problem${before.length === 1 ? "" : "s"} → ${after.length}`;
    notes.push(proven || after.length < before.length ? count : "no new errors");
    score += before.length - after.length;
  }
  if (ports.runCommand) {
    const run = await ports.runCommand(region, text, signal);
    if (run.passed === false) return refused(`the check command fails: ${run.summary}`);
    const passedBefore = run.passed && ((await ports.passedBefore?.()) ?? false);
    notes.push(passedBefore ? `${run.summary} (as before)` : run.summary);
    if (run.passed) score += 1;
    proven ||= run.passed === true && !passedBefore;
  }
  return { ok: true, notes, score, proven };
}

function refused(note: string): CheckResult {
  return { ok: false, notes: [note], score: 0, proven: false };
}

/** Share of the old text's non-empty lines that stand unchanged in the new one. */
export function keptShare(oldText: string, newText: string): number {
  const lines = (text: string): number => text.split("\n").filter((line) => line.trim() !== "").length;
  const total = lines(oldText);
  if (total <= 3) return 1;
  const removed = hunksOf(oldText, newText).reduce((sum, hunk) => sum + lines(hunk.oldText), 0);
  return (total - removed) / total;
}

/** Whether new text of a region adds no parse error; undefined where the language has no grammar. */
export async function stillParses(
  region: CodeRegion,
  replacement: string,
  syntax: SyntaxService,
): Promise<boolean | undefined> {
  const prefix = region.text.slice(0, region.range.start);
  const suffix = region.text.slice(region.range.end);
  const cursor = await syntax.atCursor(`${region.key}#fix`, region.languageId, prefix, suffix);
  try {
    return cursor ? !cursor.check(replacement).addsErrors : undefined;
  } finally {
    cursor?.dispose();
  }
}

function timesIn(
  problems: readonly SeenProblem[],
  { message, source }: Pick<SeenProblem, "message"> & Partial<SeenProblem>,
): number {
  return problems.filter((one) => one.message === message && (source === undefined || one.source === source))
    .length;
}
