import type { Clock } from "../base/clock.ts";

export interface BreakerOptions {
  readonly clock: Clock;
  /** From 0 to below 1, spreads the tries of many windows. */
  readonly random: () => number;
}

/** A request that was let through, and what has become of it. */
export interface Passage {
  /** The server has begun an answer, which may still break off. */
  answers(): void;
  succeeded(): void;
  /** Nothing broke, but somebody else was faster. */
  slow(): void;
  /** @param askedMs the wait that the server asks for; it opens at once. */
  failed(askedMs?: number): void;
  /** The request was withdrawn before anything could be learned from it. */
  withdrawn(): void;
}

/** Failures in a row after which nothing is asked for a while. */
const patience = 3;
const firstPauseMs = 2_000;
const longestPauseMs = 60_000;
/** What a server asks for with Retry-After is honoured up to here. */
const longestAskedMs = 10 * 60_000;

/**
 * Keeps requests away from a server that fails: closed while it works, open for a pause that doubles with each
 * failure, then half-open, when one request alone tries (M. Nygard, Release It!, "Circuit Breaker").
 */
export class CircuitBreaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #openUntil = 0;
  #isTrying = false;
  /** How often it has opened: a request from before tells nothing of the server since. */
  #openings = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  /** Milliseconds until a request is let through again; 0 when the next one is. */
  get pauseMs(): number {
    return Math.max(0, this.#openUntil - this.#options.clock.now());
  }

  get isClosed(): boolean {
    return this.#openUntil === 0;
  }

  /** Lets a request through, or does not: undefined. */
  enter(): Passage | undefined {
    if (!this.isClosed) {
      if (this.#isTrying || this.pauseMs > 0) return undefined;
      this.#isTrying = true;
    }
    const opening = this.#openings;
    const now = (learn: () => void) => (): void => {
      if (opening !== this.#openings) return;
      this.#isTrying = false;
      learn();
    };
    return {
      answers: now(() => this.#close()),
      succeeded: now(() => {
        this.#failures = 0;
        this.#close();
      }),
      slow: now(() => this.#fail(Math.min(this.#failures + 1, patience), 0)),
      failed: (askedMs = 0) => now(() => this.#fail(this.#failures + 1, askedMs))(),
      withdrawn: now(() => {}),
    };
  }

  #close(): void {
    this.#openUntil = 0;
  }

  #fail(failures: number, askedMs: number): void {
    this.#failures = failures;
    if (askedMs === 0 && failures < patience) return;
    const { clock, random } = this.#options;
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.max(0, failures - patience));
    const spread = pause * (0.75 + random() / 2);
    this.#openUntil = clock.now() + Math.max(spread, Math.min(askedMs, longestAskedMs));
    this.#openings++;
  }
}
