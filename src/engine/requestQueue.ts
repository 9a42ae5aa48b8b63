import { ApiError } from "./apiError.ts";

/** First in this list goes first. */
const order = ["completion", "chat", "prefill"] as const;
export type Priority = (typeof order)[number];

export interface QueuedRequest {
  readonly priority: Priority;
  /** Requests of one client replace each other; undefined replaces nothing and is not replaced. */
  readonly client: string | undefined;
  readonly signal: AbortSignal;
}

/** Longer than anybody who types pauses. */
const longestWaitMs = 4_000;

/** A request's hold on the engine while it runs. */
export interface Turn {
  /** Call between batches. Waits while more urgent requests run; throws when this one is aborted or replaced. */
  breathe(): Promise<void>;
}

/** What became of requests since the start. A withdrawn one was aborted by its client or replaced by a newer one. */
export interface QueueCounts {
  readonly submitted: number;
  readonly finished: number;
  readonly failed: number;
  /** Nothing was computed for these. */
  readonly withdrawnWaiting: number;
  readonly withdrawnRunning: number;
}

interface Job extends QueuedRequest {
  readonly since: number;
  readonly replaced: AbortController;
  readonly run: (turn: Turn) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gives the engine to one request at a time. A completion goes before chat and chat before prefill; a running
 * chat pauses for completions, and a running prefill ends for everything (what it evaluated stays in the KV
 * cache). The newest completion, and the newest prefill, of a client replaces its older ones.
 *
 * Of completions of several clients the newest goes first: whoever types withdraws a request with the next key, so under
 * load the oldest one is about to be of no use (adaptive LIFO: B. Maurer, Fail at Scale, ACM Queue 2015). One that has
 * waited long all the same goes before them.
 */
export class RequestQueue {
  readonly #now: () => number;
  #waiting: Job[] = [];
  readonly #running: Job[] = [];
  readonly #counts = { submitted: 0, finished: 0, failed: 0, withdrawnWaiting: 0, withdrawnRunning: 0 };
  #draining = false;

  /** @param now milliseconds, never going back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Requests that wait or run. */
  get length(): number {
    return this.#waiting.length + this.#running.length;
  }

  get counts(): QueueCounts {
    return this.#counts;
  }

  /**
   * Resolves with what `run` returns.
   * @throws {ApiError} `superseded`; the signal's reason when aborted; what `run` throws.
   */
  submit<T>(request: QueuedRequest, run: (turn: Turn) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#counts.submitted++;
      if (request.signal.aborted) {
        this.#counts.withdrawnWaiting++;
        return reject(request.signal.reason);
      }
      const job: Job = {
        ...request,
        since: this.#now(),
        replaced: new AbortController(),
        run,
        resolve: resolve as (value: unknown) => void,
        reject,
      };
      this.#replaceOlder(job);
      this.#waiting.push(job);
      request.signal.addEventListener("abort", () => this.#drop(job, request.signal.reason), { once: true });
      if (!this.#draining) void this.#drain();
    });
  }

  #replaceOlder(newer: Job): void {
    for (const older of [...this.#waiting, ...this.#running]) {
      const isOfSameClient = newer.client !== undefined && older.client === newer.client;
      const isReplaced =
        older.priority === "prefill"
          ? newer.priority !== "prefill" || isOfSameClient
          : older.priority === "completion" && newer.priority === "completion" && isOfSameClient;
      if (!isReplaced) continue;
      older.replaced.abort(new ApiError("superseded", "A newer request took the place of this one."));
      this.#drop(older, older.replaced.signal.reason);
    }
  }

  #drop(job: Job, reason: unknown): void {
    const at = this.#waiting.indexOf(job);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.#counts.withdrawnWaiting++;
    job.reject(reason);
  }

  /** The most urgent waiting job if it is more urgent than `than`. */
  #take(than?: Priority): Job | undefined {
    const urgent = order.slice(0, than === undefined ? order.length : order.indexOf(than));
    for (const priority of urgent) {
      const isOfKind = (job: Job): boolean => job.priority === priority;
      const oldest = this.#waiting.findIndex(isOfKind);
      const job = this.#waiting[oldest];
      if (!job) continue;
      const isPatient = priority !== "completion" || this.#now() - job.since > longestWaitMs;
      return this.#waiting.splice(isPatient ? oldest : this.#waiting.findLastIndex(isOfKind), 1)[0];
    }
    return undefined;
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (let job = this.#take(); job; job = this.#take()) await this.#run(job);
    this.#draining = false;
  }

  async #run(job: Job): Promise<void> {
    this.#running.push(job);
    const signal = AbortSignal.any([job.signal, job.replaced.signal]);
    const turn: Turn = {
      breathe: async () => {
        signal.throwIfAborted();
        // Lets messages in that came during the batch: an abort, a newer request, a ping.
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
        for (let other = this.#take(job.priority); other; other = this.#take(job.priority)) {
          await this.#run(other);
          signal.throwIfAborted();
        }
      },
    };
    try {
      const value = await job.run(turn);
      this.#running.pop();
      this.#counts.finished++;
      job.resolve(value);
    } catch (error) {
      this.#running.pop();
      this.#counts[signal.aborted ? "withdrawnRunning" : "failed"]++;
      job.reject(signal.aborted ? signal.reason : error);
    }
  }
}
