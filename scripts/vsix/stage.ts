import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "../support/processes.ts";
import { outDir, repoRoot } from "../support/repo.ts";
import { copyAddonPackage } from "./addonPackage.ts";
import { copyEngineModules } from "./engineModules.ts";
import type { VsixTarget } from "./targets.ts";

export function stageFolder(target: VsixTarget): string {
  return join(outDir, "stage", target.name);
}

/**
 * Lays out what the VSIX of one target holds, in an empty folder: nothing is in a package because it happened to
 * lie in the working tree.
 */
export async function stageExtension(target: VsixTarget): Promise<string> {
  const folder = stageFolder(target);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const dist = join(folder, "dist");
  await run(process.execPath, [join(repoRoot, "esbuild.config.mjs"), "--production", `--outdir=${dist}`], {
    cwd: repoRoot,
  });
  await cp(join(repoRoot, "media"), join(folder, "media"), {
    recursive: true,
    // Its bundle is in dist.
    filter: (path) => basename(path) !== "chat",
  });
  await stageLab(join(folder, "lab"));
  for (const file of ["README.md", "CHANGELOG.md", "LICENSE"]) {
    await cp(join(repoRoot, file), join(folder, file));
  }
  await writeManifest(folder);
  if (target.enginePackage === undefined) {
    await rm(join(dist, "engine"), { recursive: true, force: true });
  } else {
    const modules = join(dist, "engine/node_modules");
    await copyEngineModules(modules);
    await copyAddonPackage(target.enginePackage, modules);
  }
  return folder;
}

/** What `uv run` needs to adapt a model to a workspace; tests, recipes and reports stay in the repository. */
async function stageLab(folder: string): Promise<void> {
  for (const name of ["pyproject.toml", "uv.lock", "README.md", "src"]) {
    await cp(join(repoRoot, "lab", name), join(folder, name), {
      recursive: true,
      filter: (path) => basename(path) !== "__pycache__",
    });
  }
}

/** What the editor reads stays; what only this repository needs (scripts, dependencies) goes. */
async function writeManifest(folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(repoRoot, "package.json"), "utf8"));
  for (const key of ["scripts", "dependencies", "devDependencies", "overrides", "allowScripts", "private"]) {
    delete manifest[key];
  }
  await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
