import path from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { Emitter } from "../../src/base/emitter.ts";
import type { Log } from "../../src/base/log.ts";
import type { ContextProvider, ContextQuery } from "../../src/context/contextProvider.ts";
import { CursorHints } from "../../src/context/cursorHints.ts";
import { familyOf } from "../../src/context/languageFamily.ts";
import type { OpenDocuments } from "../../src/context/openDocuments.ts";
import { OutlineIndex } from "../../src/context/outlineIndex.ts";
import { OutlineMembers } from "../../src/context/outlineMembers.ts";
import { OwnFiles } from "../../src/context/ownFile.ts";
import { SimilarSnippets } from "../../src/context/similarSnippets.ts";
import type { WorkspaceFile, WorkspaceFiles } from "../../src/context/workspaceFiles.ts";
import type { SyntaxService } from "../../src/syntax/syntaxService.ts";
import type { EvalCase, EvalSet } from "./cases.ts";

/** The sources of context that work without an editor. */
export const sourceNames = ["similar", "names", "guided"] as const;
export type SourceName = (typeof sourceNames)[number];
/** What the extension uses. */
export const usualSources: readonly SourceName[] = sourceNames;

export function sourcesOf(text: string | undefined): readonly SourceName[] {
  if (text === undefined) return usualSources;
  const names = text.split(",").filter((name) => name !== "" && name !== "none");
  const unknown = names.find((name) => !sourceNames.some((each) => each === name));
  if (unknown !== undefined)
    throw new Error(`--sources takes none or ${sourceNames.join(",")}, not "${unknown}".`);
  return sourceNames.filter((name) => names.includes(name));
}

/** A workspace of a set as files, in which one file at a time lies open. */
class SetFiles implements WorkspaceFiles {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #changed = new Emitter<WorkspaceFile>();
  readonly onChanged = this.#changed.listen;
  #open: { readonly path: string; readonly text: string } | undefined;

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
  }

  /** Lays the case's file out with the hole; the file that lay open before gets whole. */
  open({ path: own, prefix, suffix }: EvalCase): void {
    const before = this.#open;
    this.#open = { path: own, text: prefix + suffix };
    if (before) this.#changed.fire(fileOf(before.path));
    this.#changed.fire(fileOf(own));
  }

  async list(extensions: readonly string[], limit: number): Promise<readonly WorkspaceFile[]> {
    const fitting = [...this.#texts.keys()].filter((file) =>
      extensions.includes(path.extname(file).slice(1)),
    );
    return fitting.slice(0, limit).map(fileOf);
  }

  async read({ path: file }: WorkspaceFile): Promise<string | undefined> {
    const text = this.#open?.path === file ? this.#open.text : this.#texts.get(file);
    return text?.replaceAll("\r\n", "\n");
  }
}

const fileOf = (file: string): WorkspaceFile => ({ uri: `file:///${file}`, path: file });

/** What the pipeline may ask at a case's cursor. */
export interface CaseSources {
  readonly providers: readonly ContextProvider[];
  readonly hints: Pick<CursorHints, "offered"> | undefined;
  /** Everything that exists behind the cursor's dot, whatever the pipeline was allowed to ask. */
  readonly judge: CursorHints;
}

/** Indexes of the set's workspaces, one for all cases of a workspace, as an editor has it after a while. */
export class WorkspaceSources {
  readonly #set: EvalSet;
  readonly #syntax: SyntaxService;
  readonly #log: Log;
  readonly #names: readonly SourceName[];
  readonly #known = new Map<string, { files: SetFiles; index: OutlineIndex }>();

  constructor(set: EvalSet, syntax: SyntaxService, log: Log, names: readonly SourceName[]) {
    this.#set = set;
    this.#syntax = syntax;
    this.#log = log;
    this.#names = names;
  }

  /** Ready to answer at once: indexes are filled, the case's own file is known with its hole open. */
  async at(each: EvalCase, query: ContextQuery, documents: OpenDocuments): Promise<CaseSources> {
    const { files, index } = this.#workspace(each.workspace);
    files.open(each);
    const family = familyOf(each.language);
    if (family) await index.settled(family, each.path);
    const own = new OwnFiles(this.#syntax);
    await own.of(query);
    const wants = (name: SourceName): boolean => this.#names.includes(name);
    const judge = new CursorHints([new OutlineMembers(index, own)], systemClock, this.#log);
    const providers: ContextProvider[] = [];
    if (wants("similar")) providers.push(new SimilarSnippets(documents));
    return {
      providers,
      judge,
      hints: {
        offered: (...args) =>
          wants("names") || wants("guided") ? judge.offered(...args) : Promise.resolve(undefined),
      },
    };
  }

  dispose(): void {
    for (const { index } of this.#known.values()) index.dispose();
    this.#known.clear();
  }

  #workspace(name: string): { files: SetFiles; index: OutlineIndex } {
    let known = this.#known.get(name);
    if (!known) {
      const texts = new Map(this.#set.workspaces.get(name)?.map((file) => [file.path, file.text]) ?? []);
      const files = new SetFiles(texts);
      known = { files, index: new OutlineIndex(files, this.#syntax, this.#log) };
      this.#known.set(name, known);
    }
    return known;
  }
}
