import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fileError, ModelStoreError, systemCode } from "./modelStoreError.ts";

/**
 * Makes a folder and those above it. Node's own recursive `mkdir` never ends where a file system denies a folder and
 * calls it missing, as Linux's /proc does.
 * @throws {ModelStoreError} `folder-unusable`, `disk-full`
 */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) await makeFolder(above);
  try {
    await mkdir(path);
  } catch (error) {
    const code = systemCode(error);
    // Another window was faster.
    if (code === "EEXIST") return;
    if (code !== "ENOENT") throw fileError(error, path);
    throw new ModelStoreError(
      "folder-unusable",
      `The folder ${path} cannot be made.`,
      "Check the disk, or name another folder in the variable WISP_MODELS_DIR.",
      error,
    );
  }
}

/** False also where nobody may look. */
export function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
