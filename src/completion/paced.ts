import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";

/** Does something at most every so many milliseconds, the first time after these; what is wanted earlier is done then. */
export class Paced implements Disposable {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #run: () => void;
  #due: number;
  #waiting: Disposable | undefined;

  constructor(clock: Clock, everyMs: number, run: () => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#run = run;
    this.#due = clock.now() + everyMs;
  }

  want(): void {
    this.#waiting ??= this.#clock.after(Math.max(0, this.#due - this.#clock.now()), () => {
      this.#waiting = undefined;
      this.#due = this.#clock.now() + this.#everyMs;
      this.#run();
    });
  }

  dispose(): void {
    this.#waiting?.dispose();
  }
}
