import type { TokenProbability } from "../model/modelClient.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import { type Features, featureReader, logProbabilities } from "./features.ts";
import { blockOpener, opensBlock } from "./multilinePolicy.ts";

/** A beginning of an answer that could be shown. */
export interface Candidate {
  readonly text: string;
  /** The first line, or that up to the end of a name or of something in brackets. */
  readonly extent: "line" | "part";
  readonly features: Features;
}

/** Shorter parts save hardly a key. */
export const leastPart = 8;
/** Behind these more is coming. */
export const leastBeginning = 4;
/** The name behind a dot is worth more than its length: the user might have to look it up. */
const leastName = 3;

/**
 * The beginnings of an answer at which it may be cut: its first line, and inside of that behind names, numbers, closing
 * brackets and quotes. What follows the first line is a matter of {@link likelyLength}.
 * @param text the processed answer; @param rawOffset where it begins in the raw text that `tokens` spell;
 * @param leastLength of a part, in characters; where it is given, lines below the cursor's have parts too.
 */
export function candidatesOf(
  text: string,
  tokens: readonly TokenProbability[],
  rawOffset: number,
  situation: AnswerSituation,
  leastLength?: number,
): Candidate[] {
  const ends: { end: number; extent: Candidate["extent"] }[] = [{ end: lineEnd(text, 0), extent: "line" }];
  const start = leastLength === undefined ? 0 : text.length - text.trimStart().length;
  const line = leastLength === undefined ? (text.split("\n", 1)[0] ?? "") : text.slice(0, lineEnd(text, 0));
  const same = agreeing(line, tokens, rawOffset);
  const least = situation.offered ? leastName : (leastLength ?? leastPart);
  for (let end = start + least; end < line.length && end <= same; end++) {
    if (isBoundary(line, end)) ends.push({ end, extent: "part" });
  }
  const read = featureReader(situation);
  return ends.map(({ end, extent }) => {
    const kept = text.slice(0, end).trimEnd();
    const spelled = { tokens, from: rawOffset, to: rawOffset + end };
    return { text: kept, extent, features: read({ text: kept, extent, spelled }) };
  });
}

/**
 * Length of `text` up to the first line, behind the first one, that is less likely than `threshold`: the product of the
 * probabilities of its first sixteen tokens, which tells right lines from wrong ones better than their mean or minimum
 * (measured with Qwen2.5-Coder 0.5B and 1.5B). Further tokens make no line likelier.
 */
export function likelyLength(
  text: string,
  tokens: readonly TokenProbability[],
  rawOffset: number,
  threshold: number,
): number {
  let end = lineEnd(text, 0);
  while (end < text.length) {
    const next = lineEnd(text, end);
    const spelled = { tokens, from: rawOffset + end + 1, to: rawOffset + next };
    const sum = logProbabilities(spelled)
      .slice(0, tokensThatCount)
      .reduce((a, b) => a + b, 0);
    if (Math.exp(sum) < threshold) break;
    end = next;
  }
  return end;
}

const tokensThatCount = 16;

/** How many lines with something on them `text` has. */
export function contentLines(text: string): number {
  return text.split("\n").filter((line) => line.trim() !== "").length;
}

/** `text` up to the end of so many lines with something on them, at least one. */
export function firstLines(text: string, count: number): string {
  let end = lineEnd(text, 0);
  for (let line = 1; line < count && end < text.length; line++) end = lineEnd(text, end);
  return text.slice(0, end).trimEnd();
}

/** Without the heads at its end, whose blocks would be empty; of a first line only what opens the block goes. */
export function withoutOpenHead(text: string, languageId: string): string {
  const lineStart = text.lastIndexOf("\n") + 1;
  if (!opensBlock(text.slice(lineStart), languageId)) return text;
  const above = text.slice(0, lineStart).trimEnd();
  return above === "" ? text.replace(blockOpener, "") : withoutOpenHead(above, languageId);
}

/** Where the first line with something on it ends, at or behind `from`. */
function lineEnd(text: string, from: number): number {
  const start = text.slice(from).search(/\S/);
  const end = start < 0 ? -1 : text.indexOf("\n", from + start);
  return end < 0 ? text.length : end;
}

/** How far the processed line is what the model wrote; behind that its tokens say nothing. */
function agreeing(line: string, tokens: readonly TokenProbability[], rawOffset: number): number {
  const raw = tokens.map((token) => token.text).join("");
  let length = 0;
  while (length < line.length && line[length] === raw[rawOffset + length]) length++;
  return length;
}

const isWord = (character: string): boolean => /[\p{L}\p{N}_$]/u.test(character);

function isBoundary(line: string, at: number): boolean {
  const [before = "", after = ""] = [line[at - 1], line[at]];
  return /[)\]}"'`]/.test(before) || (isWord(before) && !isWord(after));
}
