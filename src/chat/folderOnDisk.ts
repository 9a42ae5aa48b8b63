import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { TextFolder } from "./textFolder.ts";

/** A folder of the file system, made with the first write. Throws the file system's errors. */
export function folderOnDisk(directory: string): TextFolder {
  const file = (name: string): string => path.join(directory, name);
  return {
    names: () => absentAs<readonly string[]>([], () => fs.readdir(directory)),
    read: (name) => absentAs<string | undefined>(undefined, () => fs.readFile(file(name), "utf8")),
    async write(name, text) {
      await fs.mkdir(directory, { recursive: true });
      const temporary = `${file(name)}.${randomUUID()}.tmp`;
      try {
        await fs.writeFile(temporary, text);
        await fs.rename(temporary, file(name));
      } catch (error) {
        // On a full disk, every attempt would leave one.
        await fs.rm(temporary, { force: true });
        throw error;
      }
    },
    rename: (name, to) => fs.rename(file(name), file(to)),
    remove: (name) => fs.rm(file(name), { force: true }),
    modifiedAt: (name) => absentAs(0, async () => (await fs.stat(file(name))).mtimeMs),
  };
}

async function absentAs<T>(absent: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return absent;
    throw error;
  }
}
