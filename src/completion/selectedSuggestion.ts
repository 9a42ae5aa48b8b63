import type { CompletionQuery } from "./completionApi.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";

/** The document as it would be with the suggest widget's entry taken, and what stands in front of the answer then. */
export interface Effective {
  readonly document: DocumentSnapshot;
  readonly lead: string;
  readonly replaceLeft: number;
}

/** Undefined where the entry cannot be continued: a snippet of several lines, or one that rewrites what was typed. */
export function withSelectedSuggestion({
  document,
  selectedSuggestion,
}: CompletionQuery): Effective | undefined {
  if (!selectedSuggestion) return { document, lead: "", replaceLeft: 0 };
  const { text, replaceLeft } = selectedSuggestion;
  const typed = document.prefix.slice(document.prefix.length - replaceLeft);
  if (text.includes("\n") || !text.toLowerCase().startsWith(typed.toLowerCase())) return undefined;
  const { line, character } = document.position;
  return {
    document: {
      ...document,
      prefix: document.prefix.slice(0, document.prefix.length - replaceLeft) + text,
      position: { line, character: character - replaceLeft + text.length },
    },
    lead: text,
    replaceLeft,
  };
}
