/** Lets others wait for what comes bit by bit. */
export class Progress {
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  /** Resolves as soon as `isThere`, which is asked whenever something has come, and at the end. */
  async comes(isThere: () => boolean): Promise<void> {
    const come = Promise.withResolvers<void>();
    const check = () => {
      if (this.#isOver || isThere()) come.resolve();
    };
    this.#waiting.add(check);
    check();
    await come.promise;
    this.#waiting.delete(check);
  }

  /** Something has come. */
  tell(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Nothing more will come. */
  end(): void {
    this.#isOver = true;
    this.tell();
  }
}
