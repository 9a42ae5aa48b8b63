import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { ensureCodeServer } from "../codeServer/install.ts";
import { outDir, readManifest, repoRoot } from "../support/repo.ts";
import { MissingPrerequisite, step } from "../support/step.ts";
import { upToDateVsix } from "../vsix/packageVsix.ts";
import { hostTarget } from "../vsix/targets.ts";
import { ensureChromium } from "./chromium.ts";
import { type HostSuite, runInCodeServer } from "./codeServerHost.ts";
import { ensureDesktopCode, hasDisplay, runInDesktop } from "./desktopHost.ts";
import { withSecondTry } from "./secondTry.ts";
import type { ReportedTotals, Totals } from "./totals.ts";

const sources = join(repoRoot, "test/integration");
const bundleFolder = join(outDir, "integration");

export interface IntegrationOptions {
  /** Undefined: a desktop VS Code where there is a display and one can be had, else code-server. */
  readonly host?: string | undefined;
  /** Of the desktop VS Code: a version, "stable", or "floor" for the oldest one that the manifest allows. */
  readonly vscodeVersion: string;
}

/** Settings under which the suite runs in every host. */
const settings = {
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.autoClosingBrackets": "never",
  "files.simpleDialog.enable": true,
};

export async function runIntegration(options: IntegrationOptions): Promise<Totals> {
  await bundleIntegrationTests();
  const { folder: extension } = await upToDateVsix(hostTarget());
  return runInSomeHost({ extension, settings, tests: join(bundleFolder, "index.cjs") }, options);
}

type Suite = Omit<HostSuite, "workspace" | "grep">;

/** Each try has a workspace of its own: tests write into it. */
function triedInWorkspaces(
  suite: Suite,
  run: (suite: HostSuite) => Promise<ReportedTotals>,
): Promise<Totals> {
  return withSecondTry(async (grep) => {
    const workspace = await mkdtemp(join(tmpdir(), "wisp-workspace-"));
    try {
      await cp(join(repoRoot, "samples"), workspace, { recursive: true });
      return await run({ ...suite, workspace, grep });
    } finally {
      await rm(workspace, { recursive: true, force: true, maxRetries: 3 });
    }
  });
}

/** Node's own module loader runs the tests in the host, so they become CommonJS like the extension. */
export async function bundleIntegrationTests(): Promise<void> {
  await rm(bundleFolder, { recursive: true, force: true });
  const files = await readdir(sources);
  await esbuild.build({
    entryPoints: files
      .filter((name) => /^index\.ts$|\.test\.ts$/.test(name))
      .map((name) => join(sources, name)),
    outdir: bundleFolder,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    sourcemap: "linked",
    external: ["vscode", "mocha"],
    // The ES module asks for `import.meta.url`, as in esbuild.config.mjs.
    alias: { "web-tree-sitter": join(repoRoot, "node_modules/web-tree-sitter/web-tree-sitter.cjs") },
    define: { "import.meta.dirname": "__dirname" },
    logLevel: "warning",
  });
}

async function runInSomeHost(suite: Suite, { host, vscodeVersion }: IntegrationOptions): Promise<Totals> {
  if (host !== "code-server" && (host === "desktop" || hasDisplay())) {
    const floor = readManifest().engines["vscode"]?.replace("^", "") ?? "stable";
    try {
      const executable = await ensureDesktopCode(vscodeVersion === "floor" ? floor : vscodeVersion);
      step(`Integration tests in ${executable}`);
      return await triedInWorkspaces(suite, (each) => runInDesktop(executable, each));
    } catch (error) {
      if (host === "desktop" || !(error instanceof MissingPrerequisite)) throw error;
      step(`${error.message.split("\n")[0]}; using code-server`);
    }
  }
  const entry = await ensureCodeServer();
  const chromiumPath = await ensureChromium();
  step("Integration tests in code-server's extension host");
  return triedInWorkspaces(suite, (each) => runInCodeServer(entry, chromiumPath, each));
}
