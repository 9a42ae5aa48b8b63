import type { TokenProbability } from "../model/modelClient.ts";
import { acceptanceAtBest } from "./acceptance.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import { type Candidate, likelyLength } from "./candidates.ts";
import { featureReader } from "./features.ts";
import { blockOpener } from "./multilinePolicy.ts";
import type { Taste } from "./taste.ts";

/**
 * The least probability of being taken with which something is shown at once; `quietness` 0 to 1, its default 0.5 gives
 * 0.55: more likely right than wrong, and on code that is new to the model a nuisance in one of ten places. What is less
 * likely waits for a rest.
 */
export function thresholdOf(quietness: number): number {
  return Math.min(1, 1.1 * quietness);
}

/** The least likelihood of a line behind one that is shown: where that is right, this one need not be as sure. */
export function furtherLineThreshold(quietness: number): number {
  return 0.6 * thresholdOf(quietness);
}

/** A whole line leaves the user with nothing to add. */
const wholeLine = 8;

/** Characters that a candidate is expected to save. */
export function worthOf({ text, extent, confidence }: Candidate & { readonly confidence: number }): number {
  return confidence * (text.trim().length + (extent === "line" ? wholeLine : 0));
}

/** What a line comes to at most, as a rule, in characters. Waiting for longer ones costs tokens and brings nothing more. */
const usualLine = 36;

/** Whether a line of `raw` behind its first one is too unlikely to be shown, so that nothing from there on is of use. */
export function hasUnlikelyLine(
  raw: string,
  tokens: readonly TokenProbability[],
  quietness: number,
): boolean {
  return tokens.length > 0 && likelyLength(raw, tokens, 0, furtherLineThreshold(quietness)) < raw.length;
}

/**
 * Whether the line that `raw` begins may come to be shown, or is too unlikely already however it goes on. What opens a
 * block behind a head that is typed already comes with all of it, or not at all.
 */
export function mayBeShown(
  raw: string,
  tokens: readonly TokenProbability[],
  situation: AnswerSituation,
  quietness: number,
  taste: Pick<Taste, "corrected">,
): boolean {
  const from = raw.search(/\S/);
  if (from < 0 || tokens.length === 0) return true;
  const lineEnd = raw.indexOf("\n", from);
  const to = lineEnd < 0 ? raw.length : lineEnd;
  const text = raw.slice(from, to);
  if (text.replace(blockOpener, "") === "" && hasUnlikelyLine(raw, tokens, quietness)) return false;
  const features = featureReader(situation)({ text, extent: "line", spelled: { tokens, from, to } });
  const { logLength } = features;
  const mostLength = lineEnd < 0 ? Math.max(logLength, Math.log(usualLine)) : logLength;
  const best = acceptanceAtBest(features, { logLength: [logLength, mostLength] });
  return taste.corrected(best) >= thresholdOf(quietness);
}
