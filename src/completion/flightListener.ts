import type { TokenProbability } from "../model/modelClient.ts";
import type { ModelError } from "../model/modelErrors.ts";

export type FlightEnd =
  | { readonly kind: "answer" }
  | { readonly kind: "cancelled" }
  /** The stream does not begin with what has been typed of the first word already. */
  | { readonly kind: "differs" }
  /** What started early turns out to be unsure or the head of something; nothing behind that was generated. */
  | { readonly kind: "unfinished"; readonly text: string }
  | { readonly kind: "failed"; readonly error: ModelError };

/** "later": nothing that is shown at once, but perhaps something for a typist who rests. */
export type Prospect = "open" | "later" | "hopeless";

/** Who makes something of what a flight brings; called synchronously. */
export interface FlightListener {
  /** The answer is certain. True when generation shall go on for what follows it. */
  answered(raw: string, tokens: readonly TokenProbability[]): boolean;
  /** What may become of the answer, however it goes on. */
  prospect(raw: string, tokens: readonly TokenProbability[]): Prospect;
  /** Whether nothing that follows `raw` would be shown, because a line that is too unlikely has begun. */
  isCut(raw: string, tokens: readonly TokenProbability[]): boolean;
  /** Whether something of `raw` can be shown as it is, though more could follow. */
  isEnough(raw: string, tokens: readonly TokenProbability[]): boolean;
  /** Whether the answer is too unlikely to be generated while the typist may still be typing. */
  isUnsure(raw: string, tokens: readonly TokenProbability[]): boolean;
  /**
   * The line is still being written and time is up: characters of `raw` that are shown meanwhile, undefined where nothing is.
   */
  begun(raw: string, tokens: readonly TokenProbability[]): number | undefined;
  /** More whole lines have come behind the answer; `raw` holds all of it, the answer included. */
  grown(raw: string, tokens: readonly TokenProbability[], isLast: boolean): void;
}

/** What counts when time is up: whole lines, or the head of what goes on below too. */
export type Hurry = "lines" | "heads";

export interface FlightWays {
  /** Text left of the cursor with which the stream begins. */
  readonly lead: string;
  /** Started before a pause in typing: what is unsure or needs further lines is set aside. */
  readonly isEarly: boolean;
}
