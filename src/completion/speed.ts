import type { Usage } from "../model/modelClient.ts";

/** A slow laptop, until something is known. */
const slow = { prefill: 100, decode: 15 };
/** A prompt is read in batches; measured on small machines 4 (1.5B) to 6 (0.5B) times as fast as text is written. */
const readingFactor = 4.5;
const weightOfNewest = 0.3;
/** Shorter ones say more about overhead than about speed. */
const leastTokens = 8;

/** Moving estimates of how fast the model reads and writes, in tokens per second, learned from what requests cost. */
export class Speed {
  #prefill: number | undefined;
  #decode: number | undefined;

  get prefill(): number {
    return this.#prefill ?? (this.#decode === undefined ? slow.prefill : this.#decode * readingFactor);
  }

  get decode(): number {
    return this.#decode ?? slow.decode;
  }

  /** False until a request has told what it cost. */
  get isKnown(): boolean {
    return this.#decode !== undefined;
  }

  learn({ promptTokens, cachedPromptTokens, promptMs, completionTokens, decodeMs }: Usage): void {
    if (promptTokens !== undefined && cachedPromptTokens !== undefined) {
      this.#prefill = moved(this.#prefill, promptTokens - cachedPromptTokens, promptMs);
    }
    this.#decode = moved(this.#decode, completionTokens, decodeMs);
  }

  /** Milliseconds until `written` tokens are there after `read` tokens that are not in the cache. */
  predictMs(read: number, written: number): number {
    return (1_000 * read) / this.prefill + (1_000 * written) / this.decode;
  }
}

function moved(
  before: number | undefined,
  tokens: number | undefined,
  ms: number | undefined,
): number | undefined {
  if (tokens === undefined || ms === undefined || tokens < leastTokens || ms <= 0) return before;
  const now = (1_000 * tokens) / ms;
  return before === undefined ? now : before + weightOfNewest * (now - before);
}
