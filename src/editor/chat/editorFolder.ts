import * as vscode from "vscode";
import type { TextFolder } from "../../chat/textFolder.ts";

/**
 * A folder that the editor keeps, in a browser its own database or the server that serves it. Throws
 * {@link vscode.FileSystemError}s. A crash in the middle of a write may leave the new text under its temporary name alone:
 * the editor removes the old file before it renames.
 */
export function editorFolder(folder: vscode.Uri): TextFolder {
  const { fs } = vscode.workspace;
  const file = (name: string): vscode.Uri => vscode.Uri.joinPath(folder, name);
  return {
    names: () =>
      absentAs<readonly string[]>([], async () =>
        (await fs.readDirectory(folder))
          .filter(([, type]) => type === vscode.FileType.File)
          .map(([name]) => name),
      ),
    read: (name) =>
      absentAs<string | undefined>(undefined, async () =>
        new TextDecoder().decode(await fs.readFile(file(name))),
      ),
    async write(name, text) {
      await fs.createDirectory(folder);
      const temporary = file(`${name}.${crypto.randomUUID()}.tmp`);
      await fs.writeFile(temporary, new TextEncoder().encode(text));
      await fs.rename(temporary, file(name), { overwrite: true });
    },
    rename: async (name, to) => fs.rename(file(name), file(to), { overwrite: true }),
    remove: (name) => absentAs<void>(undefined, async () => fs.delete(file(name))),
    modifiedAt: (name) => absentAs(0, async () => (await fs.stat(file(name))).mtime),
  };
}

async function absentAs<T>(absent: T, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === "FileNotFound") return absent;
    throw error;
  }
}
