import type { Clock } from "../base/clock.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import type { EngineProcess } from "../model/engineProcess.ts";
import type { Backend } from "./backend.ts";

export interface EngineContextParts {
  readonly engine: Pick<EngineProcess, "state" | "onState" | "ask">;
  readonly backend: Pick<Backend, "onBusy" | "onFailure">;
  readonly clock: Clock;
  readonly log: Log;
}

/** An unload comes after minutes without a request, as a rule. */
const freshMs = 30_000;

/**
 * How many tokens the engine's model takes. The engine chooses that when it loads the model, by the memory that is free,
 * and may choose anew after an unload; so it is asked when requests have ended, within half a minute of its last word only
 * where one has failed.
 */
export class EngineContext implements Disposable {
  readonly #parts: EngineContextParts;
  readonly #disposables = new DisposableStore();
  #tokens: number | undefined;
  #saidAt = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(parts: EngineContextParts) {
    this.#parts = parts;
    this.#disposables.add(
      parts.engine.onState(({ type }) => {
        if (type !== "ready") this.#tokens = undefined;
      }),
    );
    this.#disposables.add(
      parts.backend.onFailure(() => {
        this.#saidAt = Number.NEGATIVE_INFINITY;
      }),
    );
    this.#disposables.add(
      parts.backend.onBusy((busy) => {
        if (!busy && !this.#isFresh) this.#reading = this.#read();
      }),
    );
  }

  /** Undefined until the engine has said it. */
  get tokens(): number | undefined {
    return this.#tokens;
  }

  /** Resolves when what the engine was asked last is known. */
  get settled(): Promise<void> {
    return this.#reading;
  }

  get #isFresh(): boolean {
    return this.#tokens !== undefined && this.#parts.clock.now() - this.#saidAt < freshMs;
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  async #read(): Promise<void> {
    const { engine, clock, log } = this.#parts;
    // To ask would start it.
    if (engine.state.type !== "ready") return;
    try {
      const answer = await engine.ask({ method: "GET", path: "/health" });
      const { context_size } = JSON.parse(await answer.text()) as { readonly context_size?: number };
      if (context_size === undefined || engine.state.type !== "ready") return;
      this.#tokens = context_size;
      this.#saidAt = clock.now();
    } catch (error) {
      log.debug(`The engine did not tell the size of its context: ${String(error)}`);
    }
  }
}
