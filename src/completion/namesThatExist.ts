import type { TokenProbability } from "../model/modelClient.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import { productBetween } from "./confidenceGate.ts";

/**
 * Whether the text goes on with a member that the receiver does not have. Only asked where everything that may follow
 * is known; elsewhere any name may be right.
 */
export function namesMissing(text: string, { offered }: Pick<AnswerSituation, "offered">): boolean {
  if (!offered?.members.isComplete) return false;
  const written = nameAt(text);
  if (written === "") return false;
  const name = offered.typed + written;
  const { members, unlisted } = offered.members;
  return !members.some((member) => member.name === name) && !unlisted?.has(name);
}

const leastName = 3;
/** More often right than wrong. */
const likelyName = 0.5;

/**
 * The member with which the text begins, where that is likely although what the text makes of it is not: the name
 * alone is still worth showing.
 * @param rawOffset where the text begins in the raw text that `tokens` spell.
 */
export function likelyMember(
  text: string,
  tokens: readonly TokenProbability[],
  rawOffset: number,
  { offered }: Pick<AnswerSituation, "offered">,
): string | undefined {
  const written = nameAt(text);
  if (!offered || written.length < leastName || tokens.length === 0) return undefined;
  if (!offered.members.members.some(({ name }) => name === offered.typed + written)) return undefined;
  const likelihood = productBetween(tokens, rawOffset, rawOffset + written.length);
  return likelihood >= likelyName ? written : undefined;
}

const nameAt = (text: string): string => /^[\p{L}\p{N}_$]+/u.exec(text)?.[0] ?? "";
