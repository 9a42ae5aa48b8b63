import type { Listen } from "../base/emitter.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import type { CompletionTrace, Outcome } from "./outcome.ts";

/** One keystroke's question to the pipeline. */
export interface CompletionQuery {
  readonly document: DocumentSnapshot;
  readonly trigger: "automatic" | "explicit";
  /** Wisp itself has the editor ask, because what is shown has grown. */
  readonly hasGrown?: boolean;
  /** What the editor knows at this moment; the gates decide by it. */
  readonly situation: EditorSituation;
  /** The item that is selected in the suggest widget: `text` would replace the `replaceLeft` characters left of the cursor. */
  readonly selectedSuggestion?: { readonly text: string; readonly replaceLeft: number };
}

export interface EditorSituation {
  readonly cursorCount: number;
  readonly hasSelection: boolean;
  /** What the last change to this document was, undefined when it was not changed since it was opened. */
  readonly lastChange?: {
    readonly kind: "typing" | "delete" | "paste" | "undo" | "redo" | "accept";
    /** True when the cursor has moved or another change has come since. */
    readonly stale: boolean;
  };
}

/** Text to show as ghost text. */
export interface Suggestion {
  /** Text to insert with the document's own line ends. */
  readonly text: string;
  /** Characters left of the cursor, on its line, that `text` replaces (and begins with unless the suggest widget overrides). */
  readonly replaceLeft: number;
  /** Characters right of the cursor, on its line, that `text` replaces. */
  readonly replaceRight: number;
  /** Identifies the suggestion when it is accepted. */
  readonly id: number;
}

export interface CompletionResult {
  readonly suggestions: readonly Suggestion[];
  readonly outcome: Outcome;
}

/** The pipeline as the editor sees it. `provide` never throws and never rejects. */
export interface CompletionApi {
  provide(query: CompletionQuery, signal: AbortSignal): Promise<CompletionResult>;
  /** The user took the suggestion, whole or in part (`acceptedChars` of its text). */
  accepted(id: number, acceptedChars?: number): void;
  /** What is shown goes away, and nothing is to grow behind it; it may come back when its place is asked for. */
  putAway(): void;
  /** The user dismissed what was shown (Shift+Escape, or deleted what had been typed of it). */
  rejected(id: number): void;
  /** Tells the document's URI when text has come behind what is shown in it: a query with `hasGrown` brings it. */
  readonly onGrown: Listen<string>;
  /** The latest traces, newest first, bounded. */
  readonly traces: readonly CompletionTrace[];
  readonly onTrace: Listen<CompletionTrace>;
}
