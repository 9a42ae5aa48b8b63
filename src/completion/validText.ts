import { openClosers } from "../syntax/brackets.ts";
import { type AnswerSituation, indentWidth } from "./answerSituation.ts";
import { scanBrackets } from "./brackets.ts";
import { hasIndentedBlocks, opensBlock } from "./multilinePolicy.ts";
import type { Dropped } from "./postprocess.ts";

/**
 * The text as it may be accepted: nothing that the parser objects to and that it did not object to before.
 * @param goesOn the answer has a further line, so that nothing ends its statement here.
 */
export function keepValid(text: string, situation: AnswerSituation, goesOn = false): string | Dropped {
  const { syntax } = situation;
  if (!syntax) return text;
  const { addsErrors, leavesOpen, validLength, closers } = syntax.check(text);
  if (!addsErrors || leavesOpen) return text;
  if (validLength > 0) return withoutLastHead(text.slice(0, validLength).trimEnd(), situation);
  const mended = mend(text, closers, situation, goesOn);
  if (mended === undefined || linesOf(mended) <= situation.mostLines) return mended ?? broken;
  // What closes it takes lines too.
  for (let end = text.lastIndexOf("\n"); end > 0; end = text.lastIndexOf("\n", end - 1)) {
    const part = text.slice(0, end).trimEnd();
    if (linesOf(part) < 2) break;
    if (opensBlock(part.slice(part.lastIndexOf("\n") + 1), situation.languageId)) continue;
    const shorter = mend(part, syntax.check(part).closers, situation, false);
    if (shorter !== undefined && linesOf(shorter) <= situation.mostLines) return shorter;
  }
  return broken;
}

/** Python's grammar takes a head without a body, Python does not. */
function withoutLastHead(text: string, { languageId }: AnswerSituation): string {
  const lineStart = text.lastIndexOf("\n") + 1;
  const isHead = hasIndentedBlocks(languageId) && opensBlock(text.slice(lineStart), languageId);
  return isHead && text.slice(0, lineStart).trim() !== "" ? text.slice(0, lineStart).trimEnd() : text;
}

const broken: Dropped = { dropped: "breaks-syntax" };

/** `text` with an ending that the parser takes, or undefined. */
function mend(
  text: string,
  closers: string | undefined,
  situation: AnswerSituation,
  goesOn: boolean,
): string | undefined {
  let open: string | undefined;
  for (const ended of endings(text, closers, situation, goesOn)) {
    const check = situation.syntax?.check(ended);
    if (!check?.addsErrors) return ended;
    // A head alone says too little to leave more open than it closes.
    if (check.leavesOpen && linesOf(text) > 1) open ??= ended;
  }
  return open;
}

const linesOf = (text: string): number => text.split("\n").filter((line) => line.trim() !== "").length;

/** Whether something is open at the end of `text` that only further lines can close; grammars let a head without a body pass. */
export function isOpen(text: string, { syntax, languageId }: AnswerSituation): boolean {
  if (opensBlock(text.slice(text.lastIndexOf("\n") + 1), languageId)) return true;
  return syntax ? syntax.check(text).addsErrors : scanBrackets(text, languageId).open.length > 0;
}

/** Whether the parser misses something after `text` that further lines may bring, such as a block after its head. */
export function isUnfinished(text: string, { syntax, lineLeft, languageId }: AnswerSituation): boolean {
  if (!syntax || text.trim() === "") return false;
  const check = syntax.check(text);
  if (!check.addsErrors) return false;
  if (check.closers || scanBrackets(text, languageId).open.length > 0) return true;
  // Where a semicolon is due and the model ends the line without one, it goes on below.
  const isDue = semicolonLanguages.has(languageId) && endsOperand.test(text);
  if (isDue && !syntax.check(`${text};`).addsErrors) return true;
  const line = `${text.includes("\n") ? "" : lineLeft}${text}`.split("\n").at(-1) ?? "";
  if (languageId === "ruby" && rubyHead.test(line)) return true;
  if (/^javascript$|react$/.test(languageId) && openTag.test(line)) return true;
  return goesOn.test(line) || headAlone.test(line) || wantsBody(line);
}

/** An operator or comma at the end of a line wants a right side. */
const goesOn = /(?:[,=+*/%&|^?:<.(-]|=>|->|\b(?:and|or|not|in|is))\s*$/;
const rubyHead = /^\s*(?:def|class|module|if|unless|while|until|for|case|begin)\b|\bdo(?:\s*\|[^|]*\|)?\s*$/;
const openTag = /<[\w.]*(?:\s[^<]*)?>\s*$/;
/** A function's or statement's head whose brace stands on the next line. */
const headAlone =
  /^\s*(?:[\w<>[\]?:,*&~\s]+\([^;=]*\)[\w\s<>:,&.-]*|(?:class|struct|enum|interface|namespace|else|try|do)\b[^;]*)\s*$/;
/** A head that no statement is: its body is due, on the next line where there is no brace. */
const controlHead =
  /^\s*(?:\}?\s*else\s+)?(?:\}\s*catch|if|for|foreach|while|switch|using|catch|lock|fixed)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)?\s*$/;
const typeHead =
  /^\s*(?:\w+\s+)*(?:(?:class|struct|enum|interface|namespace|record|trait|union)\s+[\w.]+(?:\s*[<(:][^;={}]*|\s+(?:extends|implements|permits|where|final)\b[^;={}]*)?|(?:impl\b|where\s)[^;{}]*)\s*$/;

const wantsBody = (line: string): boolean => controlHead.test(line) || typeHead.test(line);

/** Whether `text`, on its line, is the head of a statement or type whose body is due: nothing is wrong with it but that. */
export function isHeadOfBody(text: string, { lineLeft }: Pick<AnswerSituation, "lineLeft">): boolean {
  return wantsBody(`${text.includes("\n") ? "" : lineLeft}${text}`.split("\n").at(-1) ?? "");
}

/** Texts that close what `text` leaves open, the likeliest first. */
function endings(
  text: string,
  closers: string | undefined,
  situation: AnswerSituation,
  goesOn: boolean,
): string[] {
  const { languageId, lineLeft, lineRight, mostLines } = situation;
  const open =
    closers ??
    [...scanBrackets(text, languageId).open]
      .map(({ closer }) => closer)
      .reverse()
      .join("");
  const closed = open === "" ? text : withClosers(text, open, situation);
  const found = open === "" ? [] : [closed];
  if (lineRight.trim() !== "") return found;
  // What was opened left of the cursor may be left open there, but not a string.
  const onLine = text.includes("\n") ? "" : openClosers(lineLeft + text);
  if (/^["'`]/.test(onLine)) found.push(text + onLine[0], text + onLine);
  const line = `${closed.includes("\n") ? "" : lineLeft}${closed}`.split("\n").at(-1) ?? "";
  if (!goesOn && semicolonLanguages.has(languageId) && endsOperand.test(closed) && !wantsBody(line))
    found.push(`${closed};`);
  if (languageId === "ruby" && mostLines > 1)
    found.push(`${text}\n${indentOf(text, text.length, situation)}end`);
  return found;
}

/** What a statement may end with; behind a comma or an operator there is none. */
const endsOperand = /(?:[\p{L}\p{N}_$)\]"'`>?!]|\+\+|--)\s*$/u;
const semicolonLanguages = new Set(["c", "cpp", "cuda-cpp", "csharp", "java", "php", "rust"]);

/** A brace or bracket that was opened at a line's end is closed on a line of its own, where there may be one. */
function withClosers(text: string, closers: string, situation: AnswerSituation): string {
  const open = [...scanBrackets(text, situation.languageId).open].reverse();
  if (open.map(({ closer }) => closer).join("") !== closers) return text + closers;
  let closed = text.trimEnd();
  for (const { closer, offset } of open) {
    const lineEnd = text.indexOf("\n", offset);
    const behind = text.slice(offset + 1, lineEnd < 0 ? undefined : lineEnd);
    const atLineEnd = /^\s*(?:(?:\/\/|#).*)?$/.test(behind);
    const own =
      atLineEnd &&
      situation.mostLines > 1 &&
      situation.lineRight.trim() === "" &&
      (closer === "}" || lineEnd >= 0);
    closed += own ? `\n${indentOf(text, offset, situation)}${closer}` : closer;
  }
  return closed;
}

/** The white space in front of the line of `text` that holds `offset`. */
function indentOf(text: string, offset: number, { lineLeft, indentation }: AnswerSituation): string {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const line = lineStart === 0 ? lineLeft + text : text.slice(lineStart);
  const space = /^[ \t]*/.exec(line)?.[0] ?? "";
  return indentWidth(space, indentation.tabSize) === 0 ? "" : space;
}
