import type { Clock } from "./clock.ts";
import type { Disposable } from "./disposable.ts";

/**
 * Does something when nothing has happened for a while. What happens meanwhile puts it off or, once it runs, ends it to
 * be tried again later.
 */
export class WhenIdle implements Disposable {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #action: (signal: AbortSignal) => Promise<void>;
  #timer: Disposable | undefined;
  #running: AbortController | undefined;
  #isOver = false;

  /** @param action never rejects; `signal` aborts when something happens. */
  constructor(clock: Clock, idleMs: number, action: (signal: AbortSignal) => Promise<void>) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#action = action;
  }

  /** From now on it is wanted. */
  want(): void {
    if (this.#isOver || this.#running) return;
    this.#timer?.dispose();
    this.#timer = this.#clock.after(this.#idleMs, () => void this.#act());
  }

  /** Something has happened. */
  happened(): void {
    if (this.#running) this.#running.abort();
    else if (this.#timer) this.want();
  }

  dispose(): void {
    this.#isOver = true;
    this.#timer?.dispose();
    this.#running?.abort();
  }

  async #act(): Promise<void> {
    this.#timer = undefined;
    const running = new AbortController();
    this.#running = running;
    await this.#action(running.signal);
    this.#running = undefined;
    if (running.signal.aborted) this.want();
  }
}
