import { readdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { type Clock, systemClock } from "../base/clock.ts";
import { type Log, silentLog } from "../base/log.ts";
import { type CatalogueEntry, catalogue } from "./catalogue.ts";
import { DownloadLock, defaultLockTimes, type LockTimes, LockWatcher } from "./downloadLock.ts";
import type { DownloadResult } from "./downloadProgress.ts";
import { defaultEndpoint, hubUrl } from "./endpoint.ts";
import { fittedFilesOf, fittedFolder } from "./fittedFiles.ts";
import { type GgufHeader, readGgufHeader } from "./ggufHeader.ts";
import { defaultRetryPolicy, type RetryPolicy } from "./hubDownload.ts";
import { freeDiskBytes } from "./machine.ts";
import { makeFolder } from "./makeFolder.ts";
import {
  type DownloadRequest,
  type DownloadServices,
  downloadFile,
  lockPath,
  type PinnedFile,
  packagesPath,
} from "./modelDownload.ts";
import { fileError, ModelStoreError, systemCode } from "./modelStoreError.ts";
import { defaultPython } from "./packageParts.ts";
import { fileSize, hashFile } from "./partialFile.ts";
import { RegisteredFiles } from "./registeredFiles.ts";
import { type RemoveResult, removeFiles } from "./removeFiles.ts";
import { fileId, filePath, isFileId, type StoredModel } from "./storedModel.ts";
import { VerifiedFiles } from "./verifiedFiles.ts";

export interface ModelStoreOptions {
  /** The models folder; it is made when something is written. */
  readonly folder: string;
  readonly catalogue?: readonly CatalogueEntry[];
  /** Asked at each download, so that settings count at once. */
  readonly endpoint?: () => string;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly retry?: RetryPolicy;
  readonly lockTimes?: LockTimes;
  readonly freeBytes?: (folder: string) => Promise<number>;
  readonly random?: () => number;
  readonly python?: string;
}

/** The models of one user on this machine. All methods may be called from several processes at once. */
export class ModelStore {
  readonly folder: string;
  readonly catalogue: readonly CatalogueEntry[];
  readonly #options: ModelStoreOptions;
  readonly #clock: Clock;
  readonly #lockTimes: LockTimes;
  readonly #verified: VerifiedFiles;
  readonly #registered: RegisteredFiles;

  constructor(options: ModelStoreOptions) {
    this.folder = resolve(options.folder);
    this.catalogue = options.catalogue ?? catalogue;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#lockTimes = options.lockTimes ?? defaultLockTimes;
    this.#verified = new VerifiedFiles(this.folder);
    this.#registered = new RegisteredFiles(this.folder);
  }

  /** @throws {ModelStoreError} `not-in-catalogue` */
  entry(id: string): CatalogueEntry {
    const found = this.catalogue.find((entry) => entry.id === id);
    if (found) return found;
    throw new ModelStoreError(
      "not-in-catalogue",
      `There is no model ${id} in the catalogue.`,
      `Choose one of ${this.catalogue.map((entry) => entry.id).join(", ")}.`,
    );
  }

  /** What is on disk: catalogue entries, other .gguf files of the folder, registered files, in this order. */
  async list(): Promise<StoredModel[]> {
    const models: StoredModel[] = [];
    for (const entry of this.catalogue) {
      const path = this.#entryPath(entry);
      const size = await fileSize(path);
      const partialBytes = await fileSize(`${path}.partial`);
      if (size === undefined && partialBytes === undefined) continue;
      const state = size === entry.sizeBytes ? "ready" : size === undefined ? "partial" : "damaged";
      const sizeBytes = (size ?? 0) + (partialBytes ?? 0);
      models.push({ id: entry.id, name: entry.name, path, sizeBytes, state, origin: "catalogue", entry });
    }
    const known = new Set(this.catalogue.map((entry) => entry.fileName));
    for (const name of await this.#folderNames()) {
      if (!name.toLowerCase().endsWith(".gguf") || known.has(name)) continue;
      const path = join(this.folder, name);
      const sizeBytes = (await fileSize(path)) ?? 0;
      models.push({ id: fileId(path), name, path, sizeBytes, state: "ready", origin: "folder" });
    }
    for (const { path, name } of await this.#registered.all()) {
      const size = await fileSize(path);
      const state = size === undefined ? "missing" : "ready";
      models.push({ id: fileId(path), name, path, sizeBytes: size ?? 0, state, origin: "registered" });
    }
    return models;
  }

  /** Path of a model that can be run, or undefined when it is not (wholly) on disk. Reads no file's content. */
  async pathOf(id: string): Promise<string | undefined> {
    if (isFileId(id)) {
      const path = filePath(id);
      return (await fileSize(path)) === undefined ? undefined : path;
    }
    const entry = this.entry(id);
    const path = this.#entryPath(entry);
    return (await fileSize(path)) === entry.sizeBytes ? path : undefined;
  }

  /** Path that the file of a catalogue entry has or will have. */
  expectedPath(id: string): string {
    return this.#entryPath(this.entry(id));
  }

  /**
   * Checks a model on disk: a catalogue entry by its SHA-256 (read from `verified.json` while the file is
   * unchanged), another file by its GGUF header.
   * @throws {ModelStoreError} `file-missing`, `hash-mismatch`, `bad-gguf`
   */
  async verify(
    id: string,
    { signal, onBytes }: { signal: AbortSignal; onBytes?: (bytes: number, total: number) => void },
  ): Promise<"verified" | "cancelled"> {
    if (isFileId(id)) {
      await readGgufHeader(filePath(id));
      return "verified";
    }
    const entry = this.entry(id);
    const path = this.#entryPath(entry);
    try {
      const known = await this.#verified.sha256Of(path);
      const sha256 = known ?? (await hashFile(path, (bytes) => onBytes?.(bytes, entry.sizeBytes), signal));
      if (sha256 === entry.sha256) {
        if (!known) await this.#rememberIfPossible(path, sha256);
        return "verified";
      }
    } catch (error) {
      if (signal.aborted) return "cancelled";
      throw fileError(error, path);
    }
    throw new ModelStoreError(
      "hash-mismatch",
      `${path} is damaged: its SHA-256 is not that of ${entry.name}.`,
      "Download the model again; the damaged file is replaced.",
    );
  }

  /**
   * Sees that a catalogue model is on disk and has its checksum.
   * @throws {ModelStoreError}
   */
  async download(id: string, request: DownloadRequest): Promise<DownloadResult> {
    const entry = this.entry(id);
    const url = hubUrl(this.#options.endpoint?.() ?? defaultEndpoint, entry.hub);
    return this.downloadFile({ ...entry, url }, this.#entryPath(entry), request);
  }

  /**
   * Sees that another file than a model is at `path` and has its checksum.
   * @throws {ModelStoreError}
   */
  downloadFile(file: PinnedFile, path: string, request: DownloadRequest): Promise<DownloadResult> {
    return downloadFile(file, path, this.#services(), request);
  }

  /**
   * Deletes a model of the folder with its partial download and its fitted copies. A registered file itself is only
   * forgotten: it is the user's own.
   * @throws {ModelStoreError} `busy` while another window downloads it.
   */
  async remove(id: string): Promise<RemoveResult> {
    const path = isFileId(id) ? filePath(id) : this.expectedPath(id);
    const fitted = await fittedFilesOf(fittedFolder(this.folder), path);
    if (await this.#registered.forget(path)) return removeFiles(fitted);
    if (resolve(path) !== join(this.folder, basename(path))) {
      throw new ModelStoreError(
        "file-missing",
        `${path} is no model of ${this.folder}.`,
        "Nothing was deleted.",
      );
    }
    return this.whileNobodyDownloads(path, async () => {
      const removed = await removeFiles([path, `${path}.partial`, `${path}.partial.json`, ...fitted]);
      await rm(packagesPath(path), { recursive: true, force: true });
      await this.#verified.forget(path);
      return removed;
    });
  }

  /** @throws {ModelStoreError} `busy` while another window downloads the file at `path`. */
  async whileNobodyDownloads<T>(path: string, action: () => Promise<T>): Promise<T> {
    const lock = await this.#lockForRemoval(path);
    try {
      return await action();
    } catch (error) {
      throw fileError(error, path);
    } finally {
      await lock?.release();
    }
  }

  /**
   * Adds a GGUF file that lies elsewhere; only its path is kept.
   * @throws {ModelStoreError} `bad-gguf`, `file-missing`
   */
  async register(path: string): Promise<{ readonly model: StoredModel; readonly header: GgufHeader }> {
    const absolute = resolve(path);
    const header = await readGgufHeader(absolute);
    const name = header.name ?? basename(absolute);
    if (resolve(absolute) !== join(this.folder, basename(absolute))) {
      await this.#remember({ path: absolute, name });
    }
    const known = await this.list().catch((error: unknown) => {
      if (error instanceof ModelStoreError && error.code === "folder-unusable") return [];
      throw error;
    });
    const listed = known.find((stored) => stored.path === absolute);
    const sizeBytes = (await fileSize(absolute)) ?? 0;
    const id = fileId(absolute);
    const model = listed ?? { id, name, path: absolute, sizeBytes, state: "ready", origin: "registered" };
    return { model, header };
  }

  /** In a folder that takes nothing the file is used without being listed later. */
  async #remember(file: { readonly path: string; readonly name: string }): Promise<void> {
    try {
      await makeFolder(this.folder);
      await this.#registered.remember(file);
    } catch (error) {
      if (!(error instanceof ModelStoreError) || error.code !== "folder-unusable") throw error;
      (this.#options.log ?? silentLog).warn(`${file.path} is used, but not remembered: ${error.message}`);
    }
  }

  #services(): DownloadServices {
    const { fetch: ownFetch, log, retry, freeBytes, random, python } = this.#options;
    return {
      // Looked up at each call: VS Code replaces the global function after extensions are loaded.
      fetch: ownFetch ?? globalThis.fetch,
      clock: this.#clock,
      log: log ?? silentLog,
      retry: retry ?? defaultRetryPolicy,
      lockTimes: this.#lockTimes,
      freeBytes: freeBytes ?? freeDiskBytes,
      random: random ?? Math.random,
      python: python ?? defaultPython,
      verified: this.#verified,
    };
  }

  async #lockForRemoval(path: string): Promise<DownloadLock | undefined> {
    if ((await this.#folderNames()).length === 0) return undefined;
    for (let tries = 0; tries < 2; tries++) {
      const lock = await DownloadLock.tryAcquire(lockPath(path), this.#clock, this.#lockTimes);
      if (lock) return lock;
      const seen = await new LockWatcher(lockPath(path), this.#clock, this.#lockTimes).look();
      if (seen !== "free") break;
    }
    throw new ModelStoreError(
      "busy",
      `${basename(path)} is being downloaded in another window.`,
      "Cancel the download there first.",
    );
  }

  /** In a folder that is only readable the checksum is computed each time. */
  async #rememberIfPossible(path: string, sha256: string): Promise<void> {
    try {
      await this.#verified.remember(path, sha256);
    } catch (error) {
      if (!(error instanceof ModelStoreError) || error.code !== "folder-unusable") throw error;
      (this.#options.log ?? silentLog).debug(error.message);
    }
  }

  #entryPath(entry: CatalogueEntry): string {
    return join(this.folder, entry.fileName);
  }

  async #folderNames(): Promise<string[]> {
    try {
      return (await readdir(this.folder)).sort();
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw fileError(error, this.folder);
    }
  }
}
