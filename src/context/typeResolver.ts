import { baseTypes } from "./baseTypes.ts";
import type { ContextQuery } from "./contextProvider.ts";
import { declarationsOf } from "./declaredType.ts";
import { type FoundDefinitions, NameScope, packageLanguages } from "./nameScope.ts";
import type { FamilyView, IndexedDefinition } from "./outlineIndex.ts";
import { enclosingType, isTypeLike, type OwnFile } from "./ownFile.ts";
import { pathDistance } from "./pathDistance.ts";
import type { ChainPart } from "./receiver.ts";
import { resultType } from "./typeExpression.ts";
import { typesByConvention } from "./typesByConvention.ts";

/** What an expression stands for. `isCertain` is false where a naming convention had to do. */
export type Value =
  | {
      readonly kind: "instance" | "static";
      readonly type: string;
      /** Path of the file in which the type's name is to be understood. */
      readonly scope: string;
      readonly isCertain: boolean;
    }
  | {
      readonly kind: "module";
      readonly name: string;
      readonly paths: readonly string[];
      readonly isCertain: boolean;
    };

export interface TypeMembers {
  readonly members: readonly IndexedDefinition[];
  /** All bases are known. */
  readonly isComplete: boolean;
  /** The type itself is known. */
  readonly isKnown: boolean;
}

const deepest = 6;
const self = /^(?:this|self|cls|Self|@self)$/;

/** Finds definitions and the types of expressions by the outlines of files: names and annotations, no type checker. */
export class TypeResolver {
  readonly #query: ContextQuery;
  readonly #own: OwnFile;
  readonly #view: FamilyView;
  readonly #names: NameScope;

  constructor(query: ContextQuery, own: OwnFile, view: FamilyView) {
    this.#query = query;
    this.#own = own;
    this.#view = view;
    this.#names = new NameScope(query, own, view);
  }

  /** Definitions of a name that the file uses, from the one place that it most likely means. */
  definitions(name: string): FoundDefinitions | undefined {
    return this.#names.definitions(name, this.#query.path);
  }

  /** What the chain's value is. */
  value(chain: readonly ChainPart[], depth = 0): Value | undefined {
    const [first, ...rest] = chain;
    if (!first || depth > deepest) return undefined;
    let value = indexedValue(first, this.#start(first, depth), this.#view);
    for (const part of rest) {
      const next: Value | undefined = value && this.#step(value, part);
      value = indexedValue(part, next ?? typesByConvention(part.name, this.#view), this.#view);
    }
    return value;
  }

  /** Members that the type itself declares and those of its bases. */
  membersOf(type: string, scope = this.#query.path, depth = 0): TypeMembers {
    const found = this.#names.types(type, scope);
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
    for (const { signature, path } of definitions) {
      for (const base of baseTypes(signature, this.#query.languageId)) {
        if (base === type) continue;
        const inherited = this.membersOf(base, path, depth + 1);
        members.push(...inherited.members);
        isComplete &&= inherited.isComplete;
      }
    }
    return { members, isComplete, isKnown: true };
  }

  /** The definitions at the top level of a module's files. */
  moduleDefinitions(paths: readonly string[]): readonly IndexedDefinition[] {
    return paths.flatMap(
      (path) => this.#view.file(path)?.definitions.filter((each) => each.container === undefined) ?? [],
    );
  }

  #within(value: Value): readonly IndexedDefinition[] {
    return value.kind === "module"
      ? this.moduleDefinitions(value.paths)
      : this.membersOf(value.type, value.scope).members;
  }

  /** Go's methods and Rust's implementations stand in other files of the package too. */
  #isSpread({ path }: IndexedDefinition, paths: ReadonlySet<string>): boolean {
    if (this.#query.languageId === "rust") return true;
    return this.#query.languageId === "go" && [...paths].some((each) => pathDistance(each, path) === 0);
  }

  #start(part: ChainPart, depth: number): Value | undefined {
    const { name, isCalled } = part;
    const type = enclosingType(this.#own);
    const enclosing: Value | undefined =
      type === undefined ? undefined : { kind: "instance", type, scope: this.#query.path, isCertain: true };
    if (self.test(name)) return enclosing;
    if (name === "super") return type === undefined ? undefined : this.#base(type);
    const declared = isCalled ? undefined : this.#declared(name, depth);
    if (declared) return declared;
    const found = this.definitions(name);
    const [definition] = found?.definitions ?? [];
    if (found && definition) {
      const { isCertain } = found;
      if (isTypeLike(definition)) {
        return { kind: isCalled ? "instance" : "static", type: name, scope: definition.path, isCertain };
      }
      const result = this.#result(found.definitions, isCertain);
      if (result) return result;
    }
    const module = this.#names.module(name);
    if (module.paths.length > 0) return { kind: "module", name, ...module };
    // Where `this.` may be left out.
    const member = enclosing && packageLanguages.has(this.#query.languageId) && this.#step(enclosing, part);
    return member || typesByConvention(name, this.#view);
  }

  #declared(name: string, depth: number): Value | undefined {
    const { languageId, prefix, path } = this.#query;
    for (const declared of declarationsOf(name, languageId, prefix)) {
      if (declared.kind === "type") {
        const found = this.#names.types(declared.name, path);
        const scope = found?.definitions[0]?.path;
        if (found && scope !== undefined)
          return { kind: "instance", type: declared.name, scope, isCertain: found.isCertain };
        continue;
      }
      if (declared.chain.length === 1 && declared.chain[0]?.name === name) continue;
      const value = this.value(declared.chain, depth + 1);
      if (value) return value;
    }
    return undefined;
  }

  #base(type: string): Value | undefined {
    const [definition] = this.#names.types(type, this.#query.path)?.definitions ?? [];
    const [base] = definition ? baseTypes(definition.signature, this.#query.languageId) : [];
    if (!definition || base === undefined) return undefined;
    return { kind: "instance", type: base, scope: definition.path, isCertain: true };
  }

  #step(value: Value, { name, isCalled }: ChainPart): Value | undefined {
    const named = this.#within(value).filter((each) => each.name === name);
    const [first] = named;
    if (!first) {
      // `Outer.Inner` is found by its own name.
      const nested = value.kind === "static" ? this.#names.types(name, value.scope) : undefined;
      const [inner] = nested?.definitions ?? [];
      return (
        nested && inner && { kind: "static", type: name, scope: inner.path, isCertain: nested.isCertain }
      );
    }
    if (isTypeLike(first)) {
      const kind = isCalled ? "instance" : "static";
      return { kind, type: first.name, scope: first.path, isCertain: value.isCertain };
    }
    if (first.kind === "constant" && first.container && value.kind === "static") {
      return { kind: "instance", type: first.container, scope: first.path, isCertain: false };
    }
    return this.#result(named, value.isCertain);
  }

  #result(definitions: readonly IndexedDefinition[], isCertain: boolean): Value | undefined {
    for (const definition of definitions) {
      const type = resultType(definition, this.#query.languageId);
      const known = type === undefined ? undefined : this.#names.types(type, definition.path);
      const scope = known?.definitions[0]?.path;
      if (type !== undefined && known && scope !== undefined)
        return { kind: "instance", type, scope, isCertain: isCertain && known.isCertain };
    }
    return undefined;
  }
}

/** An element's type is rarely known; the index may name it (`server[kLogController]`). */
function indexedValue(part: ChainPart, value: Value | undefined, view: FamilyView): Value | undefined {
  if (part.index === undefined) return value;
  return /^[A-Za-z_$][\w$]*$/.test(part.index) ? typesByConvention(part.index, view) : undefined;
}
