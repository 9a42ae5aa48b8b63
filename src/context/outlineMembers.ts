import type { ContextQuery } from "./contextProvider.ts";
import { importTargets } from "./importTargets.ts";
import { familyOf } from "./languageFamily.ts";
import type { Member, MemberSource, Members } from "./members.ts";
import type { FamilyView, IndexedDefinition, OutlineIndex } from "./outlineIndex.ts";
import type { OwnFiles } from "./ownFile.ts";
import { pathDistance } from "./pathDistance.ts";
import { isOwnReceiver, type Receiver } from "./receiver.ts";
import { TypeResolver } from "./typeResolver.ts";

/** Languages in which everything behind the dot of a class is written in its declaration or its bases'. */
const closedLanguages = new Set(["typescript", "typescriptreact", "java", "go", "csharp"]);

/** What the languages themselves give to every value or to every enumeration. */
const everywhere: ReadonlySet<string> = new Set(
  `toString valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString constructor prototype name length
   call apply bind equals hashCode getClass notify notifyAll wait values ordinal compareTo describeConstable class
   ToString Equals GetHashCode GetType`.split(/\s+/),
);

/** Members from the outlines of the workspace's files. */
export class OutlineMembers implements MemberSource {
  readonly name = "index of the files";
  readonly #index: OutlineIndex;
  readonly #own: OwnFiles;

  constructor(index: OutlineIndex, own: OwnFiles) {
    this.#index = index;
    this.#own = own;
  }

  async members(query: ContextQuery, receiver: Receiver): Promise<Members | undefined> {
    // Classes of the language and of packages are in no file of the workspace.
    if (receiver.separator === "new") return undefined;
    const family = familyOf(query.languageId);
    const own = family && (await this.#own.of(query));
    if (!family || !own) return undefined;
    const view = this.#index.view(family, query.path);
    const resolver = new TypeResolver(query, own, view);
    if (receiver.module !== undefined) return importable(receiver.module, query, resolver, view);
    const value = resolver.value(receiver.chain);
    if (!value) return undefined;
    if (value.kind === "module") {
      const definitions = resolver.moduleDefinitions(value.paths).filter((each) => isExported(each, query));
      if (definitions.length === 0) return undefined;
      return {
        owner: value.name,
        members: listed(definitions),
        isComplete: value.isCertain && view.isFilled && query.languageId === "go",
      };
    }
    const { members, isComplete, isKnown } = resolver.membersOf(value.type, value.scope);
    const fitting = members.filter((each) => isUsable(each, receiver, query));
    if (!isKnown || fitting.length === 0) return undefined;
    return {
      owner: value.type,
      members: listed(fitting),
      unlisted: new Set([...everywhere, ...members.map(({ name }) => name)]),
      isComplete: isComplete && value.isCertain && view.isFilled && closedLanguages.has(query.languageId),
    };
  }
}

/** What a module of the workspace has to import. */
function importable(
  module: string,
  query: ContextQuery,
  resolver: TypeResolver,
  view: FamilyView,
): Members | undefined {
  const paths = importTargets({ from: module, name: "*" }, query.languageId, query.path, view);
  const isExport = ({ signature }: IndexedDefinition): boolean =>
    query.languageId === "python" || /\bexport\b/.test(signature);
  const definitions = resolver.moduleDefinitions(paths).filter(isExport);
  if (definitions.length === 0) return undefined;
  // Names that the module has imported itself, and modules inside of a package, can be imported too.
  const others = paths.flatMap((path) => view.file(path)?.imports.map(({ name }) => name) ?? []);
  return { owner: module, members: listed(definitions), isComplete: false, unlisted: new Set(others) };
}

function isExported({ name, signature, path }: IndexedDefinition, query: ContextQuery): boolean {
  if (query.languageId === "go") return /^\p{Lu}/u.test(name) && !path.endsWith("_test.go");
  if (query.languageId === "rust") return /^pub\b/.test(signature) || /\n\s*pub\b/.test(signature);
  return !name.startsWith("_");
}

function isUsable(
  { name, kind, signature, path }: IndexedDefinition,
  receiver: Receiver,
  query: ContextQuery,
): boolean {
  if (/^(?:constructor|__\w+__|__construct)$/.test(name)) return false;
  const isOwn = isOwnReceiver(receiver.text);
  if (!isOwn && (/^#|^__/.test(name) || /^(?:private|protected)\b/.test(signature))) return false;
  // Go's packages are folders.
  const isForeign = query.languageId === "go" && pathDistance(path, query.path) > 0;
  if (isForeign && !/^\p{Lu}/u.test(name)) return false;
  if (receiver.separator === "::") return kind !== "property";
  return true;
}

/** Each name once, in the order of the sources. */
function listed(definitions: readonly IndexedDefinition[]): readonly Member[] {
  const names = definitions.map(({ name }) => name).filter((name) => /^[\p{L}_$#@]/u.test(name));
  return [...new Set(names)].map((name) => ({ name }));
}
