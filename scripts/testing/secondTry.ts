import { step } from "../support/step.ts";
import { noteFailure, type ReportedTotals, sumOf, type Totals } from "./totals.ts";

/** More failing suites than this at once are no chance: a second try would only hide what is broken. */
const mostSuites = 3;

interface Ways {
  readonly tell: (message: string) => void;
  /** Keeps what is told again at the end of all suites. */
  readonly note: (text: string) => void;
}

/**
 * Runs suites that drive a real editor, given a pattern for mocha's `--grep` or none for all. A whole editor, a browser
 * and a model on a machine that others use too can be too slow for a deadline: a suite or three that fail are run once
 * more from the start, in new editors, and count as they went then. What that was is printed.
 */
export async function withSecondTry(
  run: (grep?: string) => Promise<ReportedTotals>,
  { tell, note }: Ways = { tell: step, note: noteFailure },
): Promise<Totals> {
  const first = await run();
  const repeated = suitesToRepeat(first);
  if (repeated.length === 0) return first;
  tell(`Second try, as these failed: ${repeated.join("; ")}`);
  const second = await run(patternOf(repeated)).catch((error: unknown): ReportedTotals => {
    const why = error instanceof Error ? error.message : String(error);
    tell(`The second try did not come to its end: ${why}`);
    note(`second try\n${why}`);
    return { passed: 0, failed: 1, skipped: 0, bySuite: {} };
  });
  const totals = afterSecondTry(first, second);
  if (totals.failed === 0) {
    const passed = `Passed at the second try only: ${repeated.join("; ")}`;
    tell(passed);
    note(passed);
  }
  return totals;
}

/** Titles of the outermost suites that are worth a second try; none where everything passed or too much failed. */
export function suitesToRepeat(first: ReportedTotals): readonly string[] {
  const failed = Object.entries(first.bySuite).filter(([, { failed }]) => failed > 0);
  const isWholeStory = sumOf(failed.map(([, totals]) => totals)).failed === first.failed;
  return isWholeStory && failed.length <= mostSuites ? failed.map(([title]) => title) : [];
}

/** A pattern for mocha's `--grep` that the tests of these suites match. */
export function patternOf(suites: readonly string[]): string {
  return `^(?:${suites.map((suite) => suite.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")}) `;
}

/**
 * The sum of a run in which the suites that were repeated count as they went in the second run. One that was only skipped
 * there has not passed, and what failed there outside of a test counts too.
 */
export function afterSecondTry(first: ReportedTotals, second: ReportedTotals): Totals {
  const repeated = suitesToRepeat(first);
  const kept = Object.keys(first.bySuite).filter((title) => !repeated.includes(title));
  const notRun: Totals = { passed: 0, failed: 1, skipped: 0 };
  const sum = sumOf([
    ...kept.map((title) => first.bySuite[title] ?? notRun),
    ...repeated.map((title) => {
      const totals = second.bySuite[title] ?? notRun;
      return totals.passed + totals.failed === 0 ? sumOf([totals, notRun]) : totals;
    }),
  ]);
  return { ...sum, failed: Math.max(sum.failed, second.failed) };
}
