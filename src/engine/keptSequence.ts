import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import type { TokenId } from "./modelRuntime.ts";
import { commonLength, type PromptStates } from "./promptStates.ts";

/** Fewer tokens are evaluated about as fast as a state is read. */
const leastTokens = 96;
/** Saving waits until nobody has asked for so long, and keeps this distance, because it writes megabytes. */
const restMs = 4_000;
const leastIntervalMs = 60_000;

/** The parts of node-llama-cpp's sequence that are used here; that package itself is imported in two files only. */
interface StatefulSequence {
  readonly contextTokens: readonly TokenId[];
  saveStateToFile(path: string): Promise<{ fileSize: number }>;
  loadStateFromFile(path: string, acceptRisk: { acceptRisk: true }): Promise<void>;
}

/** Exchanges a sequence's KV cache with saved ones when another file's prompt comes, and saves it when it rests. */
export class KeptSequence {
  readonly #sequence: StatefulSequence;
  readonly #states: PromptStates;
  readonly #clock: Clock;
  readonly #log: Log;
  #rest: Disposable | undefined;
  #saving = Promise.resolve();
  #savedAt = Number.NEGATIVE_INFINITY;

  constructor(sequence: StatefulSequence, states: PromptStates, clock: Clock, log: Log) {
    this.#sequence = sequence;
    this.#states = states;
    this.#clock = clock;
    this.#log = log;
  }

  /** Call before `tokens` are evaluated. */
  async prepare(tokens: readonly TokenId[]): Promise<void> {
    this.#rest?.dispose();
    const held = this.#sequence.contextTokens;
    const common = commonLength(held, tokens);
    if (held.length - common >= leastTokens) await this.#save();
    const saved = this.#states.best(tokens, common + leastTokens);
    if (!saved) return;
    try {
      await this.#sequence.loadStateFromFile(saved.path, { acceptRisk: true });
    } catch (error) {
      this.#log.debug(`A saved prompt cannot be used: ${error}`);
      await this.#states.forget(saved.path);
    }
  }

  /** Call when a request has ended. */
  rested(): void {
    this.#rest?.dispose();
    const waitMs = Math.max(restMs, this.#savedAt + leastIntervalMs - this.#clock.now());
    this.#rest = this.#clock.after(waitMs, () => void this.#save());
  }

  /** Saves what is there; for the end of the model's time in memory. */
  async leave(): Promise<void> {
    this.#rest?.dispose();
    await this.#save();
  }

  /** One after the other. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveNow());
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    const tokens = this.#sequence.contextTokens;
    if (tokens.length < leastTokens) return;
    this.#savedAt = this.#clock.now();
    try {
      await this.#states.save(tokens, async (path) => (await this.#sequence.saveStateToFile(path)).fileSize);
    } catch (error) {
      this.#log.warn(`The evaluated prompt was not saved: ${error}`);
    }
  }
}
