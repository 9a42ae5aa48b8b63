import { rm } from "node:fs/promises";
import { fileError } from "./modelStoreError.ts";
import { fileSize } from "./partialFile.ts";

export interface RemoveResult {
  readonly freedBytes: number;
  readonly removedFiles: readonly string[];
}

/**
 * Deletes those of the files that are there.
 * @throws {ModelStoreError}
 */
export async function removeFiles(paths: readonly string[]): Promise<RemoveResult> {
  const removedFiles: string[] = [];
  let freedBytes = 0;
  for (const path of paths) {
    const size = await fileSize(path);
    if (size === undefined) continue;
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw fileError(error, path);
    }
    freedBytes += size;
    removedFiles.push(path);
  }
  return { freedBytes, removedFiles };
}
