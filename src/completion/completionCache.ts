import { LRUCache } from "lru-cache";
import { type Continuation, continuationOf, type Place } from "./continuation.ts";
import type { SilentReason } from "./outcome.ts";

const capacity = 300;

export interface CachedAnswer {
  /** Everything usable that was generated, `\n` line ends. */
  readonly text: string;
  /** What is shown at first; the rest answers the next key after it. */
  readonly shownLength: number;
  /** Characters of `text` that the model wrote, where lines that close a block which it left open stand behind them. */
  readonly ownLength?: number;
  /** Other texts for the same place, when the user asked for alternatives. */
  readonly alternatives?: readonly string[];
  readonly confidence?: number;
  /** What it cost to generate, and how much of that has been worth it so far. */
  readonly worth?: Worth;
  /** Why nothing is shown here; such an answer has no text and holds for the very place only. */
  readonly silent?: SilentReason;
  /** Of a silent answer: what there is for a typist who rests, or why there is nothing for one either. */
  readonly rested?: CachedAnswer;
  /** The line is still being written; what it comes to takes the place of this. */
  readonly isPart?: boolean;
  /** Silent for lack of something that may be known by now; the place may be asked again. */
  readonly isProvisional?: boolean;
  /** Nobody had asked, and it was not looked at for who rests there. */
  readonly isLostBet?: boolean;
}

/** Changed in place, so that an answer that grows keeps its account. */
export interface Worth {
  tokens: number;
  shownTokens: number;
  /** Those of a text that may be shown, now or when its place comes. */
  keptTokens: number;
}

export interface CacheHit extends Continuation {
  readonly answer: CachedAnswer;
}

interface Entry {
  readonly place: Place;
  readonly answer: CachedAnswer;
}

/** Answers by place; also finds the place from which the user has typed the beginning of an answer. */
export class CompletionCache {
  readonly #entries = new LRUCache<string, Entry>({ max: capacity });

  put(place: Place, answer: CachedAnswer): void {
    this.#entries.set(keyOf(place), { place, answer });
  }

  find(place: Place): CacheHit | undefined {
    const exact = this.#entries.get(keyOf(place));
    if (exact) return { answer: exact.answer, typed: 0, replaceRight: 0 };
    for (const [key, entry] of this.#entries.entries()) {
      const continuation = continuationOf(entry.place, entry.answer.text, place);
      // Behind what the model wrote of a block it would go on inside of it.
      const { text, ownLength = text.length } = entry.answer;
      if (!continuation || continuation.typed >= ownLength) continue;
      this.#entries.get(key);
      return { answer: entry.answer, ...continuation };
    }
    return undefined;
  }

  /** The answer to this very place. */
  get(place: Place): CachedAnswer | undefined {
    return this.#entries.peek(keyOf(place))?.answer;
  }

  delete(place: Place): void {
    this.#entries.delete(keyOf(place));
  }

  clear(): void {
    this.#entries.clear();
  }
}

function keyOf({ uri, tail, head }: Place): string {
  return `${uri}\0${head}\0${tail}`;
}
