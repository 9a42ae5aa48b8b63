import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureCodeServer } from "../codeServer/install.ts";
import { installVsix } from "../codeServer/launch.ts";
import { createProfile } from "../codeServer/profile.ts";
import { run } from "../support/processes.ts";
import { outDir, repoRoot } from "../support/repo.ts";
import { upToDateVsix } from "../vsix/packageVsix.ts";
import { hostTarget } from "../vsix/targets.ts";
import { ensureChromium } from "./chromium.ts";
import { runMocha } from "./mochaSuite.ts";
import { withSecondTry } from "./secondTry.ts";
import { packageProbe, packagePythonServer } from "./testExtensions.ts";
import type { Totals } from "./totals.ts";

/** Environment variables by which the end-to-end tests find what they drive. */
export const e2eVariables = {
  extensions: "WISP_E2E_EXTENSIONS",
  probeVsix: "WISP_E2E_PROBE_VSIX",
  pythonServerVsix: "WISP_E2E_PYTHON_SERVER_VSIX",
  codeServer: "WISP_E2E_CODE_SERVER",
  chromium: "WISP_E2E_CHROMIUM",
  model: "WISP_E2E_MODEL",
} as const;

/** Variable by which the probe learns the file that takes its port. */
export const probeVariable = "WISP_E2E_PROBE";

/** Real VS Code in a headless browser, the packaged extension, the real model. */
export async function runE2e(mochaArgs: readonly string[]): Promise<Totals> {
  const environment = await e2eEnvironment();
  const config = ["--config", ".mocharc.e2e.json"];
  return withSecondTry((grep) =>
    runMocha([...config, ...(grep === undefined ? mochaArgs : ["--grep", grep])], environment),
  );
}

/** Packages, installs or finds what sessions drive; the variables that name it. */
export async function e2eEnvironment(): Promise<Readonly<Record<string, string>>> {
  const vsix = await upToDateVsix(hostTarget());
  const model = await run(process.execPath, [join(repoRoot, "scripts/model.ts"), "--print-path"], {
    stderr: "inherit",
  });
  const codeServer = await ensureCodeServer();
  const probe = await packageProbe();
  return {
    [e2eVariables.extensions]: await installed(codeServer, [vsix.path, probe]),
    [e2eVariables.probeVsix]: probe,
    [e2eVariables.pythonServerVsix]: await packagePythonServer(),
    [e2eVariables.codeServer]: codeServer,
    [e2eVariables.chromium]: await ensureChromium(),
    [e2eVariables.model]: model.trim(),
  };
}

/** A folder with the extensions as VS Code installs them, of which each session takes a copy: installing takes seconds. */
async function installed(codeServer: string, packages: readonly string[]): Promise<string> {
  const folder = join(outDir, "e2e-profile");
  await rm(folder, { recursive: true, force: true });
  const profile = await createProfile(folder);
  for (const each of packages) await installVsix(codeServer, profile, each);
  return profile.extensions;
}
