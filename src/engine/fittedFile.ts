import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Log } from "../base/log.ts";
import { fittedFilesOf, unfinishedName } from "../model/fittedFiles.ts";
import { type GgufContents, readGgufHeader } from "../model/ggufHeader.ts";
import { makeFolder } from "../model/makeFolder.ts";
import { ModelStoreError } from "../model/modelStoreError.ts";
import type { FitPlan } from "./fitPlan.ts";
import { FittedWriter } from "./fittedWriter.ts";

/** What is left free on the disk. */
const spareBytes = 1_000_000_000;
/** An unfinished file that nobody has written to for so long was cut off. */
const abandonedMs = 60_000;

/** Whether a fitted file is there as it was planned; a damaged one is deleted. */
export async function isWhole(path: string, { fileBytes }: FitPlan, log: Log): Promise<boolean> {
  let fault = "it has not the size that it should have.";
  try {
    const header = await readGgufHeader(path);
    if (header.fileBytes === fileBytes) return true;
  } catch (error) {
    if (!(error instanceof ModelStoreError)) throw error;
    if (error.code === "file-missing") return false;
    fault = error.message;
  }
  log.info(`${path} is made anew: ${fault}`);
  await rm(path, { force: true });
  return false;
}

/**
 * Makes a fitted file, under a name of its own until it is whole on the disk.
 * @throws where there is too little room on the disk, or a file cannot be read or written.
 */
export async function makeFitted(
  modelPath: string,
  path: string,
  contents: GgufContents,
  plan: FitPlan,
  freeDiskBytes: (folder: string) => Promise<number>,
  log: Log,
): Promise<void> {
  const started = performance.now();
  const folder = dirname(path);
  await makeFolder(folder);
  const free = await freeDiskBytes(folder);
  if (free < plan.fileBytes + spareBytes) {
    const needed = megabytes(plan.fileBytes + spareBytes);
    throw new Error(`that needs ${needed} on the disk of ${folder}, and ${megabytes(free)} are free.`);
  }
  const unfinished = join(folder, unfinishedName(basename(path), randomUUID()));
  try {
    await writeFitted(modelPath, unfinished, contents, plan);
    // Another window may have been faster, and has loaded its file.
    if (!(await isWhole(path, plan, log))) await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  log.info(
    `Fitted the model to this processor: ${plan.converted} tensors, ${megabytes(plan.fileBytes)}, ${seconds} s`,
  );
}

async function writeFitted(
  modelPath: string,
  path: string,
  contents: GgufContents,
  plan: FitPlan,
): Promise<void> {
  const source = await open(modelPath, "r");
  try {
    const target = await open(path, "wx");
    try {
      await new FittedWriter(source, target).write(contents, plan);
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Deletes what an earlier file of the model or another version of the fitting has left, and what was cut off. */
export async function deleteOthers(folder: string, modelPath: string, own: string, log: Log): Promise<void> {
  for (const path of await fittedFilesOf(folder, modelPath)) {
    if (path === own) continue;
    try {
      // Another window may be writing.
      if (path.endsWith(".part") && Date.now() - (await stat(path)).mtimeMs < abandonedMs) continue;
      await rm(path, { force: true });
      log.debug(`Deleted ${path}`);
    } catch (error) {
      // Another window was faster.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") log.warn(`${path} stays on the disk: ${error}`);
    }
  }
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
