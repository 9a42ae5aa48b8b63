import type { FamilyView } from "./outlineIndex.ts";
import { isTypeLike } from "./ownFile.ts";
import type { Value } from "./typeResolver.ts";

/** Where no declaration tells the type, the name may: `mcpServer`, `mcp_server` and `kServer` are called after it. */
export function typesByConvention(name: string, view: FamilyView): Value | undefined {
  const words = wordsOf(name);
  for (let start = 0; start < words.length; start++) {
    const type = words.slice(start).map(capitalized).join("");
    if (type.length < 4) continue;
    const definitions = view.named(type).filter(isTypeLike);
    const paths = new Set(definitions.map((each) => each.path));
    const [scope] = paths;
    if (paths.size === 1 && scope !== undefined) return { kind: "instance", type, scope, isCertain: false };
  }
  return undefined;
}

function wordsOf(name: string): string[] {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z\d]+/)
    .filter((word) => word !== "");
  // A leading `k`, `m` or `get` is a habit, not part of the name.
  return /^(?:k|m|s|get|the|my|new|current)$/.test(words[0] ?? "") ? words.slice(1) : words;
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
