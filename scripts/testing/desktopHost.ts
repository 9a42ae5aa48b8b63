import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadAndUnzipVSCode, runTests } from "@vscode/test-electron";
import { editorEnvironment } from "../codeServer/launch.ts";
import { createProfile } from "../codeServer/profile.ts";
import { repoRoot } from "../support/repo.ts";
import { MissingPrerequisite } from "../support/step.ts";
import { type HostSuite, hostEnvironment, printOutput } from "./codeServerHost.ts";
import { type ReportedTotals, takeTotals } from "./totals.ts";

export function hasDisplay(env: NodeJS.ProcessEnv = process.env): boolean {
  return process.platform !== "linux" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
}

/**
 * Downloads (once) the VS Code of a version, or "stable".
 * @throws {MissingPrerequisite} where it cannot be had.
 */
export async function ensureDesktopCode(version: string): Promise<string> {
  try {
    return await downloadAndUnzipVSCode({ version, cachePath: join(repoRoot, ".vscode-test") });
  } catch (error) {
    throw new MissingPrerequisite(
      `VS Code ${version} could not be downloaded: ${error instanceof Error ? error.message : error}`,
      "Check the network, or run the suite in code-server: npm run test:integration -- --host code-server",
    );
  }
}

/** Runs a suite in the extension host of a desktop VS Code. */
export async function runInDesktop(executable: string, suite: HostSuite): Promise<ReportedTotals> {
  const folder = await mkdtemp(join(tmpdir(), "wisp-integration-"));
  const totalsFile = join(folder, "totals.json");
  const outputFile = join(folder, "output.txt");
  try {
    const profile = await createProfile(folder, suite.settings);
    await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: suite.extension,
      extensionTestsPath: suite.tests,
      extensionTestsEnv: {
        ...editorEnvironment(),
        ...hostEnvironment(suite, { totals: totalsFile, output: outputFile }),
      },
      launchArgs: [
        suite.workspace,
        ...["--user-data-dir", profile.userData, "--extensions-dir", profile.extensions],
        ...["--disable-workspace-trust", "--skip-welcome", "--skip-release-notes", "--disable-gpu"],
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      ],
    }).catch((error: unknown) => {
      // The totals tell how many failed; without them the editor itself broke down.
      console.error(error instanceof Error ? error.message : error);
    });
    printOutput(outputFile);
    return takeTotals(totalsFile);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
