/** Work done this long ago counts half. */
const halfLifeMs = 2000;

/** An estimate of things per second in which older measurements count less and less. */
export class MovingRate {
  #amount = 0;
  #ms = 0;

  get perSecond(): number | undefined {
    return this.#ms === 0 ? undefined : (this.#amount / this.#ms) * 1000;
  }

  add(amount: number, ms: number): void {
    const kept = 0.5 ** (ms / halfLifeMs);
    this.#amount = this.#amount * kept + amount;
    this.#ms = this.#ms * kept + ms;
  }
}
