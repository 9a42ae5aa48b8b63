import type { AnswerSituation } from "./answerSituation.ts";

/** Behind `new` in some language, and no class of its own; C# has `new` in front of declarations too. */
const constructibleWords = new Set(
  `class function this self static parent int uint long ulong short ushort byte sbyte char bool boolean float double decimal
   string object dynamic nint nuint void public protected internal private virtual override abstract sealed readonly const
   event delegate async unsafe extern partial struct interface enum record required`.split(/\s+/),
);
/** A variable that holds a class, as PHP has them, or a qualified name, whose package servers list late or never. */
const notInScope = /^(?:\$|\p{Ll}[\p{L}\p{N}_$]*\.)/u;

/**
 * Whether the text goes on with a member that the receiver does not have, or with a class that is not in scope. Only asked
 * where everything that may follow is known; elsewhere any name may be right.
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
  if (!members && (constructibleWords.has(name) || notInScope.test(offered.typed + text))) return false;
  const { members: listed, unlisted } = offered.members;
  return !listed.some((member) => member.name === name) && !unlisted?.has(name);
}

const nameAt = (text: string): string => /^[\p{L}\p{N}_$]+/u.exec(text)?.[0] ?? "";
