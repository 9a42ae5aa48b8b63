import type { Offered } from "../context/cursorHints.ts";
import type { CursorSyntax } from "../syntax/syntaxService.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import { multilinePolicy } from "./multilinePolicy.ts";

/** What is around the cursor, as far as the treatment of an answer depends on it. */
export interface AnswerSituation {
  readonly languageId: string;
  /** Up to some thousand characters left of the cursor. */
  readonly before: string;
  readonly after: string;
  /** Text left of the cursor on its line. */
  readonly lineLeft: string;
  /** Text right of the cursor on its line. */
  readonly lineRight: string;
  /** The last line above the cursor that is not blank, and the first one below. */
  readonly lineAbove: string;
  readonly lineBelow: string;
  readonly mode: "line" | "block";
  readonly maxLines: number;
  /** Longest text in lines where a single line turns out to be the head of something that must go on. */
  readonly mostLines: number;
  /** Whether a comment may be suggested where none stands: not automatically where they are to be left alone. */
  readonly mayBeginComment?: boolean;
  /** The statement at the cursor counts as whole: what comes stands on lines of its own below it. */
  readonly goesOnBelow?: boolean;
  /** The parser's view of the cursor, absent where there is no grammar or the parse came too late. */
  readonly syntax?: CursorSyntax;
  /** The members that may follow, where the receiver is known. */
  readonly offered?: Offered;
  /** What may stand behind the `new` left of the cursor. */
  readonly constructible?: Offered;
  readonly indentation: { readonly insertSpaces: boolean; readonly tabSize: number };
}

const reach = 4_000;

export function answerSituation(
  document: Pick<DocumentSnapshot, "languageId" | "prefix" | "suffix" | "indentation">,
  settings: Pick<CompletionSettings, "maxLines"> & Partial<Pick<CompletionSettings, "inComments">>,
  trigger: "automatic" | "explicit",
  syntax?: CursorSyntax,
): AnswerSituation {
  const before = document.prefix.slice(-reach);
  const after = document.suffix.slice(0, reach);
  const lineStart = before.lastIndexOf("\n") + 1;
  const lineEnd = after.indexOf("\n");
  const surroundings = {
    languageId: document.languageId,
    before,
    after,
    lineLeft: before.slice(lineStart),
    lineRight: lineEnd < 0 ? after : after.slice(0, lineEnd),
    lineAbove: lastLine(before.slice(0, lineStart)),
    lineBelow: lineEnd < 0 ? "" : firstLine(after.slice(lineEnd)),
    indentation: document.indentation,
  };
  const mode = multilinePolicy(surroundings, settings.maxLines, trigger, syntax?.context);
  return {
    ...surroundings,
    mode,
    maxLines: mode === "line" ? 1 : settings.maxLines,
    mostLines: settings.maxLines,
    mayBeginComment: settings.inComments !== false || trigger === "explicit",
    ...(syntax && { syntax }),
  };
}

/** The same place, asked for what comes after the statement that the cursor stands in, `lines` lines at most. */
export function goingOnBelow(situation: AnswerSituation, lines: number): AnswerSituation {
  return { ...situation, mode: "block", goesOnBelow: true, maxLines: lines };
}

/** Columns of the white space in front of `line`. */
export function indentWidth(line: string, tabSize: number): number {
  let width = 0;
  for (const character of line) {
    if (character === " ") width++;
    else if (character === "\t") width += tabSize - (width % tabSize);
    else break;
  }
  return width;
}

function lastLine(text: string): string {
  const trimmed = text.trimEnd();
  return trimmed.slice(trimmed.lastIndexOf("\n") + 1);
}

function firstLine(text: string): string {
  const start = text.search(/[^\s]/);
  if (start < 0) return "";
  const lineStart = text.lastIndexOf("\n", start) + 1;
  const end = text.indexOf("\n", start);
  return text.slice(lineStart, end < 0 ? text.length : end).trimEnd();
}
