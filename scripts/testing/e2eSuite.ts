import { join } from "node:path";
import { ensureCodeServer } from "../codeServer/install.ts";
import { run } from "../support/processes.ts";
import { repoRoot } from "../support/repo.ts";
import { upToDateVsix } from "../vsix/packageVsix.ts";
import { hostTarget } from "../vsix/targets.ts";
import { ensureChromium } from "./chromium.ts";
import { runMocha } from "./mochaSuite.ts";
import type { Totals } from "./totals.ts";

/** Environment variables by which the end-to-end tests find what they drive. */
export const e2eVariables = {
  vsix: "WISP_E2E_VSIX",
  codeServer: "WISP_E2E_CODE_SERVER",
  chromium: "WISP_E2E_CHROMIUM",
  model: "WISP_E2E_MODEL",
} as const;

/** Real VS Code in a headless browser, the packaged extension, the real model. */
export async function runE2e(mochaArgs: readonly string[]): Promise<Totals> {
  const vsix = await upToDateVsix(hostTarget());
  const model = await run(process.execPath, [join(repoRoot, "scripts/model.ts"), "--print-path"], {
    stderr: "inherit",
  });
  return runMocha(["--config", ".mocharc.e2e.json", ...mochaArgs], {
    [e2eVariables.vsix]: vsix.path,
    [e2eVariables.codeServer]: await ensureCodeServer(),
    [e2eVariables.chromium]: await ensureChromium(),
    [e2eVariables.model]: model.trim(),
  });
}
