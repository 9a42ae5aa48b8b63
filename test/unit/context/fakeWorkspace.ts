import { Emitter } from "../../../src/base/emitter.ts";
import { silentLog } from "../../../src/base/log.ts";
import type { ContextQuery } from "../../../src/context/contextProvider.ts";
import { OutlineIndex } from "../../../src/context/outlineIndex.ts";
import { OwnFiles } from "../../../src/context/ownFile.ts";
import type { WorkspaceFile, WorkspaceFiles } from "../../../src/context/workspaceFiles.ts";
import type { TreeSitterSyntax } from "../../../src/syntax/treeSitterSyntax.ts";

/** A workspace in memory. */
export class MemoryFiles implements WorkspaceFiles {
  readonly texts: Map<string, string>;
  readonly #changed = new Emitter<WorkspaceFile>();
  readonly onChanged = this.#changed.listen;
  reads = 0;

  constructor(texts: Readonly<Record<string, string>>) {
    this.texts = new Map(Object.entries(texts));
  }

  async list(extensions: readonly string[]): Promise<readonly WorkspaceFile[]> {
    return [...this.texts.keys()]
      .filter((path) => extensions.some((each) => path.endsWith(`.${each}`)))
      .map((path) => ({ uri: `file:///${path}`, path }));
  }

  async read({ path }: WorkspaceFile): Promise<string | undefined> {
    this.reads++;
    return this.texts.get(path);
  }

  /** Writes, or removes where there is no text. */
  change(path: string, text?: string): void {
    if (text === undefined) this.texts.delete(path);
    else this.texts.set(path, text);
    this.#changed.fire({ uri: `file:///${path}`, path });
  }
}

/** The cursor at the place of `‸`. */
export function queryAt(path: string, languageId: string, code: string): ContextQuery {
  const [prefix = "", suffix = ""] = code.split("‸");
  return { uri: `file:///${path}`, path, languageId, prefix, suffix, line: prefix.split("\n").length - 1 };
}

export function indexOf(syntax: TreeSitterSyntax, texts: Readonly<Record<string, string>>) {
  const files = new MemoryFiles(texts);
  return { files, index: new OutlineIndex(files, syntax, silentLog), own: new OwnFiles(syntax) };
}
