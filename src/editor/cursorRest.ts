import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";

/** A cursor that has not moved for so long rests. Who opens a file at a place moves it there at once. */
const restMs = 300;
/** Who reads code clicks here and there and types nowhere: after each rest that came to nothing the next takes longer. */
const mostDoublings = 3;

/** Which document the cursor is in, as it is now. */
export interface CursorDocument {
  readonly uri: string;
  readonly version: number;
}

/** Tells when the cursor rests that was moved there, not typed there. */
export class CursorRest implements Disposable {
  readonly #clock: Clock;
  readonly #onRest: () => void;
  #seen: CursorDocument | undefined;
  #timer: Disposable | undefined;
  /** Rests since something was typed. */
  #unused = 0;

  constructor(clock: Clock, onRest: () => void) {
    this.#clock = clock;
    this.#onRest = onRest;
  }

  /** Another document is shown, or none. */
  shown(document: CursorDocument | undefined): void {
    this.#seen = document;
    this.#wait();
  }

  /** The cursor is somewhere else: moved, or because `document` was changed. */
  moved(document: CursorDocument): void {
    const isTyped = this.#seen?.uri === document.uri && this.#seen.version !== document.version;
    this.#seen = document;
    if (isTyped) {
      this.#unused = 0;
      this.#timer?.dispose();
    } else this.#wait();
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #wait(): void {
    this.#timer?.dispose();
    this.#timer = this.#clock.after(restMs * 2 ** Math.min(this.#unused, mostDoublings), () => {
      this.#unused++;
      this.#onRest();
    });
  }
}
