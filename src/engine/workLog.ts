import type { TokenId, Vocabulary } from "./modelRuntime.ts";
import type { EngineWork } from "./protocol.ts";

const capacity = 2_000;

/** What the latest requests cost, oldest first; what is aborted counts as far as it came. */
export class WorkLog {
  readonly #entries: EngineWork[] = [];
  #last = 0;

  /** Begins an entry, which the caller changes in place while the request runs. */
  begin(entry: Pick<EngineWork, "lane" | "decodes" | "promptTokens" | "prefixTokens" | "reused">): {
    -readonly [Field in keyof EngineWork]: EngineWork[Field];
  } {
    const begun = { ...entry, number: ++this.#last, startedAt: epochNow(), evaluated: 0, decoded: 0 };
    this.#entries.push(begun);
    if (this.#entries.length > capacity) this.#entries.shift();
    return begun;
  }

  after(number: number): readonly EngineWork[] {
    return this.#entries.filter((entry) => entry.number > number);
  }
}

/** Milliseconds since the epoch, to fractions. */
export function epochNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Tokens of the prompt in front of the cursor: an infill prompt ends with the suffix, another one at the cursor. */
export function prefixLength(prompt: readonly TokenId[], fim: Vocabulary["fim"]): number {
  if (!fim || fim.middle === null) return prompt.length;
  const at = prompt.lastIndexOf(fim.suffix);
  return at < 0 ? prompt.length : at;
}
