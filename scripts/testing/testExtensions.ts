import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createVSIX } from "@vscode/vsce";
import * as esbuild from "esbuild";
import { outDir, repoRoot } from "../support/repo.ts";
import { withQuietConsole } from "../vsix/packageVsix.ts";

/** A second extension, for the tests only, that tells what Wisp's API tells. Path of its package. */
export function packageProbe(): Promise<string> {
  return packed("wisp-probe", join(repoRoot, "test/e2e/probe"));
}

/** A third one, for those tests that ask for it: Pyright as a language server for Python. Path of its package. */
export async function packagePythonServer(): Promise<string> {
  const source = join(repoRoot, "test/e2e/python");
  const folder = join(outDir, "wisp-python-server");
  await esbuild.build({
    absWorkingDir: repoRoot,
    entryPoints: [join(source, "extension.ts")],
    outfile: join(folder, "extension.cjs"),
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    external: ["vscode"],
    define: { pyrightServer: JSON.stringify(join(repoRoot, "node_modules/pyright/langserver.index.js")) },
    logLevel: "error",
  });
  await cp(join(source, "package.json"), join(folder, "package.json"));
  return packed("wisp-python-server", folder);
}

async function packed(name: string, cwd: string): Promise<string> {
  await mkdir(outDir, { recursive: true });
  const packagePath = join(outDir, `${name}.vsix`);
  const options = { cwd, packagePath, dependencies: false, allowMissingRepository: true, skipLicense: true };
  await withQuietConsole(() => createVSIX(options));
  return packagePath;
}
