import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";

/** A timer that is so late comes after a sleep of the machine; what was said meanwhile is heard in a moment. */
const lateMs = 5_000;

/** Tells once when nothing was heard for `ms` milliseconds. Hearing sets no timer, since it happens at every token. */
export class SilenceWatch implements Disposable {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onSilence: () => void;
  #heardAt: number;
  #timer: Disposable;

  constructor(clock: Clock, ms: number, onSilence: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onSilence = onSilence;
    this.#heardAt = clock.now();
    this.#timer = clock.after(ms, this.#look);
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  dispose(): void {
    this.#timer.dispose();
  }

  readonly #look = (): void => {
    const left = this.#heardAt + this.#ms - this.#clock.now();
    if (left > 0) this.#timer = this.#clock.after(left, this.#look);
    else if (left < -lateMs) {
      this.heard();
      this.#timer = this.#clock.after(this.#ms, this.#look);
    } else this.#onSilence();
  };
}
