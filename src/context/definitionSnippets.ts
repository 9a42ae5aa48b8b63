import type { ContextProvider, ContextQuery, ScoredSnippet } from "./contextProvider.ts";
import { familyOf } from "./languageFamily.ts";
import type { IndexedDefinition, OutlineIndex } from "./outlineIndex.ts";
import { isTypeLike, type OwnFiles } from "./ownFile.ts";
import { TypeResolver } from "./typeResolver.ts";

/** Lines above the cursor whose names are looked up. */
const nearLines = 14;
const mostNames = 24;
const mostSnippets = 4;
const mostMembers = 8;
const longestSnippet = 420;
const scores = { certain: 0.5, uncertain: 0.2, perUse: 0.05, nearness: 0.2 };

/**
 * What the names that the code near the cursor uses are elsewhere in the workspace: signatures of functions, heads and
 * members of types. A small snippet that is right beats a long one.
 */
export class DefinitionSnippets implements ContextProvider {
  readonly name = "definitions";
  readonly #index: OutlineIndex;
  readonly #own: OwnFiles;

  constructor(index: OutlineIndex, own: OwnFiles) {
    this.#index = index;
    this.#own = own;
  }

  async snippets(query: ContextQuery): Promise<readonly ScoredSnippet[]> {
    const family = familyOf(query.languageId);
    const own = family && (await this.#own.of(query));
    if (!family || !own) return [];
    const resolver = new TypeResolver(query, own, this.#index.view(family, query.path));
    const found: ScoredSnippet[] = [];
    const seen = new Set<string>();
    for (const { name, score } of namesNear(query)) {
      const definitions = resolver.definitions(name);
      const [first] = definitions?.definitions ?? [];
      if (!definitions || !first || first.path === query.path) continue;
      if (query.mayShare && !query.mayShare(first.path)) continue;
      const text = isTypeLike(first)
        ? typeText(first, resolver.membersOf(name).members)
        : definitions.definitions.map((each) => flat(each.signature)).join("\n");
      if (seen.has(text)) continue;
      seen.add(text);
      const certainty = definitions.isCertain ? scores.certain : scores.uncertain;
      found.push({
        path: first.path,
        text: text.slice(0, longestSnippet),
        score: certainty + score,
        source: this.name,
      });
    }
    return found.sort((a, b) => b.score - a.score).slice(0, mostSnippets);
  }
}

/** Identifiers of the last lines; what is used often and near counts more. */
function namesNear({ prefix }: ContextQuery): readonly { name: string; score: number }[] {
  const lines = prefix.slice(-4_000).split("\n").slice(-nearLines);
  const found = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    for (const [name] of line.matchAll(/[A-Za-z_$][\w$]{2,}/g)) {
      const nearness = (scores.nearness * (index + 1)) / lines.length;
      found.set(name, Math.max(found.get(name) ?? 0, nearness) + scores.perUse);
    }
  }
  return [...found]
    .map(([name, score]) => ({ name, score: Math.min(score, 0.5) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, mostNames);
}

function typeText(type: IndexedDefinition, members: readonly IndexedDefinition[]): string {
  const listed = members
    .filter((each) => !/^(?:_|#)/.test(each.name) && !/^private\b/.test(each.signature))
    .slice(0, mostMembers);
  return [flat(type.signature), ...listed.map((each) => `  ${flat(each.signature)}`)].join("\n");
}

const flat = (signature: string): string =>
  signature
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .trim();
