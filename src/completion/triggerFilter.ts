import type { CompletionQuery } from "./completionApi.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import { isInComment } from "./lineScan.ts";
import type { SilentReason } from "./outcome.ts";

/** Only closers and the end of a statement right of the cursor: there a suggestion still fits. */
const closersOnly = /^\s*[)\]}>"'`]*\s*(?:=>)?\s*[:{;,]*\s*$/;
const leastCharacters = 10;

/** What the user's situation says against any suggestion, asked for or not. */
export function situationGate({ situation }: CompletionQuery): SilentReason | undefined {
  if (situation.cursorCount > 1) return "multiple-cursors";
  if (situation.hasSelection) return "selection";
  return undefined;
}

/** What speaks for calm. An explicit trigger overrides it; answers that are already there may still show. */
export function calmGate(
  query: CompletionQuery,
  settings: Pick<CompletionSettings, "inComments">,
): SilentReason | undefined {
  if (query.trigger === "explicit") return undefined;
  const { document, situation } = query;
  const change = situation.lastChange;
  if (change && !change.stale) {
    if (change.kind === "undo" || change.kind === "redo") return "after-undo";
    if (change.kind === "delete") return "after-delete";
    if (change.kind === "paste") return "after-paste";
    if (change.kind === "accept") return "after-accept";
  }
  if (!closersOnly.test(restOfLine(document.suffix))) return "middle-of-line";
  if (!settings.inComments && isInComment(document.languageId, document.prefix)) return "in-comment";
  if (isTooLittle(document.prefix, document.suffix)) return "too-little-context";
  return undefined;
}

/** Situations in which not even an answer that is already there may show. */
export function silencesKnownAnswers(reason: SilentReason): boolean {
  return reason === "after-undo" || reason === "after-paste" || reason === "in-comment";
}

export function restOfLine(suffix: string): string {
  const end = suffix.indexOf("\n");
  return end < 0 ? suffix : suffix.slice(0, end);
}

function isTooLittle(prefix: string, suffix: string): boolean {
  const nearby = prefix.slice(-200);
  if (nearby.trim().length >= leastCharacters) return false;
  return nearby.trim().length + suffix.slice(0, 200).trim().length < leastCharacters;
}
