import { writeFileSync } from "node:fs";
import Mocha from "mocha";
import { noteFailure, type ReportedTotals, type Totals, totalsVariable } from "./totals.ts";

/** Mocha's "spec" output, and the totals in a file for whoever started the run. */
export class CountingReporter extends Mocha.reporters.Spec {
  readonly #bySuite: Record<string, Totals> = {};

  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.on("pass", (test) => this.#count(test, "passed"));
    // A hook that fails is told as a failing test.
    runner.on("fail", (test, error: Error) => {
      this.#count(test, "failed");
      noteFailure(`${test.fullTitle()}\n${shortened(error.stack ?? String(error))}`);
    });
    runner.on("pending", (test) => this.#count(test, "skipped"));
    runner.once("end", () => {
      const file = process.env[totalsVariable];
      if (file === undefined) return;
      const { passes, failures, pending } = this.stats;
      const totals: ReportedTotals = {
        passed: passes,
        failed: failures,
        skipped: pending,
        bySuite: this.#bySuite,
      };
      writeFileSync(file, JSON.stringify(totals));
    });
  }

  #count(test: Mocha.Runnable, as: keyof Totals): void {
    const suite = test.titlePath()[0] ?? "";
    const counts = this.#bySuite[suite] ?? { passed: 0, failed: 0, skipped: 0 };
    this.#bySuite[suite] = { ...counts, [as]: counts[as] + 1 };
  }
}

/** Where two large values are compared, the message holds both; where it failed is kept. */
function shortened(stack: string): string {
  const most = 1500;
  const places = stack.search(/\n\s+at /);
  const message = places < 0 ? stack : stack.slice(0, places);
  const [, place = ""] = places < 0 ? [] : stack.slice(places).split("\n", 2);
  return `${message.length <= most ? message : `${message.slice(0, most)} …`}\n${place}`;
}

// Mocha loads a reporter with require().
export { CountingReporter as "module.exports" };
