import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import { Emitter } from "../base/emitter.ts";

/** A pause that the user asked for; it ends by itself, and always with the editor. */
export class Snooze implements Disposable {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #changed = new Emitter<void>();
  #until = 0;
  #timer: Disposable | undefined;

  /** Fires when a snooze begins and when it ends. */
  readonly onChange = this.#changed.listen;

  /** @param now wall-clock time in milliseconds since the epoch. */
  constructor(clock: Clock, now: () => number) {
    this.#clock = clock;
    this.#now = now;
  }

  /** Milliseconds since the epoch, 0 for none, Infinity until the editor restarts. */
  get until(): number {
    return this.#until;
  }

  /** @param ms Infinity for as long as the editor runs. */
  start(ms: number): void {
    this.#timer?.dispose();
    this.#until = this.#now() + ms;
    this.#timer = Number.isFinite(ms) ? this.#clock.after(ms, () => this.end()) : undefined;
    this.#changed.fire();
  }

  end(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#until = 0;
    this.#changed.fire();
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#changed.dispose();
  }
}
