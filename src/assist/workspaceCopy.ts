import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { WispError } from "../base/wispError.ts";

/** A copy of a workspace in which a command may do what it likes. */
export interface WorkspaceCopy {
  readonly root: string;
  /** Writes a file of the copy; the path is relative to the root. */
  write(relativePath: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

export interface CopyLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
}

const usualLimits: CopyLimits = { maxFiles: 20_000, maxBytes: 500_000_000 };

/** Caches and histories: large, made anew when needed, and a command has no business in them. */
const leftOut = new Set([
  ".git",
  ".hg",
  ".svn",
  "__pycache__",
  ".mypy_cache",
  ".pytest_cache",
  ".ruff_cache",
  ".cache",
  ".vite",
  ".vite-temp",
]);

/** Installed packages: read by tests, too large to copy. */
const installed = new Set(["node_modules", ".venv", "venv"]);

/**
 * Copies a workspace to a temporary folder. Installed packages (`node_modules`, `.venv`) are links to the originals,
 * entry by entry, so that what is written beside them stays in the copy; a package that is the workspace's own code is a
 * link to its copy. Version control and caches are left out.
 * @throws {WispError} `too-large` when the workspace has more files or bytes than a check may copy; the file system's
 *   errors. What was copied by then is removed.
 */
export async function copyWorkspace(
  workspaceRoot: string,
  signal: AbortSignal,
  limits: CopyLimits = usualLimits,
): Promise<WorkspaceCopy> {
  const from = await fs.realpath(workspaceRoot);
  const place = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), `wisp-check-${process.pid}-`)));
  // Some programs go by the folder's name.
  const root = path.join(place, path.basename(from) || "workspace");
  const remove = (): Promise<void> => fs.rm(place, { recursive: true, force: true, maxRetries: 3 });
  try {
    await fs.mkdir(root);
    const copying = new Copying(from, root, limits, signal);
    await copying.folder(from, root);
    await copying.outerPackages(place);
  } catch (error) {
    await remove();
    throw error;
  }
  const write = async (relativePath: string, text: string): Promise<void> => {
    const file = path.resolve(root, relativePath);
    if (!file.startsWith(root + path.sep)) throw new Error(`${relativePath} lies outside the workspace`);
    await makeOwn(root, file);
    await fs.writeFile(file, text);
  };
  return { root, write, remove };
}

/**
 * Makes the way to a file of the copy lead through no link to the originals, as it does below installed packages: writing
 * there would write the user's file.
 */
async function makeOwn(root: string, file: string): Promise<void> {
  let at = root;
  for (const step of path.relative(root, path.dirname(file)).split(path.sep).filter(Boolean)) {
    at = path.join(at, step);
    const original = await leadsOut(root, at);
    if (original === undefined) {
      await fs.mkdir(at, { recursive: true });
      continue;
    }
    await fs.unlink(at);
    await fs.mkdir(at);
    for (const name of await fs.readdir(original))
      await fs.symlink(path.join(original, name), path.join(at, name), "junction");
  }
  if ((await leadsOut(root, file)) !== undefined) await fs.unlink(file);
}

/** Where a link leads, when that is outside of the copy; undefined for what is no link or is not there. */
async function leadsOut(root: string, link: string): Promise<string | undefined> {
  const stat = await fs.lstat(link).catch(() => undefined);
  if (!stat?.isSymbolicLink()) return undefined;
  const real = await fs.realpath(link);
  return real.startsWith(root + path.sep) ? undefined : real;
}

/** A build that runs beside takes away what was listed a moment ago. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

class Copying {
  readonly #from: string;
  readonly #to: string;
  readonly #limits: CopyLimits;
  readonly #signal: AbortSignal;
  #files = 0;
  #bytes = 0;

  /** @param from the workspace without links on the way to it. */
  constructor(from: string, to: string, limits: CopyLimits, signal: AbortSignal) {
    this.#from = from;
    this.#to = to;
    this.#limits = limits;
    this.#signal = signal;
  }

  /** Links the packages of the nearest folder above, where a monorepo of which a part is open keeps them. */
  async outerPackages(place: string): Promise<void> {
    for (let at = path.dirname(this.#from); ; at = path.dirname(at)) {
      const packages = path.join(at, "node_modules");
      const stat = await fs.stat(packages).catch(() => undefined);
      if (stat?.isDirectory()) {
        const to = path.join(place, "node_modules");
        await fs.mkdir(to);
        return this.#packages(packages, to);
      }
      if (at === path.dirname(at)) return;
    }
  }

  async folder(from: string, to: string): Promise<void> {
    for (const entry of await fs.readdir(from, { withFileTypes: true })) {
      this.#signal.throwIfAborted();
      if (leftOut.has(entry.name)) continue;
      const source = path.join(from, entry.name);
      const target = path.join(to, entry.name);
      if (entry.isDirectory()) {
        await fs.mkdir(target);
        if (installed.has(entry.name)) await this.#packages(source, target);
        else await this.folder(source, target).catch(unlessGone);
      } else if (entry.isFile()) await this.#file(source, target).catch(unlessGone);
      else if (entry.isSymbolicLink()) await this.#link(source, target);
      // Sockets, pipes and devices are no part of a workspace's sources.
    }
  }

  async #file(source: string, target: string): Promise<void> {
    await this.#count(source);
    await fs.copyFile(source, target, fs.constants.COPYFILE_FICLONE);
  }

  /** A link that leads elsewhere becomes what it leads to, so that writing through it stays in the copy. */
  async #link(source: string, target: string): Promise<void> {
    const leadsTo = await fs.readlink(source);
    if (!path.isAbsolute(leadsTo) && !leadsTo.split(/[\\/]/).includes(".."))
      return fs.symlink(leadsTo, target, "junction");
    const own = await this.#ownCode(source);
    if (own !== undefined) return fs.symlink(own, target, "junction");
    const stat = await fs.stat(source).catch(() => undefined);
    // What is written into a folder elsewhere would stay there, so such folders are left out.
    if (!stat?.isFile()) return;
    await this.#count(source);
    await fs.copyFile(source, target);
  }

  async #packages(from: string, to: string): Promise<void> {
    for (const entry of await fs.readdir(from, { withFileTypes: true })) {
      if (leftOut.has(entry.name)) continue;
      const source = path.join(from, entry.name);
      const target = path.join(to, entry.name);
      const own = entry.isSymbolicLink() ? await this.#ownCode(source) : undefined;
      if (entry.isDirectory() && /^@|^\.bin$/.test(entry.name)) {
        await fs.mkdir(target);
        await this.#packages(source, target);
      } else if (process.platform === "win32" && entry.isFile()) await fs.copyFile(source, target);
      else await fs.symlink(own ?? source, target, "junction");
    }
  }

  /**
   * Where the copy has what a link leads to, when that is the workspace's own code: a monorepo has its packages among
   * the installed ones, and through such a link a test would read, and write, the user's files.
   */
  async #ownCode(link: string): Promise<string | undefined> {
    const real = await fs.realpath(link).catch(() => undefined);
    if (real === undefined) return undefined;
    const inside = path.relative(this.#from, real);
    if (path.isAbsolute(inside)) return undefined;
    const steps = inside.split(path.sep);
    return steps.some((step) => step === ".." || installed.has(step) || leftOut.has(step))
      ? undefined
      : path.join(this.#to, inside);
  }

  async #count(file: string): Promise<void> {
    this.#files++;
    this.#bytes += (await fs.stat(file)).size;
    const { maxFiles, maxBytes } = this.#limits;
    if (this.#files <= maxFiles && this.#bytes <= maxBytes) return;
    throw new WispError(
      "too-large",
      `The workspace has more than ${maxFiles} files or ${Math.round(maxBytes / 1e6)} MB, too much to copy for the check command.`,
      "Open a smaller folder, or remove wisp.fix.checkCommand to do without it.",
    );
  }
}
