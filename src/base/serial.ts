/** Runs tasks one after the other, in the order in which they came; a task that fails holds no other up. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const ended = this.#last.then(task);
    this.#last = ended.catch(() => undefined);
    return ended;
  }
}
