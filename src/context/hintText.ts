import type { Member, Members } from "./members.ts";

/** About 110 tokens: read again with the cursor's line at the first key after the dot only. */
const mostCharacters = 380;
const longestCall = 90;
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
    const text = signed.length < mostSigned ? callForm(member) : member.name;
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

/**
 * The member as a caller writes it, with the names of its parameters. Types are left out: a small model copies what
 * stands just above, and `to: Address` is no argument.
 */
function callForm({ name, signature }: Member): string {
  const after = signature.indexOf(name) + name.length;
  const open = signature.indexOf("(", after);
  if (open < 0 || /[:=]/.test(signature.slice(after, open))) return name;
  const names = parametersOf(signature.slice(open + 1)).map(parameterName);
  return `${name}(${names.filter((each) => each !== "").join(", ")})`.slice(0, longestCall);
}

/** Splits at the commas between the parentheses that are open at the start of `text`. */
function parametersOf(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === ")" && depth === 0) return [...found, text.slice(from, at)];
    if ("([{<".includes(character)) depth++;
    else if (")]}".includes(character) || (character === ">" && !/[-=]/.test(text[at - 1] ?? ""))) depth--;
    else if (character === "," && depth === 0) {
      found.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...found, text.slice(from)];
}

/** `a?: T`, `a: T = b`, `a T`, `T a`, `@X final T a`: where no colon tells, a name in lower case in front is Go's. */
function parameterName(parameter: string): string {
  const text = parameter.replace(/=.*$/s, "").trim();
  const named = /^[&*.]*(?:mut\s+)?([\w$]+)\??\s*:/.exec(text)?.[1];
  if (named !== undefined) return named === "self" ? "" : named;
  const words = text.match(/[\w$]+/g) ?? [];
  if (/^(?:self|cls)$/.test(words[0] ?? "")) return "";
  const isNameFirst = /^[a-z_]\w*\s+[*[\]\w.]/.test(text) && !typeWords.test(text);
  return (isNameFirst ? words[0] : words.at(-1)) ?? "";
}

const typeWords =
  /^(?:final|const|unsigned|signed|int|long|char|bool|float|double|byte|short|boolean|string|void|size_t|auto|var|ref|out|in|params)\b/;

/** Words of identifiers, in lower case: `toResponseObject` has `to`, `response`, `object`. */
function wordsOf(text: string): string[] {
  return text
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word.length > 1);
}
