import type { Member, Members } from "./members.ts";

/** About 110 tokens: read again with the cursor's line at the first key after the dot only. */
const mostCharacters = 380;
const longestSignature = 110;
const mostSigned = 4;

/**
 * The members on one line: the likeliest with their signatures, of the others the names.
 * @param near code around the cursor, whose words tell which are likely.
 */
export function membersText(owner: string, { members }: Members, typed: string, near: string): string {
  const words = new Set(wordsOf(near));
  const begun = typed === "" ? [] : members.filter(({ name }) => name.startsWith(typed));
  const ranked = (begun.length > 0 ? begun : members)
    .map((member, order) => ({ member, order, score: scoreOf(member, words) }))
    .sort((a, b) => b.score - a.score || a.order - b.order);
  const signed: string[] = [];
  const named: string[] = [];
  let left = mostCharacters - owner.length;
  for (const { member } of ranked) {
    const text = signed.length < mostSigned ? cut(member.signature, member.name) : member.name;
    if (text.length + 2 > left) continue;
    left -= text.length + 2;
    (signed.length < mostSigned ? signed : named).push(text);
  }
  return `${owner}: ${[...signed, ...named].join("; ")}`;
}

export function signaturesText(signatures: readonly string[]): string {
  return signatures
    .map((each) => (each.length > mostCharacters ? `${each.slice(0, mostCharacters)}…` : each))
    .join("; ")
    .slice(0, mostCharacters * 1.5);
}

/** The text as a comment line in front of the cursor's line, in its indentation. */
export function asComment(text: string, lineLeft: string, languageId: string): string {
  const mark = languageId === "python" || languageId === "ruby" ? "#" : "//";
  return `${/^\s*/.exec(lineLeft)?.[0] ?? ""}${mark} ${text.replace(/\s+/g, " ")}\n`;
}

function scoreOf({ name }: Member, words: ReadonlySet<string>): number {
  const own = wordsOf(name);
  const shared = own.filter((word) => words.has(word)).length;
  return shared / Math.max(1, own.length) + (name.startsWith("_") ? -0.5 : 0);
}

function cut(signature: string, name: string): string {
  if (signature.length <= longestSignature) return signature;
  const open = signature.indexOf("(", signature.indexOf(name));
  return open < 0 ? `${signature.slice(0, longestSignature)}…` : `${signature.slice(0, longestSignature)}…)`;
}

/** Words of identifiers, in lower case: `toResponseObject` has `to`, `response`, `object`. */
function wordsOf(text: string): string[] {
  return text
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word.length > 1);
}
