import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureLabEnvironment, runUv } from "../lab/uv.ts";
import { step } from "../support/step.ts";
import type { Totals } from "./totals.ts";

/** A contributor who has no use for the lab's 6 GB sets this variable to 1. */
export const skipLabVariable = "WISP_SKIP_LAB_TESTS";

export function skipsLab(): boolean {
  return process.env[skipLabVariable] === "1";
}

/** Runs the lab's pytest suite in its locked environment. */
export async function runLab(args: readonly string[] = []): Promise<Totals> {
  if (skipsLab()) {
    step(`The lab's tests are SKIPPED, because ${skipLabVariable} is 1`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  await ensureLabEnvironment();
  const folder = mkdtempSync(join(tmpdir(), "wisp-lab-totals-"));
  try {
    const file = join(folder, "junit.xml");
    const status = await runUv(["run", "--no-sync", "pytest", "-q", "-rsfE", "--junitxml", file, ...args]);
    const totals = existsSync(file) ? totalsOfJunit(readFileSync(file, "utf8")) : undefined;
    if (totals === undefined) return { passed: 0, failed: 1, skipped: 0 };
    // pytest can fail without a failing test: nothing collected, an interruption, an error of its own.
    return status === 0 || totals.failed > 0 ? totals : { ...totals, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads the counts that pytest puts on its `testsuite` element; undefined when there is none. */
export function totalsOfJunit(xml: string): Totals | undefined {
  const suite = /<testsuite\s[^>]*>/.exec(xml)?.[0];
  if (suite === undefined) return undefined;
  const count = (name: string) => Number(new RegExp(`\\s${name}="(\\d+)"`).exec(suite)?.[1] ?? Number.NaN);
  const failed = count("failures") + count("errors");
  const skipped = count("skipped");
  const passed = count("tests") - failed - skipped;
  return Number.isNaN(passed) ? undefined : { passed, failed, skipped };
}
