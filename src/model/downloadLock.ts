import { randomUUID } from "node:crypto";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import type { DownloadProgress } from "./downloadProgress.ts";
import { fileError, systemCode } from "./modelStoreError.ts";

/** What the holder of a lock writes into it, so that others can show its progress and see it live. */
interface LockNote {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** Grows with every heartbeat: watchers compare it instead of clocks, which may differ between machines. */
  readonly beat: number;
  readonly progress?: DownloadProgress;
}

export interface LockTimes {
  readonly heartbeatMs: number;
  /** A lock whose heartbeat stands still for this long belongs to nobody. */
  readonly staleMs: number;
}

export const defaultLockTimes: LockTimes = { heartbeatMs: 1000, staleMs: 15_000 };

/** The right to write one file of the models folder, held by one process at a time. */
export class DownloadLock {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #token: string;
  readonly #clock: Clock;
  readonly #times: LockTimes;
  readonly #lost = new AbortController();
  #beat = 0;
  #progress: DownloadProgress | undefined;
  #timer: Disposable | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @internal use {@link DownloadLock.tryAcquire}. */
  private constructor(path: string, handle: FileHandle, token: string, clock: Clock, times: LockTimes) {
    this.#path = path;
    this.#handle = handle;
    this.#token = token;
    this.#clock = clock;
    this.#times = times;
  }

  /** The lock, or undefined when somebody has it. */
  static async tryAcquire(
    path: string,
    clock: Clock,
    times: LockTimes = defaultLockTimes,
  ): Promise<DownloadLock | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(path, "wx");
    } catch (error) {
      if (systemCode(error) === "EEXIST") return undefined;
      // What the user can mend is the folder; the lock is a file that nobody knows.
      throw fileError(error, dirname(path));
    }
    const lock = new DownloadLock(path, handle, randomUUID(), clock, times);
    await lock.#write();
    lock.#schedule();
    return lock;
  }

  /** Aborts when another process has taken the lock over, for example after this machine was asleep. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Goes to the watchers with the next heartbeat. */
  publish(progress: DownloadProgress): void {
    this.#progress = progress;
  }

  async release(): Promise<void> {
    this.#timer?.dispose();
    this.#timer = undefined;
    await this.#writing;
    await this.#handle.close();
    if ((await readNote(this.#path))?.token === this.#token) await rm(this.#path, { force: true });
  }

  #schedule(): void {
    this.#timer = this.#clock.after(this.#times.heartbeatMs, () => {
      this.#writing = this.#heartbeat();
    });
  }

  async #heartbeat(): Promise<void> {
    try {
      if ((await readNote(this.#path))?.token !== this.#token) {
        this.#lost.abort();
        return;
      }
      await this.#write();
    } catch (error) {
      this.#lost.abort(error);
      return;
    }
    if (this.#timer) this.#schedule();
  }

  async #write(): Promise<void> {
    const note: LockNote = {
      token: this.#token,
      pid: process.pid,
      host: hostname(),
      beat: this.#beat++,
      ...(this.#progress && { progress: this.#progress }),
    };
    try {
      const bytes = Buffer.from(JSON.stringify(note));
      await this.#handle.write(bytes, 0, bytes.length, 0);
      await this.#handle.truncate(bytes.length);
    } catch (error) {
      // On a full disk the download itself reports it; the heart goes on as long as it can.
      if (systemCode(error) !== "ENOSPC") throw fileError(error, this.#path);
    }
  }
}

/** Follows a lock that another process holds; one watcher sees one wait from its beginning to its end. */
export class LockWatcher {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #times: LockTimes;
  #seen = "";
  #changedAt: number;

  constructor(path: string, clock: Clock, times: LockTimes = defaultLockTimes) {
    this.#path = path;
    this.#clock = clock;
    this.#times = times;
    this.#changedAt = clock.now();
  }

  /**
   * Looks once: the holder's progress, or "free" when the lock is gone or was taken away from a dead holder.
   */
  async look(): Promise<"free" | { readonly progress?: DownloadProgress }> {
    const text = await readText(this.#path);
    if (text === undefined) return "free";
    if (text !== this.#seen) {
      this.#seen = text;
      this.#changedAt = this.#clock.now();
    }
    const note = parseNote(text);
    const dead = note !== undefined && note.host === hostname() && !isAlive(note.pid);
    if (dead || this.#clock.now() - this.#changedAt > this.#times.staleMs) {
      await this.#takeAway(text);
      return "free";
    }
    return note?.progress ? { progress: note.progress } : {};
  }

  /**
   * Renaming is atomic, so of several watchers one moves the dead lock away. Should another one have been faster
   * and the moved file be a new holder's, that holder finds its lock gone at the next heartbeat and queues again.
   */
  async #takeAway(judged: string): Promise<void> {
    const aside = `${this.#path}.${randomUUID()}`;
    try {
      if ((await readText(this.#path)) !== judged) return;
      await rename(this.#path, aside);
      await rm(aside, { force: true });
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw fileError(error, this.#path);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw fileError(error, path);
  }
}

async function readNote(path: string): Promise<LockNote | undefined> {
  const text = await readText(path);
  return text === undefined ? undefined : parseNote(text);
}

/** A note that is just being rewritten may be torn; it counts as a beat without content. */
function parseNote(text: string): LockNote | undefined {
  try {
    const note: LockNote = JSON.parse(text);
    return typeof note.token === "string" && typeof note.pid === "number" ? note : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
