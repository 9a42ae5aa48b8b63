import type { Clock } from "../base/clock.ts";

/** The editor itself waits this long before it asks a provider. */
const editorWaitMs = 50;
/** Intervals above this are pauses for thought, not typing. */
const longestIntervalMs = 1_000;
/** What a pause lasts at least before it says something, in the middle of a line. */
const placeMs = 130;
/** Who types faster than this on average neither reads between two keys nor leaves time to decode anything. */
const fastestReaderMs = 115;
/** So soon after a key a slower typist is helped where the model is sure: mostly before the next one. */
const mostSureMs = { mean: 100, deviations: 40 };
const weightOfNewest = 0.25;

export interface DebounceSituation {
  /** Text left of the cursor on its line. */
  readonly lineLeft: string;
  /** The model is sure of the first token, so that decoding rarely turns out to be for nothing. */
  readonly isSure?: boolean;
  readonly bounds: { readonly minMs: number; readonly maxMs: number };
}

/**
 * How long to wait for the next key before the model is asked. Follows the user's typing rhythm like TCP's
 * retransmission timer follows round trips (mean plus a multiple of the mean deviation, RFC 6298), so that steady
 * typing starts no request and a pause is noticed as early as the rhythm allows.
 */
export class Debouncer {
  readonly #clock: Clock;
  #lastKey: number | undefined;
  #mean = 130;
  #deviation = 20;
  #patience = 1;
  #surePatience = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Call once for every automatic request, as it comes. */
  keystroke(): void {
    const now = this.#clock.now();
    if (this.#lastKey !== undefined) {
      const interval = now - this.#lastKey;
      if (interval > 0 && interval < longestIntervalMs) {
        this.#deviation += weightOfNewest * (Math.abs(interval - this.#mean) - this.#deviation);
        this.#mean += weightOfNewest * (interval - this.#mean);
      }
    }
    this.#lastKey = now;
  }

  accepted(): void {
    this.#patience = Math.max(1, this.#patience * 0.8);
  }

  rejected(): void {
    this.#patience = Math.min(2.5, this.#patience * 1.3);
  }

  /** A generation was thrown away because typing went on: the wait was too short. */
  wasted({ isSure = false } = {}): void {
    if (isSure) this.#surePatience = Math.min(2.5, this.#surePatience * 1.3);
    else this.#patience = Math.min(1.5, this.#patience * 1.25);
  }

  shown(): void {
    this.#surePatience = Math.max(1, this.#surePatience * 0.75);
    if (this.#patience > 1) this.#patience = Math.max(1, this.#patience * 0.75);
  }

  /** Milliseconds to wait from now on, the editor's own wait already taken off; never negative. */
  waitMs({ lineLeft, isSure = false, bounds }: DebounceSituation): number {
    const factor = placeFactor(lineLeft);
    const usual = this.#pauseMs(factor) * this.#patience;
    const wanted = isSure ? Math.min(usual, this.#sureMs * this.#surePatience) : usual;
    return Math.max(0, Math.min(Math.max(wanted, bounds.minMs), bounds.maxMs) - editorWaitMs);
  }

  /** A pause by this user's rhythm, in milliseconds. */
  #pauseMs(factor: number): number {
    const rhythm = Math.min(this.#mean, 220) + 3 * Math.min(this.#deviation, 60);
    return Math.max(rhythm * Math.min(1, factor), placeMs * factor);
  }

  get #sureMs(): number {
    if (this.#mean < fastestReaderMs) return Number.POSITIVE_INFINITY;
    return Math.min(this.#mean, mostSureMs.mean) + Math.min(2 * this.#deviation, mostSureMs.deviations);
  }
}

/** Where a thought ends people wait for help; inside a word they are about to type on. */
function placeFactor(lineLeft: string): number {
  if (lineLeft.trim() === "") return 0.6;
  if (/[.({[,=:>]\s*$/.test(lineLeft)) return 0.9;
  if (/[\w$]$/.test(lineLeft)) return 1.15;
  return 1;
}
