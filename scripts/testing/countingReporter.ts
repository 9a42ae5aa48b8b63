import { writeFileSync } from "node:fs";
import Mocha from "mocha";
import { totalsVariable } from "./totals.ts";

/** Mocha's "spec" output, and the totals in a file for whoever started the run. */
export class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.once("end", () => {
      const file = process.env[totalsVariable];
      if (file === undefined) return;
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
}

// Mocha loads a reporter with require().
export { CountingReporter as "module.exports" };
