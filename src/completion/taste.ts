/** What has been learned from one user, as it is kept between sessions. */
export interface TasteState {
  /** Added to the log-odds of being taken. */
  readonly shift: number;
  readonly shown: number;
  readonly taken: number;
}

/** Where it is kept; on the user's machine only. */
export interface TasteMemory {
  read(): TasteState | undefined;
  write(state: TasteState): void;
}

const nothingLearned: TasteState = { shift: 0, shown: 0, taken: 0 };
/** Some twenty suggestions in a row that are passed over raise the bar noticeably, one does not. */
const rate = 0.04;
/** The shipped model keeps the last word: at most, 36 % count as 60 % or as 17 %. */
const mostShift = 1;
const edge = 1e-4;

/**
 * Corrects the shipped estimate of what a user takes by what this one took: a shift of the log-odds, learned by
 * stochastic gradient descent on the log loss of each suggestion that was shown.
 */
export class Taste {
  readonly #memory: TasteMemory | undefined;
  #state: TasteState;

  constructor(memory?: TasteMemory) {
    this.#memory = memory;
    this.#state = wellFormed(memory?.read()) ?? nothingLearned;
  }

  get state(): TasteState {
    return this.#state;
  }

  /** @param chance what the shipped model says, 0 to 1. */
  corrected(chance: number): number {
    const kept = Math.min(1 - edge, Math.max(edge, chance));
    const odds = (kept / (1 - kept)) * Math.exp(this.#state.shift);
    return odds / (1 + odds);
  }

  /** @param confidence the corrected chance with which it was shown. */
  learn(confidence: number, isTaken: boolean): void {
    const { shift, shown, taken } = this.#state;
    const moved = shift + rate * ((isTaken ? 1 : 0) - confidence);
    this.#put({
      shift: Math.min(mostShift, Math.max(-mostShift, moved)),
      shown: shown + 1,
      taken: taken + (isTaken ? 1 : 0),
    });
  }

  forget(): void {
    this.#put(nothingLearned);
  }

  #put(state: TasteState): void {
    this.#state = state;
    this.#memory?.write(state);
  }
}

/** What an older or broken version has left behind counts as nothing. */
function wellFormed(state: TasteState | undefined): TasteState | undefined {
  const numbers = [state?.shift, state?.shown, state?.taken];
  return state && numbers.every((each) => typeof each === "number" && Number.isFinite(each))
    ? state
    : undefined;
}
