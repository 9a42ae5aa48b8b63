import type { Clock } from "../base/clock.ts";

export interface BreakerOptions {
  readonly clock: Clock;
  /** From 0 to below 1, spreads the tries of many windows. */
  readonly random: () => number;
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

  /** Whether a request may go; each one that may is followed by one of the three calls below. */
  enter(): boolean {
    if (this.isClosed) return true;
    if (this.#isTrying || this.pauseMs > 0) return false;
    this.#isTrying = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntil = 0;
    this.#isTrying = false;
  }

  /** @param askedMs the wait that the server asks for; it opens at once. */
  failed(askedMs = 0): void {
    this.#isTrying = false;
    this.#failures++;
    if (askedMs === 0 && this.#failures < patience) return;
    const { clock, random } = this.#options;
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.max(0, this.#failures - patience));
    const spread = pause * (0.75 + random() / 2);
    this.#openUntil = clock.now() + Math.max(spread, Math.min(askedMs, longestAskedMs));
  }

  /** The request was withdrawn before anything could be learned from it. */
  withdrawn(): void {
    this.#isTrying = false;
  }
}
