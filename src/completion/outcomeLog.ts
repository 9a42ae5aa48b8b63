import { Emitter } from "../base/emitter.ts";
import type { CompletionTrace } from "./outcome.ts";

const capacity = 100;

/** The latest traces, newest first. */
export class OutcomeLog {
  readonly #traces: CompletionTrace[] = [];
  readonly #emitter = new Emitter<CompletionTrace>();
  readonly onTrace = this.#emitter.listen;

  get traces(): readonly CompletionTrace[] {
    return this.#traces;
  }

  add(trace: CompletionTrace): void {
    this.#traces.unshift(trace);
    if (this.#traces.length > capacity) this.#traces.length = capacity;
    this.#emitter.fire(trace);
  }

  dispose(): void {
    this.#emitter.dispose();
  }
}
