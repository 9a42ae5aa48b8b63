import type { Disposable } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import type { Definition, DefinitionKind, ImportedName, SyntaxService } from "../syntax/syntaxService.ts";
import { impliedMembers } from "./impliedMembers.ts";
import { type LanguageFamily, languageOfPath } from "./languageFamily.ts";
import { pathDistance } from "./pathDistance.ts";
import type { WorkspaceFile, WorkspaceFiles } from "./workspaceFiles.ts";

const mostFiles = 3_000;
const mostCharacters = 12_000_000;
const longestSignature = 400;

export interface IndexedDefinition {
  readonly name: string;
  readonly kind: DefinitionKind;
  /** Name of the definition that holds it. */
  readonly container: string | undefined;
  /** Text of the signature, cut where it is very long. */
  readonly signature: string;
  readonly path: string;
}

export interface IndexedFile {
  readonly file: WorkspaceFile;
  readonly definitions: readonly IndexedDefinition[];
  readonly imports: readonly ImportedName[];
  /** Modules whose names this one hands on (`export … from`). */
  readonly reexports: readonly string[];
}

interface FamilyIndex {
  readonly family: LanguageFamily;
  readonly files: Map<string, IndexedFile>;
  readonly byName: Map<string, IndexedDefinition[]>;
  readonly byContainer: Map<string, IndexedDefinition[]>;
  characters: number;
  filled: Promise<void>;
  isFilled: boolean;
}

/** A family's part of the index, for reading. */
export interface FamilyView {
  named(name: string): readonly IndexedDefinition[];
  membersOf(container: string): readonly IndexedDefinition[];
  file(path: string): IndexedFile | undefined;
  paths(): Iterable<string>;
  readonly isFilled: boolean;
}

/**
 * The definitions of the workspace's files. Nothing is read before the first question in a language; from then on
 * changed files are followed. Bounded in files and characters, the nearest ones first.
 */
export class OutlineIndex implements Disposable {
  readonly #files: WorkspaceFiles;
  readonly #syntax: SyntaxService;
  readonly #log: Log;
  readonly #families = new Map<string, FamilyIndex>();
  readonly #following: Disposable;
  readonly #changing = new Set<Promise<void>>();
  #disposed = false;

  constructor(files: WorkspaceFiles, syntax: SyntaxService, log: Log) {
    this.#files = files;
    this.#syntax = syntax;
    this.#log = log;
    this.#following = files.onChanged((file) => {
      const change = this.#changed(file).finally(() => this.#changing.delete(change));
      this.#changing.add(change);
    });
  }

  /** What is known so far; starts to fill at the first call, from what lies near `path` on. */
  view(family: LanguageFamily, path: string): FamilyView {
    const index = this.#index(family, path);
    return {
      named: (name) => index.byName.get(name) ?? [],
      membersOf: (container) => index.byContainer.get(container) ?? [],
      file: (wanted) => index.files.get(wanted),
      paths: () => index.files.keys(),
      isFilled: index.isFilled,
    };
  }

  /** Resolves when all files of the family have been read. */
  filled(family: LanguageFamily, path: string): Promise<void> {
    return this.#index(family, path).filled;
  }

  /** Resolves when the family is filled and the changes that were told so far are in it. */
  async settled(family: LanguageFamily, path: string): Promise<void> {
    await this.filled(family, path);
    while (this.#changing.size > 0) await Promise.all(this.#changing);
  }

  dispose(): void {
    this.#disposed = true;
    this.#following.dispose();
    this.#families.clear();
  }

  #index(family: LanguageFamily, path: string): FamilyIndex {
    let index = this.#families.get(family.id);
    if (!index) {
      index = {
        family,
        files: new Map(),
        byName: new Map(),
        byContainer: new Map(),
        characters: 0,
        filled: Promise.resolve(),
        isFilled: false,
      };
      this.#families.set(family.id, index);
      index.filled = this.#fill(index, path);
    }
    return index;
  }

  async #fill(index: FamilyIndex, path: string): Promise<void> {
    const startedAt = performance.now();
    try {
      const files = await this.#files.list(Object.keys(index.family.languageByExtension), mostFiles);
      const near = files
        .map((file) => ({ file, distance: pathDistance(file.path, path) }))
        .sort((a, b) => a.distance - b.distance || (a.file.path < b.file.path ? -1 : 1));
      for (const { file } of near) {
        if (this.#disposed || index.characters > mostCharacters) break;
        if (!index.files.has(file.path)) await this.#put(index, file);
      }
      this.#log.debug(
        `Indexed ${index.files.size} ${index.family.id} files in ${Math.round(performance.now() - startedAt)} ms`,
      );
    } catch (error) {
      this.#log.warn(`The index of definitions could not be filled: ${String(error)}`);
    }
    index.isFilled = true;
  }

  async #changed(file: WorkspaceFile): Promise<void> {
    for (const index of this.#families.values()) {
      if (languageOfPath(index.family, file.path) === undefined) continue;
      try {
        await this.#put(index, file);
      } catch (error) {
        this.#log.debug(`${file.path} could not be indexed: ${String(error)}`);
      }
    }
  }

  async #put(index: FamilyIndex, file: WorkspaceFile): Promise<void> {
    const languageId = languageOfPath(index.family, file.path);
    const text = languageId && (await this.#files.read(file));
    const outline = text && languageId ? await this.#syntax.outline(languageId, text) : undefined;
    if (this.#disposed) return;
    this.#remove(index, file.path);
    if (!text || !outline) return;
    index.characters += text.length;
    const definitions = [
      ...outline.definitions.map((each) => indexed(each, text, file.path)),
      ...impliedMembers(outline.definitions, languageId ?? "", text, file.path),
    ];
    const reexports = index.family.id === "script" ? reexportsOf(text) : [];
    index.files.set(file.path, { file, definitions, imports: outline.imports, reexports });
    for (const definition of definitions) {
      add(index.byName, definition.name, definition);
      if (definition.container) add(index.byContainer, definition.container, definition);
    }
  }

  #remove(index: FamilyIndex, path: string): void {
    const known = index.files.get(path);
    if (!known) return;
    index.files.delete(path);
    for (const { name, container } of known.definitions) {
      drop(index.byName, name, path);
      if (container) drop(index.byContainer, container, path);
    }
  }
}

export function indexed(definition: Definition, text: string, path: string): IndexedDefinition {
  const { name, kind, container, signature } = definition;
  const whole = text.slice(signature.start, signature.end);
  const cut = whole.length <= longestSignature ? whole : `${whole.slice(0, longestSignature)}…`;
  return { name, kind, container, signature: cut, path };
}

function reexportsOf(text: string): string[] {
  const found = text.matchAll(
    /^export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+["']([^"']+)["']/gm,
  );
  return [...found].map((match) => match[1] ?? "");
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function drop(map: Map<string, IndexedDefinition[]>, key: string, path: string): void {
  const rest = map.get(key)?.filter((each) => each.path !== path) ?? [];
  if (rest.length > 0) map.set(key, rest);
  else map.delete(key);
}
