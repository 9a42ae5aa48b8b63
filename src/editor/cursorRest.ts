import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";

/** A cursor that has not moved for so long rests. Who opens a file at a place moves it there at once. */
const restMs = 300;
/** Who reads code clicks here and there and types nowhere: after each rest that was used for nothing the next takes longer. */
const mostDoublings = 3;

/** Which document the cursor is in, as it is now. */
export interface CursorDocument {
  readonly uri: string;
  readonly version: number;
}

/** Tells when the cursor rests that was moved there, not typed there. */
export class CursorRest implements Disposable {
  readonly #clock: Clock;
  readonly #onRest: () => boolean;
  #seen: CursorDocument | undefined;
  #timer: Disposable | undefined;
  /** Rests since something was typed that cost something. */
  #unused = 0;

  /** @param onRest tells whether something was done */
  constructor(clock: Clock, onRest: () => boolean) {
    this.#clock = clock;
    this.#onRest = onRest;
  }

  /** Another document is shown, or none. */
  shown(document: CursorDocument | undefined): void {
    this.#seen = document;
    this.#wait(restMs);
  }

  /**
   * The cursor is somewhere else: moved, or because `document` was changed.
   * @param byMouse what was changed meanwhile, by a formatter or elsewhere, did not move it
   */
  moved(document: CursorDocument, byMouse: boolean): void {
    const isTyped = !byMouse && this.#seen?.uri === document.uri && this.#seen.version !== document.version;
    this.#seen = document;
    if (isTyped) {
      this.#unused = 0;
      this.#timer?.dispose();
    } else this.#wait(restMs * 2 ** Math.min(this.#unused, mostDoublings));
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #wait(ms: number): void {
    this.#timer?.dispose();
    this.#timer = this.#clock.after(ms, () => {
      if (this.#onRest()) this.#unused++;
    });
  }
}
