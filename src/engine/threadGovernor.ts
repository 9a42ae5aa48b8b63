import { availableParallelism } from "node:os";
import type { Log } from "../base/log.ts";

/** Sums over all logical cores since some start. */
export interface CpuTimes {
  readonly cores: number;
  /** Milliseconds in which cores were busy, with whatever program. */
  readonly busyMs: number;
  /** Milliseconds of core time that this process used. */
  readonly ownMs: number;
  readonly atMs: number;
}

/** Long enough for the system's counters, which tick every 10 ms on Linux. */
const windowMs = 250;
/** Other programs take a core from this share of it on. */
const takenShare = 0.9;

/**
 * Chooses how many threads evaluate the next batch: as many as there are cores that other programs leave idle.
 * llama.cpp's threads wait for each other after every operation, so one thread on a busy core stalls all of them.
 * On 2 cores with a program that never pauses on one of them the 0.5B wrote 8.5 tokens/s with 2 threads and 14.4 with
 * this; on free cores 2 threads write 25 and 1 thread 14 (`npm run bench:engine -- --busy 1`, bench/REPORT.md). Beside a
 * program that pauses for a millisecond in ten, two threads write 18 and one 13 to 15.
 */
export class ThreadGovernor {
  readonly #most: number;
  readonly #read: () => CpuTimes;
  #last: CpuTimes;
  #threads: number;

  constructor(most: number, read: () => CpuTimes) {
    this.#most = Math.max(1, most);
    this.#read = read;
    this.#last = read();
    this.#threads = this.#most;
  }

  /** Cheap to call before every batch. */
  threads(nowMs: number): number {
    if (this.#most === 1 || nowMs - this.#last.atMs < windowMs) return this.#threads;
    const times = this.#read();
    const ms = times.atMs - this.#last.atMs;
    const others = (times.busyMs - this.#last.busyMs - (times.ownMs - this.#last.ownMs)) / ms;
    this.#last = times;
    // A core counts as taken when hardly anything of it is left: what pauses now and then is waited for at less cost.
    const idle = Math.floor(times.cores - Math.max(0, others) + takenShare);
    this.#threads = Math.min(this.#most, Math.max(1, idle));
    return this.#threads;
  }
}

/** @param wanted 0 chooses; @param cores of the machine that are fit for evaluation. */
export function chooseThreads(wanted: number, cores: number, log: Log): number {
  // More threads than processors wait for each other after every operation until nothing moves.
  const possible = Math.min(wanted, availableParallelism());
  if (possible < wanted) log.warn(`${wanted} threads were asked for; this machine runs ${possible}`);
  if (possible > 0) return possible;
  return cores > 2 ? cores - 1 : cores;
}
