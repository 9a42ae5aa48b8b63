import { isAbsolute } from "node:path";
import type { CatalogueEntry } from "./catalogue.ts";
import { ModelStoreError } from "./modelStoreError.ts";

/** A model that is on disk, wholly or in part. */
export interface StoredModel {
  /** The catalogue's id, or `file:` and the absolute path for every other file. */
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** Bytes on disk, those of a partial download included. */
  readonly sizeBytes: number;
  /**
   * "ready": can be run; "partial": a download was begun; "damaged": the file has not the catalogue's size;
   * "missing": a registered file that is gone.
   */
  readonly state: "ready" | "partial" | "damaged" | "missing";
  readonly origin: "catalogue" | "folder" | "registered";
  readonly entry?: CatalogueEntry;
}

const filePrefix = "file:";

/** Id of a model that is not in the catalogue. */
export function fileId(path: string): string {
  return filePrefix + path;
}

export function isFileId(id: string): boolean {
  return id.startsWith(filePrefix);
}

/** @throws {ModelStoreError} `file-missing` when the id holds no absolute path. */
export function filePath(id: string): string {
  const path = id.slice(filePrefix.length);
  if (isAbsolute(path)) return path;
  throw new ModelStoreError("file-missing", `${path} is not an absolute path.`, "Choose the file again.");
}
