import { randomUUID } from "node:crypto";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileError, systemCode } from "./modelStoreError.ts";

interface Verified {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly sha256: string;
}

/**
 * Remembers, in `verified.json` of the models folder, which file had which checksum, so that a start need not
 * read gigabytes. A file that has changed its size or its time of change counts as unknown.
 */
export class VerifiedFiles {
  readonly #notePath: string;

  constructor(folder: string) {
    this.#notePath = join(folder, "verified.json");
  }

  /** The checksum, or undefined where it must be computed. */
  async sha256Of(path: string): Promise<string | undefined> {
    const known = (await this.#read())[basename(path)];
    if (known === undefined) return undefined;
    const { size, mtimeMs } = await stat(path);
    return known.sizeBytes === size && known.mtimeMs === mtimeMs ? known.sha256 : undefined;
  }

  async remember(path: string, sha256: string): Promise<void> {
    const { size, mtimeMs } = await stat(path);
    const all = { ...(await this.#read()), [basename(path)]: { sizeBytes: size, mtimeMs, sha256 } };
    await this.#write(all);
  }

  async forget(path: string): Promise<void> {
    const { [basename(path)]: forgotten, ...others } = await this.#read();
    if (forgotten) await this.#write(others);
  }

  async #read(): Promise<Readonly<Record<string, Verified>>> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#notePath, "utf8"));
      return typeof value === "object" && value !== null ? (value as Record<string, Verified>) : {};
    } catch (error) {
      // A missing or damaged note only costs computing the checksums again.
      if (systemCode(error) === "ENOENT" || error instanceof SyntaxError) return {};
      throw fileError(error, this.#notePath);
    }
  }

  async #write(value: Readonly<Record<string, Verified>>): Promise<void> {
    const next = `${this.#notePath}.${randomUUID()}`;
    try {
      await writeFile(next, JSON.stringify(value, undefined, 2));
      await rename(next, this.#notePath);
    } catch (error) {
      throw fileError(error, this.#notePath);
    }
  }
}
