import type { CursorSyntax } from "../syntax/syntaxService.ts";
import type { CompletionQuery } from "./completionApi.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import { isInComment, isInString } from "./lineScan.ts";
import type { SilentReason } from "./outcome.ts";

/** Only closers and the end of a statement right of the cursor: there a suggestion still fits. */
const closersOnly = /^ ?[)\]}>"'`]* ?(?:=>)? ?[:{;,]* ?$/;
const closer = /^ ?[)\]}]/;
const leastCharacters = 10;

/** What the user's situation says against any suggestion, asked for or not. */
export function situationGate({ situation }: CompletionQuery): SilentReason | undefined {
  if (situation.cursorCount > 1) return "multiple-cursors";
  if (situation.hasSelection) return "selection";
  return undefined;
}

export type QuietPlaces = Pick<CompletionSettings, "inComments" | "inStrings">;

/** What a look at the cursor's line says against a suggestion there, by the settings. */
export function quietPlace(
  { languageId, prefix }: Pick<DocumentSnapshot, "languageId" | "prefix">,
  { inComments, inStrings }: QuietPlaces,
): SilentReason | undefined {
  if (!inComments && isInComment(languageId, prefix)) return "in-comment";
  return !inStrings && isInString(languageId, prefix) ? "in-string" : undefined;
}

/** What speaks for calm. An explicit trigger overrides it; answers that are already there may still show. */
export function calmGate(query: CompletionQuery, settings: QuietPlaces): SilentReason | undefined {
  if (query.trigger === "explicit") return undefined;
  const { document, situation } = query;
  const change = situation.lastChange;
  if (change && !change.stale) {
    if (change.kind === "undo" || change.kind === "redo") return "after-undo";
    if (change.kind === "delete") return "after-delete";
    if (change.kind === "paste") return "after-paste";
    if (change.kind === "accept") return "after-accept";
  }
  if (!fitsBefore(restOfLine(document.suffix), document.prefix)) return "middle-of-line";
  const quiet = quietPlace(document, settings);
  if (quiet) return quiet;
  if (isTooLittle(document.prefix, document.suffix)) return "too-little-context";
  return undefined;
}

/** Situations in which not even an answer that is already there may show. */
export function silencesKnownAnswers(reason: SilentReason): boolean {
  return reason === "after-undo" || reason === "after-paste" || reason === "in-comment";
}

/** Arguments are missing as often in front of `).await?;` as in front of `)`, and so is the rest of a string. */
function fitsBefore(rest: string, prefix: string): boolean {
  // Columns are lined up with hundreds of blanks.
  const right = rest.replace(/\s+/g, " ");
  if (closersOnly.test(right) || closer.test(right)) return true;
  const quote = /^["'`]/.exec(right)?.[0];
  if (quote === undefined) return false;
  const left = prefix.slice(prefix.lastIndexOf("\n") + 1);
  return left.split(quote).length % 2 === 0;
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

/** The parser's word on comments and strings, or that of a quick look where there is no parser's. */
export function quietAt(
  syntax: Pick<CursorSyntax, "context"> | undefined,
  { inComments, inStrings }: QuietPlaces,
  quick: SilentReason | undefined,
): SilentReason | undefined {
  if (!syntax) return quick;
  const { place } = syntax.context;
  if (place === "comment" && !inComments) return "in-comment";
  return place === "string" && !inStrings ? "in-string" : undefined;
}
