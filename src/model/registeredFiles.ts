import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileError, systemCode } from "./modelStoreError.ts";

/** A model file outside the models folder that the user has added. */
export interface RegisteredFile {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
}

/** The list of the user's own model files, in `registered.json` of the models folder. */
export class RegisteredFiles {
  readonly #notePath: string;

  constructor(folder: string) {
    this.#notePath = join(folder, "registered.json");
  }

  async all(): Promise<readonly RegisteredFile[]> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#notePath, "utf8"));
      return Array.isArray(value) ? value.filter(isRegisteredFile) : [];
    } catch (error) {
      // A damaged list only means that files must be chosen again.
      if (systemCode(error) === "ENOENT" || error instanceof SyntaxError) return [];
      throw fileError(error, this.#notePath);
    }
  }

  async remember(file: RegisteredFile): Promise<void> {
    await this.#write([...(await this.all()).filter(({ path }) => path !== file.path), file]);
  }

  /** False when the file was not in the list. */
  async forget(path: string): Promise<boolean> {
    const all = await this.all();
    const others = all.filter((file) => file.path !== path);
    if (others.length === all.length) return false;
    await this.#write(others);
    return true;
  }

  async #write(files: readonly RegisteredFile[]): Promise<void> {
    const next = `${this.#notePath}.${randomUUID()}`;
    try {
      await writeFile(next, JSON.stringify(files, undefined, 2));
      await rename(next, this.#notePath);
    } catch (error) {
      throw fileError(error, this.#notePath);
    }
  }
}

function isRegisteredFile(value: unknown): value is RegisteredFile {
  return (
    typeof value === "object" &&
    value !== null &&
    "path" in value &&
    typeof value.path === "string" &&
    "name" in value &&
    typeof value.name === "string"
  );
}
