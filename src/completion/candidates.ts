import type { TokenProbability } from "../model/modelClient.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import { type Features, featureReader } from "./features.ts";

/** A beginning of an answer that could be shown. */
export interface Candidate {
  readonly text: string;
  /** Whole lines, or the first line up to the end of a name or of something in brackets. */
  readonly extent: "lines" | "part";
  readonly features: Features;
}

/** Shorter parts save hardly a key. */
const leastPart = 8;
/** The name behind a dot is worth more than its length: the user might have to look it up. */
const leastName = 3;

/**
 * The beginnings of an answer at which it may be cut: line by line, and inside the first line behind names, numbers,
 * closing brackets and quotes.
 * @param text the processed answer; @param rawOffset where it begins in the raw text that `tokens` spell.
 */
export function candidatesOf(
  text: string,
  tokens: readonly TokenProbability[],
  rawOffset: number,
  situation: AnswerSituation,
): Candidate[] {
  const ends: { end: number; extent: Candidate["extent"] }[] = [];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) {
    if (text.slice(0, end).trim() !== "") ends.push({ end, extent: "lines" });
  }
  ends.push({ end: text.length, extent: "lines" });
  const line = text.split("\n", 1)[0] ?? "";
  const same = agreeing(line, tokens, rawOffset);
  const least = situation.offered ? leastName : leastPart;
  for (let end = least; end < line.length && end <= same; end++) {
    if (isBoundary(line, end)) ends.push({ end, extent: "part" });
  }
  const read = featureReader(situation);
  return ends.map(({ end, extent }) => {
    const kept = text.slice(0, end).trimEnd();
    const spelled = { tokens, from: rawOffset, to: rawOffset + end };
    return { text: kept, extent, features: read({ text: kept, extent, spelled }) };
  });
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
