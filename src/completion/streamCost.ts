import type { Usage } from "../model/modelClient.ts";

/** A step of the model takes longer on any machine. */
const togetherMs = 1;
/** So many pieces that come together were drafted; fewer may have waited for this process. */
const leastDrafted = 3;

/** What a stream costs: as the backend tells at its end or, where it was cut before, by when its pieces came. */
export class StreamCost {
  #pieces = 0;
  /** Of the model: what was drafted and right came out of one. */
  #steps = 0;
  /** Pieces that have come together by now. */
  #together = 0;
  #firstAt: number | undefined;
  #lastAt = 0;
  #told: Usage | undefined;

  /** A piece has come at `now`, in milliseconds. */
  came(now: number): void {
    this.#pieces++;
    const isTogether = this.#firstAt !== undefined && now - this.#lastAt <= togetherMs;
    this.#together = isTogether ? this.#together + 1 : 1;
    if (this.#together < leastDrafted) this.#steps++;
    else if (this.#together === leastDrafted) this.#steps -= leastDrafted - 2;
    this.#firstAt ??= now;
    this.#lastAt = now;
  }

  told(usage: Usage): void {
    this.#told = usage;
  }

  /** @param tokens that have come; a backend that names none sends about one a piece */
  usage(tokens: number): Usage {
    const completionTokens = Math.max(tokens, this.#pieces);
    const spanMs = this.#lastAt - (this.#firstAt ?? this.#lastAt);
    // The first step's time is the prompt's.
    const decodeMs = this.#steps > 1 ? (spanMs * completionTokens) / (this.#steps - 1) : 0;
    return { completionTokens, ...(decodeMs > 0 && { decodeMs }), ...this.#told };
  }
}
