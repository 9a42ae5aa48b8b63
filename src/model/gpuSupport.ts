import { execFile } from "node:child_process";
import { readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { EngineConfig } from "../engine/protocol.ts";
import type { DownloadResult } from "./downloadProgress.ts";
import type { GpuPackage } from "./gpuPackage.ts";
import { isFolder, makeFolder } from "./makeFolder.ts";
import type { DownloadRequest } from "./modelDownload.ts";
import type { ModelStore } from "./modelStore.ts";
import { ModelStoreError, systemCode } from "./modelStoreError.ts";

/** Unpacks a .tgz into a folder; rejects where that fails. */
export type Unpack = (archive: string, folder: string) => Promise<void>;

type Store = Pick<ModelStore, "folder" | "downloadFile" | "whileNobodyDownloads">;

/** The GPU package of one user on this machine, beside the models. All methods may be called from several processes at once. */
export class GpuSupport {
  /** What there is for this machine; undefined where nothing is. */
  readonly offered: GpuPackage | undefined;
  readonly #store: Store;
  readonly #unpack: Unpack;

  constructor(store: Store, offered: GpuPackage | undefined, unpack: Unpack = unpackWithTar) {
    this.offered = offered;
    this.#store = store;
    this.#unpack = unpack;
  }

  /** For the engine; undefined while the package is not, or not wholly, there. */
  async installed(): Promise<EngineConfig["gpuPackage"]> {
    return installedGpuPackage(this.#store.folder, this.offered);
  }

  /**
   * Whether there is one that cannot be used: of an earlier version of node-llama-cpp, which this one's engine does not take,
   * or damaged.
   */
  async isOutdated(): Promise<boolean> {
    return (await this.installed()) === undefined && (await foldersIn(this.#root)).length > 0;
  }

  /**
   * Downloads, checks and unpacks the package; what there was of other versions is removed.
   * @throws {ModelStoreError}
   */
  async install(request: DownloadRequest): Promise<DownloadResult> {
    const { offered } = this;
    if (!offered)
      throw new ModelStoreError(
        "no-packages",
        `There is no package for graphics processors on ${process.platform} (${process.arch}).`,
        "Run the model on a server that has one, and connect to it.",
      );
    const path = folderOf(this.#store.folder, offered);
    const unpacking = {
      bytes: offered.unpackedBytes,
      isDone: async () => (await this.installed()) !== undefined,
      run: (archive: string) => this.#unpackInto(path, archive),
    };
    try {
      const result = await this.#store.downloadFile({ ...offered, unpacking }, archiveOf(path), request);
      return result.status === "ready" ? { ...result, path } : result;
    } catch (error) {
      throw withOwnHint(error, offered);
    }
  }

  /** Removes the package of every version. @throws {ModelStoreError} `busy` while another window downloads it. */
  async remove(): Promise<void> {
    const { offered } = this;
    if (!offered || !(await isFolder(this.#root))) return;
    const archive = archiveOf(folderOf(this.#store.folder, offered));
    await this.#store.whileNobodyDownloads(archive, () => this.#clear([`${basename(archive)}.lock`]));
    await rmdir(this.#root).catch((error: unknown) => {
      // Another window has begun to download.
      if (systemCode(error) !== "ENOTEMPTY" && systemCode(error) !== "ENOENT") throw error;
    });
  }

  async #unpackInto(folder: string, archive: string): Promise<void> {
    const unfinished = `${folder}.part`;
    const lock = `${basename(archive)}.lock`;
    // What a process left that died here, damaged packages and other versions.
    await this.#clear([basename(archive), lock]);
    try {
      await makeFolder(unfinished);
      await this.#unpack(archive, unfinished);
      await rename(join(unfinished, "package"), folder);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
      await rm(archive, { force: true });
    }
  }

  /** Deletes all of the folder but what has one of these names. */
  async #clear(kept: readonly string[]): Promise<void> {
    for (const name of await readdir(this.#root))
      if (!kept.includes(name)) await rm(join(this.#root, name), { recursive: true, force: true });
  }

  get #root(): string {
    return rootOf(this.#store.folder);
  }
}

/** What {@link GpuSupport} has brought into a models folder, where nothing of it is missing. */
export async function installedGpuPackage(
  modelsFolder: string,
  offered: GpuPackage | undefined,
): Promise<EngineConfig["gpuPackage"]> {
  if (!offered) return undefined;
  const folder = folderOf(modelsFolder, offered);
  const bytes = (await isFolder(folder)) ? await bytesIn(folder).catch(() => undefined) : undefined;
  // What cannot be read, or is just being removed by another window, is of no use either.
  const isWhole = bytes === offered.unpackedBytes;
  return isWhole ? { name: offered.packageName, folder } : undefined;
}

function rootOf(modelsFolder: string): string {
  return join(modelsFolder, "gpu");
}

function folderOf(modelsFolder: string, { packageName, version }: GpuPackage): string {
  return join(rootOf(modelsFolder), `${packageName.slice(packageName.indexOf("/") + 1)}-${version}`);
}

function archiveOf(folder: string): string {
  return `${folder}.tgz`;
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

async function foldersIn(root: string): Promise<string[]> {
  const entries = (await isFolder(root)) ? await readdir(root, { withFileTypes: true }) : [];
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.endsWith(".part"))
    .map(({ name }) => name);
}

/** The hints for models name mirrors and other models, which there are not for this file. */
function withOwnHint(error: unknown, { url }: GpuPackage): unknown {
  if (!(error instanceof ModelStoreError) || error.code === "unpack-failed") return error;
  const hint =
    error.code === "disk-full"
      ? "Free some space, or name a folder on another disk in the variable WISP_MODELS_DIR."
      : `It comes from ${new URL(url).host} alone: check the network and the proxy, and try again.`;
  return error.code === "folder-unusable"
    ? error
    : new ModelStoreError(error.code, error.message, hint, error);
}

const run = promisify(execFile);

/** With the system's own program, which Windows has too. */
async function unpackWithTar(archive: string, folder: string): Promise<void> {
  const tar =
    process.platform === "win32" ? `${process.env["SystemRoot"] ?? "C:\\Windows"}\\System32\\tar.exe` : "tar";
  try {
    await run(tar, ["-xzf", archive, "-C", folder, "--no-same-owner"], { cwd: folder });
  } catch (error) {
    if (systemCode(error) === "ENOENT")
      throw new ModelStoreError(
        "unpack-failed",
        "The program tar, which unpacks it, is not on this machine.",
        "Install tar and try again.",
        error,
      );
    const said = (error as { readonly stderr?: string }).stderr?.trim().split("\n")[0];
    throw new ModelStoreError(
      "unpack-failed",
      `It could not be unpacked: ${said || String(error)}`,
      "Check the space on the disk of the models folder and try again.",
      error,
    );
  }
}
