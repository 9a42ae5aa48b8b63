import { rmSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

const namePrefix = "wisp-check-";

/** A folder that looks like the workspace but has another text in one file; nothing of the user's tree is written. */
export interface ShadowWorkspace {
  /** Root of the copy. */
  readonly root: string;
  /** The one real file in it. */
  readonly file: string;
  /** Replaces the file's text. */
  write(text: string): Promise<void>;
  /** Takes the folder away; what its links lead to stays. */
  remove(): void;
}

/**
 * Builds a shadow of `workspaceRoot`: every entry beside the way to `relativePath` is a link to the original, so that
 * imports, configuration and installed packages resolve as in the real place, at the cost of a few links.
 * @param relativePath path of the file below the root.
 * @throws the file system's errors; what was made by then is removed.
 */
export async function shadowWorkspace(workspaceRoot: string, relativePath: string): Promise<ShadowWorkspace> {
  const steps = path.normalize(relativePath).split(path.sep);
  if (path.isAbsolute(relativePath) || steps.includes(".."))
    throw new Error("the file lies outside the workspace");
  const root = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), `${namePrefix}${process.pid}-`)));
  const file = path.join(root, ...steps);
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    let from = workspaceRoot;
    let to = root;
    for (const step of steps) {
      await linkEntries(from, to, step);
      from = path.join(from, step);
      to = path.join(to, step);
      if (to !== file) await fs.mkdir(to);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { root, file, write: (text) => fs.writeFile(file, text), remove };
}

/**
 * Removes the shadows that this user's killed processes left behind; those of living processes stay.
 * @param folder where shadows are made.
 * @returns the names of those that were removed.
 * @throws the file system's errors.
 */
export async function removeAbandonedShadows(folder = os.tmpdir()): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await fs.readdir(folder)) {
    if (!name.startsWith(namePrefix) || isAlive(Number.parseInt(name.slice(namePrefix.length), 10))) continue;
    const place = path.join(folder, name);
    if ((await fs.lstat(place)).uid !== os.userInfo().uid && process.platform !== "win32") continue;
    // Removing a link leaves what it leads to.
    await fs.rm(place, { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

/** Signal 0 sends nothing; EPERM means a living process of another user. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function linkEntries(from: string, to: string, except: string): Promise<void> {
  for (const entry of await fs.readdir(from, { withFileTypes: true })) {
    if (entry.name === except) continue;
    const target = path.join(from, entry.name);
    const link = path.join(to, entry.name);
    if (entry.isDirectory()) await fs.symlink(target, link, "junction");
    // Windows lets only privileged users make links to files.
    else if (process.platform === "win32") await fs.copyFile(target, link);
    else await fs.symlink(target, link);
  }
}
