import { leastBatchTokens } from "./batchSize.ts";
import type { GenerationEvent } from "./modelRuntime.ts";
import { MovingRate } from "./movingRate.ts";

type Token = Pick<Extract<GenerationEvent, { type: "token" }>, "draft">;

/** How many tokens a second the model reads and writes, following what the machine does besides. */
export class EngineSpeed {
  readonly #prefill = new MovingRate();
  readonly #decode = new MovingRate();

  get perSecond(): { readonly prefill: number | undefined; readonly decode: number | undefined } {
    return { prefill: this.#prefill.perSecond, decode: this.#decode.perSecond };
  }

  /** A batch of a prompt took so many milliseconds. */
  read(tokens: number, ms: number): void {
    this.#prefill.add(tokens, ms);
  }

  /** The first token of an answer came with the last `batch` tokens of its prompt; a few take about as long as one. */
  began({ draft }: Token, batch: number, ms: number): void {
    if (draft === undefined && batch >= leastBatchTokens) this.#prefill.add(batch, ms);
  }

  /** What comes with a draft says nothing of how fast a token is written. */
  wrote({ draft }: Token, ms: number): void {
    if (draft === undefined) this.#decode.add(1, ms);
  }
}
