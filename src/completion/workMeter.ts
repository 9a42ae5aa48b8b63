import type { Usage } from "../model/modelClient.ts";

/** More than this share of what is generated shall not be for nothing. */
const mostWasted = 0.2;
/** Tokens that may be wasted before anything is known about the user. */
const credit = 60;
const fadeAbove = 4_000;

/** What completion has cost since the start, in tokens; waste is `decoded` less `used`. */
export interface WorkFigures {
  readonly decoded: number;
  /** Decoded tokens whose text was shown, at once or later from the cache. */
  readonly used: number;
  /** Those whose text was shown or lies in the cache for its place; what is neither was decoded for nothing. */
  readonly kept: number;
  readonly evaluated: number;
  readonly reused: number;
}

/** Weighs what is generated against what is shown, so that work on suspicion stays a fraction. */
export class WorkMeter {
  #decoded = 0;
  #used = 0;
  #kept = 0;
  #evaluated = 0;
  #reused = 0;
  #recentDecoded = 0;
  #recentUsed = 0;

  get figures(): WorkFigures {
    return {
      decoded: this.#decoded,
      used: Math.round(this.#used),
      kept: this.#kept,
      evaluated: this.#evaluated,
      reused: this.#reused,
    };
  }

  /** Whether about `tokens` more may be generated although nobody has asked for them. */
  mayRisk(tokens: number): boolean {
    const wasted = Math.max(0, this.#recentDecoded - this.#recentUsed) + tokens;
    return wasted <= mostWasted * (this.#recentDecoded + tokens) + credit;
  }

  spent({ completionTokens = 0, promptTokens = 0, cachedPromptTokens = 0 }: Usage): void {
    this.#decoded += completionTokens;
    this.#recentDecoded += completionTokens;
    this.#reused += cachedPromptTokens;
    this.#evaluated += promptTokens - cachedPromptTokens;
    if (this.#recentDecoded < fadeAbove) return;
    this.#recentDecoded /= 2;
    this.#recentUsed /= 2;
  }

  kept(tokens: number): void {
    this.#kept += tokens;
  }

  used(tokens: number): void {
    this.#used += tokens;
    this.#recentUsed += tokens;
  }
}
