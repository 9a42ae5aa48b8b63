import { execFile } from "node:child_process";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { EngineConfig } from "../engine/protocol.ts";
import type { DownloadResult } from "./downloadProgress.ts";
import type { GpuPackage } from "./gpuPackage.ts";
import { makeFolder } from "./makeFolder.ts";
import type { DownloadRequest, ModelStore } from "./modelStore.ts";
import { fileError, ModelStoreError, systemCode } from "./modelStoreError.ts";

/** Unpacks a .tgz into a folder; rejects where that fails. */
export type Unpack = (archive: string, folder: string) => Promise<void>;

/** The GPU package of one user on this machine, beside the models. */
export class GpuSupport {
  /** What there is for this machine; undefined where nothing is. */
  readonly offered: GpuPackage | undefined;
  readonly #store: Pick<ModelStore, "folder" | "downloadFile">;
  readonly #unpack: Unpack;

  constructor(
    store: Pick<ModelStore, "folder" | "downloadFile">,
    offered: GpuPackage | undefined,
    unpack: Unpack = unpackWithTar,
  ) {
    this.offered = offered;
    this.#store = store;
    this.#unpack = unpack;
  }

  /** For the engine; undefined while the package is not, or not wholly, there. */
  async installed(): Promise<EngineConfig["gpuPackage"]> {
    return installedGpuPackage(this.#store.folder, this.offered);
  }

  /** Whether there is one, but of an earlier version of node-llama-cpp, which this one's engine does not take. */
  async isOutdated(): Promise<boolean> {
    return (await this.installed()) === undefined && (await this.#unpacked()).length > 0;
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
    const folder = folderOf(this.#store.folder, offered);
    const archive = `${folder}.tgz`;
    const result = await this.#store.downloadFile(offered, archive, request);
    if (result.status !== "ready") return result;
    const unfinished = `${folder}.${process.pid}.part`;
    try {
      await makeFolder(unfinished);
      await this.#unpack(archive, unfinished);
      await rm(folder, { recursive: true, force: true });
      await rename(join(unfinished, "package"), folder);
      for (const name of await this.#unpacked())
        if (join(this.#root, name) !== folder)
          await rm(join(this.#root, name), { recursive: true, force: true });
    } catch (error) {
      throw fileError(error, folder);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
      await rm(archive, { force: true });
    }
    return { status: "ready", path: folder };
  }

  /** Removes the package of every version. @throws {ModelStoreError} */
  async remove(): Promise<void> {
    try {
      await rm(this.#root, { recursive: true, force: true });
    } catch (error) {
      throw fileError(error, this.#root);
    }
  }

  get #root(): string {
    return rootOf(this.#store.folder);
  }

  /** Names of folders of any version. */
  async #unpacked(): Promise<string[]> {
    try {
      const entries = await readdir(this.#root, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory() && !entry.name.endsWith(".part"))
        .map(({ name }) => name);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw fileError(error, this.#root);
    }
  }
}

/** What {@link GpuSupport} has brought into a models folder. */
export async function installedGpuPackage(
  modelsFolder: string,
  offered: GpuPackage | undefined,
): Promise<EngineConfig["gpuPackage"]> {
  if (!offered) return undefined;
  const folder = folderOf(modelsFolder, offered);
  return (await isFolder(join(folder, "bins"))) ? { name: offered.packageName, folder } : undefined;
}

function rootOf(modelsFolder: string): string {
  return join(modelsFolder, "gpu");
}

function folderOf(modelsFolder: string, { packageName, version }: GpuPackage): string {
  return join(rootOf(modelsFolder), `${packageName.slice(packageName.indexOf("/") + 1)}-${version}`);
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
    throw new ModelStoreError(
      "unpack-failed",
      `It could not be unpacked: ${error instanceof Error ? error.message : String(error)}`,
      "Check the space on the disk of the models folder and try again.",
      error,
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
