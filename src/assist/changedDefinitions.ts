import type { Definition, SyntaxService } from "../syntax/syntaxService.ts";

/** Names of definitions that a document has fewer times, or again, after a change. */
export interface ChangedDefinitions {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
}

const lasting = new Set<Definition["kind"]>([
  "function",
  "method",
  "class",
  "interface",
  "type",
  "enum",
  "module",
]);
const callable = new Set<Definition["kind"]>(["function", "method"]);

/** Where several functions of one name stand side by side: overloads, declarations, one for each trait. */
const overloading = new Set(["typescript", "typescriptreact", "java", "csharp", "cpp", "c", "rust"]);
/** And those that do so elsewhere. */
const accessor = /^(?:static\s+)?(?:get|set)\s|^@[\w.]*\b(?:getter|setter|deleter|overload|register)\b/;

/** Compares the functions and types of two versions of a document, each with what holds it. */
export async function changedDefinitions(
  languageId: string,
  before: string,
  after: string,
  syntax: SyntaxService,
): Promise<ChangedDefinitions> {
  const outlineOf = async (text: string): Promise<readonly Definition[]> =>
    ((await syntax.outline(languageId, text))?.definitions ?? []).filter(({ kind }) => lasting.has(kind));
  const [old, now] = [await outlineOf(before), await outlineOf(after)];
  const timesIn = (list: readonly Definition[], one: Definition): number =>
    list.filter(({ name, container }) => name === one.name && container === one.container).length;
  const names = (list: readonly Definition[]): readonly string[] => [
    ...new Set(list.map(({ name }) => name)),
  ];
  const single = (list: readonly Definition[], text: string): readonly Definition[] =>
    list.filter(
      ({ kind, range }) =>
        !callable.has(kind) ||
        !(overloading.has(languageId) || accessor.test(text.slice(range.start, range.end))),
    );
  const [oldSingle, nowSingle] = [single(old, before), single(now, after)];
  return {
    lost: names(old.filter((one) => timesIn(now, one) < timesIn(old, one))),
    doubled: names(nowSingle.filter((one) => timesIn(nowSingle, one) > Math.max(1, timesIn(oldSingle, one)))),
  };
}
