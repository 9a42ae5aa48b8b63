import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureCodeServer } from "./codeServer/install.ts";
import { runCommand } from "./support/command.ts";
import { CommandFailed, run } from "./support/processes.ts";
import { repoRoot } from "./support/repo.ts";
import { step } from "./support/step.ts";
import { ensureChromium } from "./testing/chromium.ts";
import { runE2e } from "./testing/e2eSuite.ts";
import { runIntegration } from "./testing/integrationSuite.ts";
import { runLab } from "./testing/labSuite.ts";
import { runMocha } from "./testing/mochaSuite.ts";
import { closingLine, failuresVariable, noteFailure, sumOf, type Totals } from "./testing/totals.ts";
import { upToDateVsix } from "./vsix/packageVsix.ts";
import { hostTarget } from "./vsix/targets.ts";

interface Suite {
  readonly name: string;
  readonly run: () => Promise<Totals>;
}

const suites: readonly Suite[] = [
  { name: "check", run: check },
  { name: "unit", run: () => runMocha(["test/unit/**/*.test.ts"]) },
  { name: "page", run: () => runMocha(["test/page/**/*.test.ts"]) },
  { name: "engine", run: () => runMocha(["--config", ".mocharc.engine.json"]) },
  { name: "integration", run: () => runIntegration({ vscodeVersion: "stable" }) },
  { name: "e2e", run: () => runE2e([]) },
  { name: "lab", run: () => runLab() },
];

const usage = `usage: npm test

Runs every suite (${suites.map(({ name }) => name).join(", ")}) and ends with "N passed, N failed".
Each has a command of its own, which takes options: npm run test:unit, npm run test:e2e -- --grep TEXT.
`;

await runCommand(usage, {}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "wisp-failures-"));
  try {
    return await runSuites(join(folder, "failures.txt"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function runSuites(failuresFile: string): Promise<number> {
  process.env[failuresVariable] = failuresFile;
  const results: { name: string; totals: Totals; seconds: number }[] = [];
  for (const suite of [{ name: "prepare", run: prepare }, ...suites]) {
    const started = performance.now();
    step(`Suite: ${suite.name}`);
    const notedBefore = sizeOf(failuresFile);
    const totals = await suite.run().catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      noteFailure(`${suite.name}\n${error instanceof Error ? error.message : error}`);
      return { passed: 0, failed: 1, skipped: 0 };
    });
    if (totals.failed > 0 && sizeOf(failuresFile) === notedBefore)
      noteFailure(`${suite.name}\n${totals.failed} failed, see above.`);
    results.push({ name: suite.name, totals, seconds: (performance.now() - started) / 1000 });
  }
  if (existsSync(failuresFile)) step(`What failed, once more:\n\n${readFileSync(failuresFile, "utf8")}`);
  for (const { name, totals, seconds } of results) {
    step(
      `${name.padEnd(12)} ${seconds.toFixed(0).padStart(4)} s  ${totals.passed} passed; ${totals.failed} failed; ${totals.skipped} skipped`,
    );
  }
  const total = sumOf(results.map((result) => result.totals));
  console.log(closingLine(total));
  return total.failed === 0 ? 0 : 1;
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

/** Gets what the suites need, so that a missing piece is told once and first; each suite would also get its own. */
async function prepare(): Promise<Totals> {
  let failed = 0;
  for (const ensure of [ensureChromium, ensureCodeServer, ensureModel, () => upToDateVsix(hostTarget())]) {
    try {
      await ensure();
    } catch (error) {
      failed += 1;
      console.error(error instanceof Error ? error.message : error);
    }
  }
  return { passed: 0, failed, skipped: 0 };
}

async function ensureModel(): Promise<void> {
  await run(process.execPath, [join(repoRoot, "scripts/model.ts"), "--print-path"], { stderr: "inherit" });
}

/** Types, lint and format count as one test. */
async function check(): Promise<Totals> {
  const npm = process.env["npm_execpath"];
  const [command, ...args] = npm !== undefined && existsSync(npm) ? [process.execPath, npm] : ["npm"];
  try {
    await run(command ?? "npm", [...args, "run", "check"], { cwd: repoRoot });
    return { passed: 1, failed: 0, skipped: 0 };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    console.error(error.output);
    noteFailure(`check\n${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
