import type { Usage } from "../model/modelClient.ts";
import type { Candidate } from "./candidates.ts";

/** How a suggestion came about. */
export type SuggestionSource = "typed-through" | "grown" | "cache" | "joined" | "model";

/** Why nothing is shown. Each one has a sentence for the user in `outcomeText.ts`. */
export type SilentReason =
  // gates
  | "off"
  | "language-off"
  | "snoozed"
  | "on-battery"
  | "excluded-file"
  | "secret-file"
  | "ignored-file"
  | "file-too-large"
  | "minified"
  | "unsupported-scheme"
  | "multiple-cursors"
  | "selection"
  | "middle-of-line"
  | "in-comment"
  | "in-string"
  | "after-undo"
  | "after-delete"
  | "after-paste"
  | "after-accept"
  | "too-little-context"
  | "suggest-widget-conflict"
  // waiting and asking
  | "superseded"
  | "cancelled"
  | "model-error"
  | "too-late"
  // the answer
  | "empty-answer"
  | "repeats-suffix"
  | "repeats-itself"
  | "repeats-above"
  | "unbalanced"
  | "breaks-syntax"
  | "unknown-name"
  | "low-confidence"
  | "rejected-before";

export type Outcome =
  | { readonly kind: "shown"; readonly source: SuggestionSource; readonly text: string }
  | { readonly kind: "silent"; readonly reason: SilentReason; readonly detail?: string };

/** Everything the inspector can tell about one request. Text fields hold code: never log them above trace. */
export interface CompletionTrace {
  readonly id: number;
  /** Wall-clock time, milliseconds since the epoch. */
  readonly at: number;
  readonly uri: string;
  readonly languageId: string;
  readonly position: { readonly line: number; readonly character: number };
  readonly trigger: "automatic" | "explicit";
  readonly outcome: Outcome;
  /** Milliseconds spent per stage, in the order in which the stages ran. */
  readonly stages: readonly { readonly name: string; readonly ms: number }[];
  /** Who knew which members may stand behind the dot, absent where none were known in time or an older answer was shown. */
  readonly members?: { readonly source: string; readonly count: number };
  /** The request as the model got it, absent when the model was not asked. */
  readonly prompt?: {
    readonly prefix: string;
    readonly suffix: string;
    readonly contextPaths: readonly string[];
  };
  /** The model's text before post-processing. */
  readonly rawText?: string;
  /** Post-processing steps that changed or dropped the text, in order. */
  readonly steps: readonly string[];
  /** What the generation cost that this request started; still grows while it runs. */
  readonly usage?: Usage | undefined;
  /** Beginnings of the answer at which it could be cut; absent where the backend gives no probabilities. */
  readonly candidates?: readonly Candidate[] | undefined;
  /** Estimated probability that the user takes the text, 0 to 1, where the backend tells token probabilities. */
  readonly confidence?: number;
}
