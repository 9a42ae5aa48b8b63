import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { EvalCase, EvalSet } from "./cases.ts";

/**
 * Lays workspaces out in a temporary folder, one at a time. The file of the case at hand is never on the disk with
 * its truth in it: it is written open, and made whole when the next case is opened.
 */
export class WorkspaceOnDisk {
  readonly #set: EvalSet;
  #folder: string | undefined;
  #workspace: string | undefined;
  #open: EvalCase | undefined;

  constructor(set: EvalSet) {
    this.#set = set;
  }

  /** The folder with the case's workspace, its own file with the hole open. */
  async layOut(each: EvalCase): Promise<string> {
    if (this.#workspace !== each.workspace) await this.#replace(each);
    const folder = this.#folder ?? "";
    const before = this.#open;
    await this.#write(folder, each.path, each.prefix + each.suffix);
    if (before && before.path !== each.path) await this.#write(folder, before.path, this.#whole(before));
    this.#open = each;
    return folder;
  }

  uriOf(file: string): string {
    return pathToFileURL(path.join(this.#folder ?? "", file)).href;
  }

  async dispose(): Promise<void> {
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
    this.#workspace = undefined;
    this.#open = undefined;
  }

  async #replace(each: EvalCase): Promise<void> {
    await this.dispose();
    const folder = await mkdtemp(path.join(os.tmpdir(), "wisp-eval-"));
    this.#folder = folder;
    this.#workspace = each.workspace;
    for (const file of this.#set.workspaces.get(each.workspace) ?? []) {
      if (file.path !== each.path) await this.#write(folder, file.path, file.text);
    }
  }

  #whole(each: EvalCase): string {
    const files = this.#set.workspaces.get(each.workspace) ?? [];
    return files.find((file) => file.path === each.path)?.text ?? each.prefix + each.suffix;
  }

  async #write(folder: string, file: string, text: string): Promise<void> {
    const target = path.resolve(folder, file);
    if (!target.startsWith(folder + path.sep)) throw new Error(`${file} lies outside of its workspace.`);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}
