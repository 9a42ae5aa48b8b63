import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileError, systemCode } from "./modelStoreError.ts";

/** Folder, in the models folder, of the copies of models that are fitted to this machine's processor. */
export function fittedFolder(modelsFolder: string): string {
  return join(modelsFolder, "fitted");
}

/**
 * Name of a model's fitted file.
 * @param version of the way of fitting.
 * @param fingerprint of the model's file, 24 hexadecimal digits.
 */
export function fittedName(modelPath: string, version: number, fingerprint: string): string {
  return `${stemOf(modelPath)}-fit${version}-${fingerprint}.gguf`;
}

/** Name under which a fitted file is written before it has its own; `token` tells writers apart. */
export function unfinishedName(name: string, token: string): string {
  return `${name}.${token}.part`;
}

/**
 * Paths of all fitted files of a model, of any version and content, and of those that are written or were not
 * finished.
 * @throws {ModelStoreError} `folder-unusable`
 */
export async function fittedFilesOf(folder: string, modelPath: string): Promise<string[]> {
  const stem = stemOf(modelPath);
  return (await namesIn(folder))
    .filter((name) => name.startsWith(stem) && endings.test(name.slice(stem.length)))
    .map((name) => join(folder, name));
}

const endings = /^-fit\d+-[0-9a-f]{24}\.gguf(\.[0-9a-f-]+\.part)?$/;

function stemOf(modelPath: string): string {
  return basename(modelPath).replace(/\.gguf$/i, "");
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw fileError(error, folder);
  }
}
