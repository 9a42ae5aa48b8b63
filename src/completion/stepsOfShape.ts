import { type AnswerSituation, indentWidth } from "./answerSituation.ts";
import { hasIndentedBlocks, opensBlock } from "./multilinePolicy.ts";
import type { Dropped } from "./postprocess.ts";

export function normalizeLineEnds(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}

/** Half a surrogate pair or the mark of cut UTF-8 ends the usable text. */
export function dropBrokenCharacters(text: string): string {
  const broken = text.search(/\uFFFD|\p{Surrogate}|\0/u);
  return broken < 0 ? text : text.slice(0, broken);
}

/** On a blank line: no further blank lines, no second indentation. After a blank: no second blank. */
export function fitLeadingSpace(
  text: string,
  { lineLeft, lineAbove, languageId, indentation }: AnswerSituation,
): string | Dropped {
  if (lineLeft.trim() !== "") {
    return /\s$/.test(lineLeft) ? text.replace(/^[ \t]+/, "") : text;
  }
  const [, blank = "", space = ""] = /^(\s*\n)?([ \t]*)/.exec(text) ?? [];
  const rest = text.slice(blank.length + space.length);
  if (rest === "") return "";
  const have = indentWidth(lineLeft, indentation.tabSize);
  // Text that begins on a line of its own carries the whole indentation, text at the cursor only what is missing.
  if (blank !== "") {
    const missing = indentWidth(space, indentation.tabSize) - have;
    // What the model writes behind the block would be in it here.
    if (missing < 0 && hasIndentedBlocks(languageId) && !/^[)\]}]/.test(rest))
      return { dropped: "empty-answer" };
    return missing > 0 ? space.slice(-missing) + rest : rest;
  }
  const isOutside = opensBlock(lineAbove, languageId) && have <= indentWidth(lineAbove, indentation.tabSize);
  return have > 0 && (!isOutside || indentWidth(space, indentation.tabSize) >= have) ? rest : space + rest;
}

/** Rewrites the indentation of all lines but the first in the document's own style. */
export function fitIndentationStyle(text: string, { indentation }: AnswerSituation): string {
  const { insertSpaces, tabSize } = indentation;
  return text.replace(/\n([ \t]+)(?=\S)/g, (_, space: string) => {
    if (insertSpaces) return `\n${space.includes("\t") ? " ".repeat(indentWidth(space, tabSize)) : space}`;
    if (!space.includes(" ")) return `\n${space}`;
    const width = indentWidth(space, tabSize);
    return `\n${"\t".repeat(Math.floor(width / tabSize))}${" ".repeat(width % tabSize)}`;
  });
}

export function dropTrailingSpace(text: string): string {
  return text.replace(/[ \t]+(?=\n)/g, "").trimEnd();
}

export function dropEmpty(text: string): string | Dropped {
  return text.trim() === "" ? { dropped: "empty-answer" } : text;
}
