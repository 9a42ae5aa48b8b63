import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createVSIX } from "@vscode/vsce";
import { outDir, readManifest, repoRoot } from "../support/repo.ts";
import { megabytes, step } from "../support/step.ts";
import { sourcesFingerprint } from "./fingerprint.ts";
import { sdkFileName } from "./sdkApart.ts";
import { stageExtension, stageFolder } from "./stage.ts";
import { contentSummary } from "./summary.ts";
import type { VsixTarget } from "./targets.ts";

export interface BuiltVsix {
  readonly path: string;
  /** The same contents, unpacked. */
  readonly folder: string;
}

function vsixPath(target: VsixTarget): string {
  const { name, version } = readManifest();
  return join(outDir, `${name}-${version}-${target.name}.vsix`);
}

/** Builds the VSIX of one target and prints what is inside. */
export async function packageVsix(target: VsixTarget): Promise<BuiltVsix> {
  const path = vsixPath(target);
  await mkdir(outDir, { recursive: true });
  step(`Packaging for ${target.name}`);
  const fingerprint = await sourcesFingerprint();
  // Should this try fail, what it leaves behind passes for nothing.
  await rm(`${path}.fingerprint`, { force: true });
  const folder = await stageExtension(target);
  const options = {
    cwd: folder,
    packagePath: path,
    ignoreFile: join(repoRoot, ".vscodeignore"),
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
    ...(target.enginePackage === undefined ? {} : { target: target.name }),
  };
  await withQuietConsole(() => createVSIX(options));
  for (const line of await contentSummary(folder)) console.error(line);
  const packed = (await stat(path)).size;
  step(`${megabytes(packed)} packed`);
  mostBytes("The package", packed, mostPackedBytes);
  const bundleBytes = async (name: string): Promise<number> => (await stat(join(folder, "dist", name))).size;
  mostBytes("The extension's bundle", await bundleBytes("extension.cjs"), mostBundleBytes);
  mostBytes("The bundle of OpenAI's SDK", await bundleBytes(sdkFileName), mostSdkBytes);
  await writeFile(`${path}.fingerprint`, fingerprint);
  return { path, folder };
}

/** What a user downloads. */
const mostPackedBytes = 40_000_000;
/** What the extension host reads and compiles at each start. */
const mostBundleBytes = 650_000;
/** What it reads in addition when a server is asked first. */
const mostSdkBytes = 450_000;

function mostBytes(what: string, bytes: number, most: number): void {
  if (bytes > most) throw new Error(`${what} has ${megabytes(bytes)}, more than ${megabytes(most)}.`);
}

/** The VSIX of the present sources: the one that is there, when nothing has changed since. */
export async function upToDateVsix(target: VsixTarget): Promise<BuiltVsix> {
  const path = vsixPath(target);
  const folder = stageFolder(target);
  const recorded = existsSync(path) && existsSync(folder) ? await readFingerprint(path) : undefined;
  if (recorded !== undefined && recorded === (await sourcesFingerprint())) {
    step(`The VSIX for ${target.name} is up to date`);
    return { path, folder };
  }
  return packageVsix(target);
}

async function readFingerprint(path: string): Promise<string | undefined> {
  return existsSync(`${path}.fingerprint`) ? readFile(`${path}.fingerprint`, "utf8") : undefined;
}

const expectedWarnings = /you should bundle your extension|LICENSE.*not found|\.vscodeignore/;

/**
 * vsce lists every file on standard output, which is for the path of the package alone, and warns that there are
 * many JavaScript files: the engine's packages, which must stay files.
 */
export async function withQuietConsole<T>(action: () => Promise<T>): Promise<T> {
  const { log, warn } = console;
  console.log = () => undefined;
  console.warn = (...texts: unknown[]) => {
    if (!expectedWarnings.test(texts.join(" "))) warn(...texts);
  };
  try {
    return await action();
  } finally {
    Object.assign(console, { log, warn });
  }
}
