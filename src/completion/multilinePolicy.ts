import type { CursorContext } from "../syntax/syntaxService.ts";

interface Surroundings {
  readonly languageId: string;
  readonly lineLeft: string;
  readonly lineRight: string;
  readonly lineAbove: string;
}

const comment =
  /^\s*(?:\/\/|\/\*|\*\/|\*(?:\s|$)|#(?!include|define|if|endif|else|pragma)|--\s|<!--|"""|''')|\*\/\s*$/;
const opensBracketBlock = /[{([]\s*$|=>\s*$|\b(?:then|do|begin|else)\s*$|\bdo\s*\|[^|]*\|\s*$/;
const opensIndentedBlock = /:\s*(?:#.*)?$/;
const colonLanguages = new Set(["python", "yaml", "nim", "gdscript", "coffeescript", "pug"]);
const endLanguages = new Set(["ruby", "lua", "elixir", "julia"]);
const opensEndBlock =
  /^\s*(?:def|class|module|if|unless|while|until|for|case|begin|function|local function)\b(?!.*\bend\s*$)/;

/**
 * Whether a whole block is wanted or the rest of a line. A block costs seconds on a small machine and is right less
 * often, so it takes a sign that one is due: a line that opens a block, a comment that says what comes, or the
 * user's own wish.
 */
export function multilinePolicy(
  { languageId, lineLeft, lineRight, lineAbove }: Surroundings,
  maxLines: number,
  trigger: "automatic" | "explicit",
  cursor?: CursorContext,
): "line" | "block" {
  if (maxLines <= 1 || lineRight.trim() !== "") return "line";
  if (cursor) {
    if (cursor.place !== "code" || cursor.inCallArguments) return "line";
    if (cursor.atEmptyBlock) return "block";
  }
  if (opensBlock(lineLeft, languageId)) return "block";
  if (lineLeft.trim() !== "") return "line";
  if (trigger === "explicit" || opensBlock(lineAbove, languageId) || comment.test(lineAbove)) return "block";
  return "line";
}

/** Whether it is the indentation that says which block a line belongs to. */
export const hasIndentedBlocks = (languageId: string): boolean => colonLanguages.has(languageId);

export function opensBlock(line: string, languageId: string): boolean {
  if (line.trim() === "" || comment.test(line)) return false;
  if (opensBracketBlock.test(line)) return true;
  if (hasIndentedBlocks(languageId) && opensIndentedBlock.test(line)) return true;
  return endLanguages.has(languageId) && opensEndBlock.test(line);
}

const jump = /^\s*(?:return|throw|raise|break|continue)\b/;
/** Their statements end with the line, unless something is open or an operator stands there. */
const lineStatements = new Set(["python", "go"]);
const endsOperand = /[\w)\]}"'`]\s*$/;
const goesOn = /(?:\b(?:if|else|not|and|or|in|is|lambda)|""")\s*$/;

/** Whether `line` leaves its block, so that nothing follows in it. Where semicolons end statements, one has to be there. */
export function leavesBlock(line: string, languageId: string): boolean {
  if (!jump.test(line)) return false;
  return lineStatements.has(languageId) ? endsOperand.test(line) && !goesOn.test(line) : /;\s*$/.test(line);
}

/** At the end of a head, what its block begins with. */
export const blockOpener = /\s*(?:[{:]|=>|\b(?:do|then))\s*$/;
