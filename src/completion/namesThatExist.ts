import type { AnswerSituation } from "./answerSituation.ts";

/** Behind `new` in some language, and no class of its own. */
const constructibleWords = new Set(
  `class this self static parent int uint long ulong short ushort byte sbyte char bool boolean float double decimal string
   object nint nuint`.split(/\s+/),
);

/**
 * Whether the text goes on with a member that the receiver does not have, or with a class that is not in scope. Only asked where everything that may follow
 * is known; elsewhere any name may be right.
 */
export function namesMissing(
  text: string,
  { offered: members, constructible }: Pick<AnswerSituation, "offered" | "constructible">,
): boolean {
  const offered = members ?? constructible;
  if (!offered?.members.isComplete) return false;
  const written = nameAt(text);
  if (written === "") return false;
  const name = offered.typed + written;
  if (constructible && constructibleWords.has(name)) return false;
  const { members: listed, unlisted } = offered.members;
  return !listed.some((member) => member.name === name) && !unlisted?.has(name);
}

const nameAt = (text: string): string => /^[\p{L}\p{N}_$]+/u.exec(text)?.[0] ?? "";
