import type { EditorSituation } from "../completion/completionApi.ts";

export type ChangeKind = NonNullable<EditorSituation["lastChange"]>["kind"];

/** One replaced range of a document change; the text with `\n` line ends. */
export interface ReplacedText {
  readonly text: string;
  /** Characters that were there before. */
  readonly replacedLength: number;
}

/** No language has a longer name that an editor would insert for a few typed characters. */
const longestWord = 60;

/**
 * What kind of change this was, told by its shape: editors announce undo and redo, but neither paste nor accept.
 * Enter with its indentation, automatically closed brackets and picks from the suggest widget count as typing.
 */
export function changeKindOf(
  reason: "undo" | "redo" | undefined,
  changes: readonly ReplacedText[],
): ChangeKind {
  if (reason) return reason;
  if (changes.every(({ text, replacedLength }) => text === "" && replacedLength > 0)) return "delete";
  return changes.some(isPasted) ? "paste" : "typing";
}

function isPasted({ text, replacedLength }: ReplacedText): boolean {
  if (text.trim() === "" || [...text].length <= 2) return false;
  if (text.includes("\n")) return replacedLength === 0 || text.trim().includes("\n");
  if (replacedLength > 0) return false;
  return !(text.length <= longestWord && /^[\p{L}\p{M}\p{N}_$#@.-]+$/u.test(text));
}
