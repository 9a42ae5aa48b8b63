import type { ImportedName } from "../syntax/syntaxService.ts";
import type { ContextQuery } from "./contextProvider.ts";
import { importTargets } from "./importTargets.ts";
import type { FamilyView, IndexedDefinition } from "./outlineIndex.ts";
import { isTypeLike, type OwnFile } from "./ownFile.ts";
import { pathDistance } from "./pathDistance.ts";

export interface FoundDefinitions {
  /** All from one place. */
  readonly definitions: readonly IndexedDefinition[];
  /** False where more than one place might be meant. */
  readonly isCertain: boolean;
}

/** Languages in which the files of a folder see each other's names without an import. */
export const packageLanguages = new Set(["go", "java", "csharp", "rust", "php"]);
const mostPlaces = 4;

/** Finds what a name means in a file: its own definition, an import's, the package's, or the only one there is. */
export class NameScope {
  readonly #query: ContextQuery;
  readonly #own: OwnFile;
  readonly #view: FamilyView;

  constructor(query: ContextQuery, own: OwnFile, view: FamilyView) {
    this.#query = query;
    this.#own = own;
    this.#view = view;
  }

  /** @param path the file in which the name is written. */
  definitions(name: string, path: string): FoundDefinitions | undefined {
    const { languageId } = this.#query;
    const isOwn = path === this.#query.path;
    const imports: readonly ImportedName[] = isOwn
      ? this.#own.imports
      : (this.#view.file(path)?.imports ?? []);
    const imported = imports.find((each) => each.name === name);
    const written: readonly IndexedDefinition[] = isOwn
      ? this.#own.definitions
      : (this.#view.file(path)?.definitions ?? []);
    const here = imported ? [] : written.filter((each) => each.name === name && isVisible(each));
    if (here.length > 0) return { definitions: here, isCertain: true };
    // The file on disk stands for what a window into a very large file cuts off.
    const all = this.#view.named(name).filter(isVisible);
    if (all.length === 0) return undefined;
    if (imported) {
      const targets = new Set(importTargets(imported, languageId, path, this.#view));
      const there = all.filter((each) => targets.has(each.path));
      if (there.length > 0) return { definitions: there, isCertain: true };
    }
    const places = new Set(all.map((each) => each.path)).size;
    const isPackage = packageLanguages.has(languageId);
    if (places === 1) return { definitions: all, isCertain: imported !== undefined || isPackage };
    const near = nearest(all, path);
    const isNear = isPackage && pathDistance(near[0]?.path ?? "", path) === 0;
    return places <= mostPlaces || isNear ? { definitions: near, isCertain: isNear } : undefined;
  }

  types(name: string, path: string): FoundDefinitions | undefined {
    const found = this.definitions(name, path);
    const definitions = found?.definitions.filter(isTypeLike) ?? [];
    return found && definitions.length > 0 ? { definitions, isCertain: found.isCertain } : undefined;
  }

  /** Paths of a module that the user's file has imported under that name. */
  module(name: string): { readonly paths: readonly string[]; readonly isCertain: boolean } {
    const { path, languageId } = this.#query;
    const imported = this.#own.imports.find(
      (each) => each.name === name || each.name.split(".").at(-1) === name,
    );
    const asked = imported ?? (languageId === "rust" ? { name, from: name } : undefined);
    const paths = asked ? importTargets(asked, languageId, path, this.#view) : [];
    return { paths, isCertain: imported !== undefined };
  }
}

/** Seen from outside of its definition without naming the container. */
const isVisible = (each: IndexedDefinition): boolean => each.container === undefined || isTypeLike(each);

function nearest(definitions: readonly IndexedDefinition[], path: string): readonly IndexedDefinition[] {
  const sorted = [...definitions].sort((a, b) => pathDistance(a.path, path) - pathDistance(b.path, path));
  return sorted.filter((each) => each.path === sorted[0]?.path);
}
