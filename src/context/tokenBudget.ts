import type { Usage } from "../model/modelClient.ts";

/** Code in byte-level BPE vocabularies of 150 k entries: measured 3.1 to 3.9 characters per token. */
const startingRatio = 3.3;
const ratioBounds = { low: 1.5, high: 6 };
const weightOfNewest = 0.2;

/**
 * A moving estimate of characters per token, learned from what requests cost. Sizes are read from it only where a
 * window is placed anew, never while one is held, because a changed cut would evaluate the whole prompt again.
 */
export class TokenBudget {
  #charactersPerToken = startingRatio;

  get charactersPerToken(): number {
    return this.#charactersPerToken;
  }

  characters(tokens: number): number {
    return Math.floor(tokens * this.#charactersPerToken);
  }

  /** @param promptCharacters length of all parts of the prompt whose cost `usage` tells. */
  learn(promptCharacters: number, usage: Usage): void {
    if (usage.promptTokens === undefined || usage.promptTokens < 16) return;
    const ratio = promptCharacters / usage.promptTokens;
    if (ratio < ratioBounds.low || ratio > ratioBounds.high) return;
    this.#charactersPerToken += weightOfNewest * (ratio - this.#charactersPerToken);
  }
}
