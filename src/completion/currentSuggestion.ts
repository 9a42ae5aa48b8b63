import type { Suggestion } from "./completionApi.ts";
import { type Continuation, continuationOf, type Place, typedSince } from "./continuation.ts";

/** Further on it is no longer an answer to the suggestion. */
const mostTyped = 20;

export interface Current {
  readonly place: Place;
  /** The text that was shown at `place`, with what has come behind it since, `\n` line ends. */
  readonly text: string;
  /** As of the answer that `text` is of, in characters of `text`. */
  readonly ownLength?: number;
  readonly suggestion: Suggestion;
  readonly confidence?: number;
}

/** What is on the screen, so that typing its characters keeps it there. */
export class CurrentSuggestion {
  #current: Current | undefined;

  show(current: Current): void {
    this.#current = current;
  }

  /** More text has come for `place`: what is shown now, where it was, there or where it was joined, a beginning of it. */
  grow(place: Place, text: string, ownLength = text.length, confidence?: number): Current | undefined {
    const current = this.#current;
    const joined = current && continuationOf(place, text, current.place);
    const grown = joined && text.slice(joined.typed);
    if (!grown || grown.length <= current.text.length || !grown.startsWith(current.text)) return undefined;
    this.#current = {
      ...current,
      text: grown,
      ownLength: ownLength - joined.typed,
      ...(confidence !== undefined && { confidence }),
    };
    return this.#current;
  }

  clear(): void {
    this.#current = undefined;
  }

  /** What is shown, when the user has typed something else in its place. */
  passedAt(place: Place): Current | undefined {
    const typed = this.#current && typedSince(this.#current.place, place, mostTyped);
    return typed && !this.#current?.text.startsWith(typed) ? this.#current : undefined;
  }

  /** What is shown and how much of it is typed, when the cursor stands inside of it. */
  continuedAt(place: Place): { current: Current; continuation: Continuation } | undefined {
    const current = this.#current;
    if (!current) return undefined;
    const continuation = continuationOf(current.place, current.text, place);
    if (!continuation || continuation.typed >= current.text.length) return undefined;
    return { current, continuation };
  }
}
