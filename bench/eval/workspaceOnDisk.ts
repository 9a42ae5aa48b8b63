import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { EvalCase, EvalSet } from "./cases.ts";

interface LaidOut {
  readonly folder: string;
  /** The case whose file lies there open. */
  open: EvalCase;
}

/**
 * Lays workspaces out in temporary folders. The file of the case at hand is never on the disk with its truth in it: it
 * is written open, and made whole when another case of its workspace is opened.
 */
export class WorkspaceOnDisk {
  readonly #set: EvalSet;
  readonly #laidOut = new Map<string, LaidOut>();

  constructor(set: EvalSet) {
    this.#set = set;
  }

  /** The folder with the case's workspace, its own file with the hole open. */
  async layOut(each: EvalCase): Promise<string> {
    const known = this.#laidOut.get(each.workspace);
    if (!known) return this.#create(each);
    await write(known.folder, each.path, each.prefix + each.suffix);
    if (known.open.path !== each.path) await write(known.folder, known.open.path, this.#whole(known.open));
    known.open = each;
    return known.folder;
  }

  async dispose(): Promise<void> {
    for (const { folder } of this.#laidOut.values()) await rm(folder, { recursive: true, force: true });
    this.#laidOut.clear();
  }

  async #create(each: EvalCase): Promise<string> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "wisp-eval-"));
    this.#laidOut.set(each.workspace, { folder, open: each });
    for (const file of this.#set.workspaces.get(each.workspace) ?? []) {
      if (file.path !== each.path) await write(folder, file.path, file.text);
    }
    await write(folder, each.path, each.prefix + each.suffix);
    return folder;
  }

  #whole(each: EvalCase): string {
    const files = this.#set.workspaces.get(each.workspace) ?? [];
    return files.find((file) => file.path === each.path)?.text ?? each.prefix + each.suffix;
  }
}

async function write(folder: string, file: string, text: string): Promise<void> {
  const target = path.resolve(folder, file);
  if (!target.startsWith(folder + path.sep)) throw new Error(`${file} lies outside of its workspace.`);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, text);
}
