import type { Clock } from "../../src/base/clock.ts";
import type { Disposable } from "../../src/base/disposable.ts";

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; action: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): Disposable {
    const timer = { at: this.#now + ms, action };
    this.#timers.add(timer);
    return { dispose: () => this.#timers.delete(timer) };
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer runs; undefined when there is none. */
  get nextInMs(): number | undefined {
    const due = [...this.#timers].map(({ at }) => at - this.#now);
    return due.length > 0 ? Math.min(...due) : undefined;
  }

  /** Runs what falls due within `ms`, in the order of time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.action();
    }
    this.#now = end;
  }

  /** Time jumps, as after a sleeping machine: timers that fell due run late. */
  jump(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }
}
