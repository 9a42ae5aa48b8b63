import type { Disposable } from "./disposable.ts";

/** Lets others listen for values of type `T`. */
export type Listen<T> = (listener: (value: T) => void) => Disposable;

/** A list of listeners; `fire` calls each one in the order in which they came. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();

  readonly listen: Listen<T> = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
