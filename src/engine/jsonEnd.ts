/** Finds where a JSON object or list that is read piece by piece is complete. */
export class JsonEnd {
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #isComplete = false;

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The number of `piece`'s UTF-16 units up to the end of the value; all of them while it goes on. */
  push(piece: string): number {
    for (let at = 0; at < piece.length; at++) {
      this.#step(piece[at] as string);
      if (this.#isComplete) return at + 1;
    }
    return piece.length;
  }

  #step(unit: string): void {
    if (this.#isInText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (unit === "\\") this.#isEscaped = true;
      else if (unit === '"') this.#isInText = false;
      return;
    }
    if (unit === '"') this.#isInText = true;
    else if (unit === "{" || unit === "[") this.#depth++;
    else if (unit === "}" || unit === "]") this.#isComplete = --this.#depth === 0;
  }
}
