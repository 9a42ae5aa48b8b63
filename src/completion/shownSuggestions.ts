import type { Suggestion } from "./completionApi.ts";

const capacity = 60;

export interface Shown {
  readonly uri: string;
  readonly prefix: string;
  text: string;
  /** With which it was shown, where the backend gives probabilities. */
  confidence: number | undefined;
  /** Whether its line is still being written. */
  isPart: boolean;
  /** Whether it has been taken or passed over already. */
  isJudged: boolean;
}

/** Where each suggestion was first shown, so that its acceptance or dismissal can be told later. */
export class ShownSuggestions {
  readonly #shown = new Map<number, Shown>();
  #lastId = 0;

  nextId(): number {
    return ++this.#lastId;
  }

  remember(suggestion: Suggestion, shown: Shown): void {
    if (this.#shown.has(suggestion.id)) return;
    this.#shown.set(suggestion.id, { ...shown, prefix: shown.prefix.slice(-1_000) });
    if (this.#shown.size <= capacity) return;
    for (const oldest of this.#shown.keys()) {
      this.#shown.delete(oldest);
      break;
    }
  }

  /** More of it has come. */
  grow(id: number, grown: Pick<Shown, "text" | "confidence" | "isPart">): void {
    Object.assign(this.#shown.get(id) ?? {}, grown);
  }

  get(id: number): Shown | undefined {
    return this.#shown.get(id);
  }
}
