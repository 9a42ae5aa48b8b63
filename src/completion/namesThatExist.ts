import type { AnswerSituation } from "./answerSituation.ts";

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

const nameAt = (text: string): string => /^[\p{L}\p{N}_$]+/u.exec(text)?.[0] ?? "";
