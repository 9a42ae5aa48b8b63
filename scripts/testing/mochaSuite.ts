import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repoRoot } from "../support/repo.ts";
import { type ReportedTotals, takeTotals, totalsVariable } from "./totals.ts";

/** Runs mocha in a process of its own, with its output passed through. */
export async function runMocha(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ReportedTotals> {
  const folder = mkdtempSync(join(tmpdir(), "wisp-totals-"));
  const file = join(folder, "totals.json");
  const mocha = join(repoRoot, "node_modules/mocha/bin/mocha.js");
  const reporter = join(repoRoot, "scripts/testing/countingReporter.ts");
  const child = spawn(process.execPath, [mocha, "--reporter", reporter, ...args], {
    cwd: repoRoot,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env, [totalsVariable]: file },
  });
  const [status] = await once(child, "exit");
  const totals = takeTotals(file);
  rmSync(folder, { recursive: true, force: true });
  // Mocha can fail without a failing test: a file that does not load, an error after the end.
  return status === 0 || totals.failed > 0 ? totals : { ...totals, failed: 1 };
}
