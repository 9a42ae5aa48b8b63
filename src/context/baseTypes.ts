import { typeName } from "./typeExpression.ts";

/** Bases that hold no members that a program would look for. */
const empty =
  /^(?:object|Object|ABC|Protocol|Generic|Serializable|Cloneable|Closeable|AutoCloseable|Comparable)$/;

/** Names of the types whose members a type inherits, as its signature says. */
export function baseTypes(signature: string, languageId: string): readonly string[] {
  const text = signature.replace(/\s+/g, " ");
  return listsOf(text, languageId)
    .flatMap((list) => parts(list))
    .filter((part) => !/^\w+\s*=/.test(part))
    .map((part) => part.replace(/^(?:public|private|protected|virtual)\s+/, ""))
    .flatMap((part) => typeName(part) ?? [])
    .filter((name) => !empty.test(name));
}

function listsOf(text: string, languageId: string): readonly string[] {
  const found = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? "");
  switch (languageId) {
    case "python":
      return found(/^(?:@.*\s)?class \w+(?:\[[^\]]*\])?\s*\((.*)\)\s*:?$/g);
    case "c":
    case "cpp":
    case "cuda-cpp":
    case "csharp":
    case "rust":
      return found(/^[^:]*[^:]:([^:].*?)(?:\bwhere\b.*)?$/g).map((list) => list.replaceAll("+", ","));
    case "ruby":
      return found(/<\s*([\w:]+)/g);
    case "go":
      return [];
    default:
      return [
        ...found(/\bextends (.+?)(?= implements\b| permits\b|$)/g),
        ...found(/\bimplements (.+?)(?= permits\b|$)/g),
      ];
  }
}

/** Splits at commas outside of brackets. */
function parts(list: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= list.length; at++) {
    const character = list[at];
    if (character !== undefined && "<([{".includes(character)) depth++;
    else if (character !== undefined && ">)]}".includes(character)) depth--;
    else if (character === undefined || (character === "," && depth === 0)) {
      found.push(list.slice(from, at).trim());
      from = at + 1;
    }
  }
  return found.filter((part) => part !== "");
}
