import { baseTypes } from "./baseTypes.ts";
import type { ContextQuery } from "./contextProvider.ts";
import { declarationsOf } from "./declaredType.ts";
import { importTargets } from "./importTargets.ts";
import type { FamilyView, IndexedDefinition } from "./outlineIndex.ts";
import { enclosingType, isTypeLike, type OwnFile } from "./ownFile.ts";
import { pathDistance } from "./pathDistance.ts";
import type { ChainPart } from "./receiver.ts";
import { resultType } from "./typeExpression.ts";
import { typesByConvention } from "./typesByConvention.ts";

/** What an expression stands for. `isCertain` is false where a naming convention had to do. */
export type Value =
  | { readonly kind: "instance" | "static"; readonly type: string; readonly isCertain: boolean }
  | {
      readonly kind: "module";
      readonly name: string;
      readonly paths: readonly string[];
      readonly isCertain: boolean;
    };

export interface FoundDefinitions {
  readonly definitions: readonly IndexedDefinition[];
  readonly isCertain: boolean;
}

const deepest = 6;
const packageLanguages = new Set(["go", "java", "csharp", "rust", "php"]);
const self = /^(?:this|self|cls|Self|@self)$/;

/** Finds definitions and the types of expressions by the outlines of files: names and annotations, no type checker. */
export class TypeResolver {
  readonly #query: ContextQuery;
  readonly #own: OwnFile;
  readonly #view: FamilyView;

  constructor(query: ContextQuery, own: OwnFile, view: FamilyView) {
    this.#query = query;
    this.#own = own;
    this.#view = view;
  }

  /** Definitions of a name that the file uses, from the one place that it most likely means. */
  definitions(name: string): FoundDefinitions | undefined {
    const imported = this.#own.imports.find((each) => each.name === name);
    const own = imported ? [] : this.#own.definitions.filter((each) => each.name === name && isVisible(each));
    if (own.length > 0) return { definitions: own, isCertain: true };
    const { path, languageId } = this.#query;
    // The file on disk stands for what a window into a very large file cuts off.
    const all = this.#view.named(name).filter(isVisible);
    if (all.length === 0) return undefined;
    if (imported) {
      const targets = new Set(importTargets(imported, languageId, path, this.#view));
      const there = all.filter((each) => targets.has(each.path));
      if (there.length > 0) return { definitions: there, isCertain: true };
    }
    const paths = new Set(all.map((each) => each.path));
    if (paths.size === 1)
      return { definitions: all, isCertain: imported !== undefined || packageLanguages.has(languageId) };
    const near = nearest(all, path);
    const isPackage = packageLanguages.has(languageId) && pathDistance(near[0]?.path ?? "", path) === 0;
    return paths.size <= 4 || isPackage ? { definitions: near, isCertain: isPackage } : undefined;
  }

  /** What the chain's value is. */
  value(chain: readonly ChainPart[], depth = 0): Value | undefined {
    const [first, ...rest] = chain;
    if (!first || depth > deepest) return undefined;
    let value = indexedValue(first, this.#start(first, depth), this.#view);
    for (const part of rest) {
      const next: Value | undefined = value && this.#step(value, part);
      value = indexedValue(part, next ?? this.#byConvention(part.name), this.#view);
    }
    return value;
  }

  /** Members that the type itself declares and those of its bases; `isComplete` when all bases are known. */
  membersOf(
    type: string,
    depth = 0,
  ): { members: readonly IndexedDefinition[]; isComplete: boolean; isKnown: boolean } {
    const found = this.#typeDefinitions(type);
    if (!found || depth > deepest) return { members: [], isComplete: false, isKnown: false };
    const { definitions, isCertain } = found;
    const paths = new Set(definitions.map((each) => each.path));
    const own = paths.has(this.#query.path)
      ? this.#own.definitions.filter((each) => each.container === type)
      : [];
    const members: IndexedDefinition[] = [
      ...own,
      ...this.#view.membersOf(type).filter((each) => paths.has(each.path) || this.#isSpread(each, paths)),
    ];
    let isComplete = isCertain && definitions.some((each) => each.kind !== "type");
    for (const definition of definitions) {
      for (const base of baseTypes(definition.signature, this.#query.languageId)) {
        if (base === type) continue;
        const inherited = this.membersOf(base, depth + 1);
        members.push(...inherited.members);
        isComplete &&= inherited.isComplete;
      }
    }
    return { members, isComplete, isKnown: true };
  }

  /** Definitions of what the last part of the chain calls; a class stands for its constructors. */
  called(chain: readonly ChainPart[]): readonly IndexedDefinition[] {
    const last = chain.at(-1);
    if (!last) return [];
    const value = chain.length > 1 ? this.value(chain.slice(0, -1)) : undefined;
    if (chain.length > 1 && !value) return [];
    const found =
      value === undefined
        ? this.#calledByName(last.name)
        : value.kind === "module"
          ? this.moduleDefinitions(value.paths)
          : this.membersOf(value.type).members;
    const named = found.filter((each) => each.name === last.name);
    const [first] = named;
    if (!first || !isTypeLike(first))
      return named.filter(
        (each) => each.kind === "function" || each.kind === "method" || each.kind === "macro",
      );
    const constructors = new Set(["constructor", "__init__", "initialize", "__construct", "new", first.name]);
    return this.membersOf(first.name).members.filter(
      (each) => each.kind === "method" && constructors.has(each.name),
    );
  }

  #calledByName(name: string): readonly IndexedDefinition[] {
    const found = this.definitions(name)?.definitions ?? [];
    if (found.length > 0 || !packageLanguages.has(this.#query.languageId)) return found;
    const enclosing = enclosingType(this.#own);
    return enclosing === undefined ? [] : this.membersOf(enclosing).members;
  }

  /** The definitions at the top level of a module's files. */
  moduleDefinitions(paths: readonly string[]): readonly IndexedDefinition[] {
    return paths.flatMap(
      (path) => this.#view.file(path)?.definitions.filter((each) => each.container === undefined) ?? [],
    );
  }

  #typeDefinitions(type: string): FoundDefinitions | undefined {
    const found = this.definitions(type);
    const definitions = found?.definitions.filter(isTypeLike) ?? [];
    return found && definitions.length > 0 ? { definitions, isCertain: found.isCertain } : undefined;
  }

  /** Go's methods and Rust's implementations stand in other files of the package too. */
  #isSpread({ path }: IndexedDefinition, paths: ReadonlySet<string>): boolean {
    if (this.#query.languageId === "rust") return true;
    return this.#query.languageId === "go" && [...paths].some((each) => pathDistance(each, path) === 0);
  }

  #start(part: ChainPart, depth: number): Value | undefined {
    const { name, isCalled } = part;
    const enclosing = enclosingType(this.#own);
    if (self.test(name)) {
      return enclosing === undefined ? undefined : { kind: "instance", type: enclosing, isCertain: true };
    }
    if (name === "super") return enclosing === undefined ? undefined : this.#base(enclosing);
    if (!isCalled) {
      const declared = this.#declared(name, depth);
      if (declared) return declared;
    }
    const found = this.definitions(name);
    const [definition] = found?.definitions ?? [];
    if (found && definition) {
      if (isTypeLike(definition)) {
        return { kind: isCalled ? "instance" : "static", type: name, isCertain: found.isCertain };
      }
      const result = this.#result(found.definitions, found.isCertain);
      if (result) return result;
    }
    const module = this.#module(name);
    if (module) return module;
    // Where `this.` may be left out.
    if (enclosing !== undefined && packageLanguages.has(this.#query.languageId)) {
      const member = this.#step({ kind: "instance", type: enclosing, isCertain: true }, part);
      if (member) return member;
    }
    return this.#byConvention(name);
  }

  #declared(name: string, depth: number): Value | undefined {
    const { languageId, prefix } = this.#query;
    const before = prefix.slice(0, prefix.lastIndexOf("\n") + 1) + currentLine(prefix);
    for (const declared of declarationsOf(name, languageId, before)) {
      if (declared.kind === "type") {
        if (this.#typeDefinitions(declared.name))
          return { kind: "instance", type: declared.name, isCertain: true };
        continue;
      }
      if (declared.chain.length === 1 && declared.chain[0]?.name === name) continue;
      const value = this.value(declared.chain, depth + 1);
      if (value) return value;
    }
    return undefined;
  }

  #module(name: string): Value | undefined {
    const { path, languageId } = this.#query;
    const imported = this.#own.imports.find(
      (each) => each.name === name || each.name.split(".").at(-1) === name,
    );
    const paths = imported
      ? importTargets(imported, languageId, path, this.#view)
      : languageId === "rust"
        ? importTargets({ name, from: name }, languageId, path, this.#view)
        : [];
    return paths.length === 0
      ? undefined
      : { kind: "module", name, paths, isCertain: imported !== undefined };
  }

  #base(type: string): Value | undefined {
    const [definition] = this.#typeDefinitions(type)?.definitions ?? [];
    const [base] = definition ? baseTypes(definition.signature, this.#query.languageId) : [];
    return base === undefined ? undefined : { kind: "instance", type: base, isCertain: true };
  }

  #step(value: Value, part: ChainPart): Value | undefined {
    const candidates =
      value.kind === "module" ? this.moduleDefinitions(value.paths) : this.membersOf(value.type).members;
    const named = candidates.filter((each) => each.name === part.name);
    const [first] = named;
    if (!first) {
      // `Outer.Inner` is found by its own name.
      const nested = value.kind === "static" ? this.#typeDefinitions(part.name) : undefined;
      return nested && { kind: "static", type: part.name, isCertain: nested.isCertain };
    }
    if (isTypeLike(first)) {
      return { kind: part.isCalled ? "instance" : "static", type: first.name, isCertain: value.isCertain };
    }
    if (first.kind === "constant" && first.container && value.kind === "static") {
      return { kind: "instance", type: first.container, isCertain: false };
    }
    return this.#result(named, value.isCertain);
  }

  #result(definitions: readonly IndexedDefinition[], isCertain: boolean): Value | undefined {
    for (const definition of definitions) {
      const type = resultType(definition, this.#query.languageId);
      if (type === undefined) continue;
      const known = this.#typeDefinitions(type);
      if (known) return { kind: "instance", type, isCertain: isCertain && known.isCertain };
    }
    return undefined;
  }

  #byConvention(name: string): Value | undefined {
    return typesByConvention(name, this.#view);
  }
}

/** An element's type is rarely known; the index may name it (`server[kLogController]`). */
function indexedValue(part: ChainPart, value: Value | undefined, view: FamilyView): Value | undefined {
  if (part.index === undefined) return value;
  return /^[A-Za-z_$][\w$]*$/.test(part.index) ? typesByConvention(part.index, view) : undefined;
}

const currentLine = (prefix: string): string => prefix.slice(prefix.lastIndexOf("\n") + 1);

/** Seen from outside of its definition without naming the container. */
const isVisible = (each: IndexedDefinition): boolean => each.container === undefined || isTypeLike(each);

function nearest(definitions: readonly IndexedDefinition[], path: string): readonly IndexedDefinition[] {
  const sorted = [...definitions].sort((a, b) => pathDistance(a.path, path) - pathDistance(b.path, path));
  return sorted.filter((each) => each.path === sorted[0]?.path);
}
