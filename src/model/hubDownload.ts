import type { FileHandle } from "node:fs/promises";
import type { Clock } from "../base/clock.ts";
import { abortableWait } from "./abortableWait.ts";
import type { ProgressMeter } from "./downloadProgress.ts";
import { requireSafeUrl, withoutSecrets } from "./endpoint.ts";
import { BrokenConnection, refusal, retryAfterMs, sizeMismatch } from "./hubFailures.ts";
import { fileError, ModelStoreError, systemCode } from "./modelStoreError.ts";
import type { PartialFile } from "./partialFile.ts";

export interface RetryPolicy {
  /** Tries in a row that bring less than `progressBytes` before the download gives up. */
  readonly maxTries: number;
  /** Wait before the second try; it doubles with each further one, with jitter. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Longest silence of a connection, in milliseconds, while connecting as well as between two pieces. */
  readonly stallMs: number;
  /** A try that brought this many bytes counts as a success and starts the counting of tries anew. */
  readonly progressBytes: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  maxTries: 6,
  firstDelayMs: 1000,
  maxDelayMs: 60_000,
  stallMs: 30_000,
  progressBytes: 1_000_000,
};

export interface HubDownload {
  readonly url: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly partial: PartialFile;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  readonly meter: ProgressMeter;
  /** Number from 0 to 1, for jitter. */
  readonly random: () => number;
}

/**
 * Brings the partial file to its full size, going on where an earlier run stopped. Rejects with the signal's
 * reason when it aborts; the bytes that have arrived stay.
 * @throws {ModelStoreError}
 */
export async function downloadFromHub(download: HubDownload, signal: AbortSignal): Promise<void> {
  requireSafeUrl(download.url);
  const { partial, meter, retry, clock } = download;
  const note = await partial.readNote();
  if (note?.sha256 !== download.sha256) await partial.discard();
  for (let tries = 1; ; tries++) {
    const before = await partial.sizeBytes();
    if (before === download.sizeBytes) return;
    try {
      await attempt(download, before > download.sizeBytes ? 0 : before, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof BrokenConnection)) throw fileError(error, partial.path);
      const received = await partial.sizeBytes();
      if (received - before >= retry.progressBytes) tries = 0;
      if (tries >= retry.maxTries) throw error.final(download.url, retry.maxTries);
      const backoff = Math.min(retry.maxDelayMs, retry.firstDelayMs * 2 ** Math.max(0, tries - 1));
      // Full waits for servers that name one; else between half and all of the backoff, so that many clients spread.
      const delay = error.retryAfterMs ?? backoff * (0.5 + download.random() / 2);
      meter.enter("waiting", received, `${error.message}; trying again in ${Math.ceil(delay / 1000)} s`);
      signal.throwIfAborted();
      await abortableWait(clock, delay, signal);
    }
  }
}

/** One request. Ends when the file has its full size. */
async function attempt(download: HubDownload, from: number, signal: AbortSignal): Promise<void> {
  const { partial, meter, clock, retry } = download;
  const stall = new AbortController();
  const watch = () => clock.after(retry.stallMs, () => stall.abort());
  let timer = watch();
  const both = AbortSignal.any([signal, stall.signal]);
  let handle: FileHandle | undefined;
  try {
    const etag = from > 0 ? (await partial.readNote())?.etag : undefined;
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (from > 0) headers["range"] = `bytes=${from}-`;
    if (etag) headers["if-range"] = etag;
    const response = await download.fetch(download.url, { headers, redirect: "follow", signal: both });
    const start = await checkResponse(download, response, from);
    await partial.writeNote({ sha256: download.sha256, source: "hub", ...strongEtag(response) });
    handle = await partial.openAt(start);
    meter.enter("downloading", start);
    let at = start;
    for await (const chunk of response.body ?? []) {
      timer.dispose();
      timer = watch();
      if (at + chunk.length > download.sizeBytes) throw sizeMismatch(download.sizeBytes, at + chunk.length);
      await writeAll(handle, chunk, partial.path);
      at += chunk.length;
      meter.advance(at);
    }
    if (at < download.sizeBytes) throw new BrokenConnection("The connection was cut");
  } catch (error) {
    signal.throwIfAborted();
    if (stall.signal.aborted) {
      throw new BrokenConnection(`Nothing came for ${Math.round(retry.stallMs / 1000)} s`, { cause: error });
    }
    if (error instanceof ModelStoreError || error instanceof BrokenConnection) throw error;
    throw new BrokenConnection(`The connection failed (${systemCode(error) ?? String(error)})`, {
      cause: error,
    });
  } finally {
    timer.dispose();
    await handle?.close();
  }
}

/**
 * Where the body begins in the file: `from` for a continuation, 0 where the server sends the whole file (it
 * knows no ranges, or the file has changed under its name).
 */
async function checkResponse(download: HubDownload, response: Response, from: number): Promise<number> {
  // A fetch that follows redirects may end elsewhere.
  if (response.url) requireSafeUrl(response.url);
  if (response.status === 200 || response.status === 206) {
    if (/^text\/html\b/.test(response.headers.get("content-type") ?? "")) {
      await response.body?.cancel();
      throw new ModelStoreError(
        "http-status",
        `${withoutSecrets(response.url || download.url)} answered with a web page instead of the file.`,
        "Check the endpoint, and whether this network asks for a login in the browser first.",
      );
    }
    const length = Number(response.headers.get("content-length") ?? Number.NaN);
    if (response.status === 200) {
      if (Number.isFinite(length) && length !== download.sizeBytes) {
        await response.body?.cancel();
        throw sizeMismatch(download.sizeBytes, length);
      }
      return 0;
    }
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
    const total = range?.[2] === "*" ? download.sizeBytes : Number(range?.[2]);
    if (range && Number(range[1]) === from && total === download.sizeBytes) return from;
    await response.body?.cancel();
    if (range && total !== download.sizeBytes) throw sizeMismatch(download.sizeBytes, total);
    await download.partial.discard();
    throw new BrokenConnection("The server sent another piece than was asked for");
  }
  await response.body?.cancel();
  if (response.status === 416) {
    await download.partial.discard();
    throw new BrokenConnection("The server does not know the rest of this file");
  }
  throw refusal(response.status, download.url, retryAfterMs(response.headers.get("retry-after"), Date.now()));
}

/** Weak ETags do not promise the same bytes. */
function strongEtag(response: Response): { etag?: string } {
  const etag = response.headers.get("etag");
  return etag?.startsWith('"') ? { etag } : {};
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, path: string): Promise<void> {
  try {
    for (let written = 0; written < chunk.length; ) {
      written += (await handle.write(chunk, written)).bytesWritten;
    }
  } catch (error) {
    const told = fileError(error, path);
    if (told instanceof ModelStoreError) throw told;
    throw new ModelStoreError(
      "folder-unusable",
      `Writing ${path} failed (${systemCode(error) ?? String(error)}).`,
      "Check the disk, or name another folder in the variable WISP_MODELS_DIR.",
      error,
    );
  }
}
