export interface ContextSizeParts {
  /** What is known beforehand, or taken for it where nothing is. */
  readonly assumed: () => number;
  /** Of the model that is asked. */
  readonly modelName: () => string | undefined;
}

/** With less than this, nothing is left of a question and its answer. */
const leastTokens = 1024;

/** How servers and the engine say what they take. */
const named =
  /(?:maximum context length (?:is|of)|available context size \(|context (?:size|length|window) (?:is|of)|context holds|n_ctx\D{1,4})\s*(\d{3,7})/i;

/** How many tokens the model takes, prompt and answer together: what is assumed, until the model has refused that. */
export class ContextSize {
  readonly #parts: ContextSizeParts;
  #learnt: { readonly of: string; readonly tokens: number } | undefined;

  constructor(parts: ContextSizeParts) {
    this.#parts = parts;
  }

  get tokens(): number {
    const assumed = this.#parts.assumed();
    return this.#learnt?.of === this.#asked() ? Math.min(this.#learnt.tokens, assumed) : assumed;
  }

  /**
   * What to try after a prompt for `tried` tokens was refused as too large. What the model has said that it takes is kept
   * for as long as it is asked, and so is half of what was assumed where it says nothing.
   * @returns undefined when there is nothing left to try.
   */
  afterRefusal(message: string, tried: number): number | undefined {
    const said = Number(named.exec(message)?.[1] ?? Number.NaN);
    // It takes as much as was thought, so the prompt's own tokens were counted too low.
    const isMiscounted = said >= tried;
    const tokens = said < tried ? said : Math.floor(tried * (isMiscounted ? 0.75 : 0.5));
    if (tokens < leastTokens && !(said < tried)) return undefined;
    if (!isMiscounted) this.#learnt = { of: this.#asked(), tokens };
    return tokens;
  }

  #asked(): string {
    return `${this.#parts.assumed()} ${this.#parts.modelName() ?? ""}`;
  }
}
