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

/**
 * Chooses how many threads evaluate the next batch: as many as there are cores that other programs leave idle.
 * llama.cpp's threads wait for each other after every operation, so one thread on a busy core stalls all of them.
 * On 2 cores with a busy program on one of them the 0.5B wrote 8.5 tokens/s with 2 threads and 14.4 with this;
 * on free cores 2 threads write 25 and 1 thread 14 (`npm run bench:engine -- --busy 1`, bench/REPORT.md).
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
    // More than half a core counts as a core: what is at work there comes back within a batch.
    const idle = Math.round(times.cores - Math.max(0, others));
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
