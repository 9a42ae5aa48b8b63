import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What mocha's reporter tells of a run, also for each of the outermost suites by its title. */
export interface ReportedTotals extends Totals {
  readonly bySuite: Readonly<Record<string, Totals>>;
}

/** Environment variable with the file into which the reporter writes its {@link ReportedTotals}. */
export const totalsVariable = "WISP_TEST_TOTALS";

/** Environment variable with the file to which each failure is added, for whoever tells them again at the end. */
export const failuresVariable = "WISP_TEST_FAILURES";

/** Environment variable with the file that takes mocha's printed output when it runs inside an editor. */
export const outputVariable = "WISP_TEST_OUTPUT";

/** Environment variable with a pattern that the titles of the tests have to match, for mocha inside an editor. */
export const grepVariable = "WISP_TEST_GREP";

export function sumOf(all: readonly Totals[]): Totals {
  return all.reduce(
    (sum, next) => ({
      passed: sum.passed + next.passed,
      failed: sum.failed + next.failed,
      skipped: sum.skipped + next.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

export function closingLine({ passed, failed }: Totals): string {
  return `${passed} passed, ${failed} failed`;
}

/** Keeps a failure to be told again when every suite is through; the end of a long log is what is looked at first. */
export function noteFailure(text: string, file = process.env[failuresVariable]): void {
  if (file !== undefined) appendFileSync(file, `${text.trim()}\n\n`);
}

/** Reads and removes a totals file. A suite that left none did not come to its end: one failure. */
export function takeTotals(file: string): ReportedTotals {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, bySuite: {} };
  const totals: ReportedTotals = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  // A suite that ran nothing proves nothing.
  return totals.passed + totals.failed === 0 ? { ...totals, failed: 1 } : totals;
}
