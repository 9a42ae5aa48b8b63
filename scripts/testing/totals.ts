import { existsSync, readFileSync, rmSync } from "node:fs";

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

/** Environment variable with the file that takes mocha's printed output when it runs inside an editor. */
export const outputVariable = "WISP_TEST_OUTPUT";

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

export function closingLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Reads and removes a totals file. A suite that left none did not come to its end: one failure. */
export function takeTotals(file: string): ReportedTotals {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, bySuite: {} };
  const totals: ReportedTotals = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  // A suite that ran nothing proves nothing.
  return totals.passed + totals.failed === 0 ? { ...totals, failed: 1 } : totals;
}
