import type { Clock } from "./clock.ts";
import type { Disposable } from "./disposable.ts";

/** Tells of a state once it has lasted `ms` milliseconds, and of its end; of what is over sooner it tells nothing. */
export class Lasting implements Disposable {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #tell: (lasts: boolean) => void;
  #timer: Disposable | undefined;
  #told = false;

  constructor(clock: Clock, ms: number, tell: (lasts: boolean) => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#tell = tell;
  }

  set(holds: boolean): void {
    if (holds) {
      this.#timer ??= this.#clock.after(this.#ms, () => this.#say(true));
      return;
    }
    this.dispose();
    if (this.#told) this.#say(false);
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
  }

  #say(lasts: boolean): void {
    this.#told = lasts;
    this.#tell(lasts);
  }
}
