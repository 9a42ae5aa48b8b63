import { join } from "node:path";
import { createVSIX } from "@vscode/vsce";
import { ensureCodeServer } from "../codeServer/install.ts";
import { run } from "../support/processes.ts";
import { outDir, repoRoot } from "../support/repo.ts";
import { step } from "../support/step.ts";
import { upToDateVsix, withQuietConsole } from "../vsix/packageVsix.ts";
import { hostTarget } from "../vsix/targets.ts";
import { ensureChromium } from "./chromium.ts";
import { runMocha } from "./mochaSuite.ts";
import { afterSecondTry, patternOf, suitesToRepeat } from "./secondTry.ts";
import type { Totals } from "./totals.ts";

/** Environment variables by which the end-to-end tests find what they drive. */
export const e2eVariables = {
  vsix: "WISP_E2E_VSIX",
  probeVsix: "WISP_E2E_PROBE_VSIX",
  codeServer: "WISP_E2E_CODE_SERVER",
  chromium: "WISP_E2E_CHROMIUM",
  model: "WISP_E2E_MODEL",
} as const;

/** Variable by which the probe learns the file that takes its port. */
export const probeVariable = "WISP_E2E_PROBE";

/**
 * Real VS Code in a headless browser, the packaged extension, the real model. A whole editor, a browser and a model on
 * a machine that others use too can be too slow for a deadline: a suite or three that fail are run once more from the
 * start, in new editors, and count as they went then. What that was is printed.
 */
export async function runE2e(mochaArgs: readonly string[]): Promise<Totals> {
  const environment = await e2eEnvironment();
  const config = ["--config", ".mocharc.e2e.json"];
  const first = await runMocha([...config, ...mochaArgs], environment);
  const repeated = suitesToRepeat(first);
  if (repeated.length === 0) return first;
  step(`Second try, as these failed: ${repeated.join("; ")}`);
  const second = await runMocha([...config, "--grep", patternOf(repeated)], environment);
  const totals = afterSecondTry(first, second);
  if (totals.failed === 0) step(`Passed at the second try only: ${repeated.join("; ")}`);
  return totals;
}

/** Packages, installs or finds what a session drives; the variables that name it. */
export async function e2eEnvironment(): Promise<Readonly<Record<string, string>>> {
  const vsix = await upToDateVsix(hostTarget());
  const model = await run(process.execPath, [join(repoRoot, "scripts/model.ts"), "--print-path"], {
    stderr: "inherit",
  });
  return {
    [e2eVariables.vsix]: vsix.path,
    [e2eVariables.probeVsix]: await packageProbe(),
    [e2eVariables.codeServer]: await ensureCodeServer(),
    [e2eVariables.chromium]: await ensureChromium(),
    [e2eVariables.model]: model.trim(),
  };
}

/** A second extension, for the tests only, that tells what Wisp's API tells. */
async function packageProbe(): Promise<string> {
  const packagePath = join(outDir, "wisp-probe.vsix");
  await withQuietConsole(() =>
    createVSIX({
      cwd: join(repoRoot, "test/e2e/probe"),
      packagePath,
      dependencies: false,
      allowMissingRepository: true,
      skipLicense: true,
    }),
  );
  return packagePath;
}
