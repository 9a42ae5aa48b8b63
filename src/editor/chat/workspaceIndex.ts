import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { FoundChunk } from "../../chat/codeIndex.ts";
import type { StartIndex } from "../../chat/indexSeat.ts";
import { LiveIndex } from "../../chat/liveIndex.ts";
import type { FindFiles } from "../usableFiles.ts";
import { workspaceUri } from "../workspaceUri.ts";
import type { MayUse } from "./chatSources.ts";

const mostFiles = 5000;
const largestFileBytes = 400_000;
/** Code, configuration and prose; pictures, archives and the like cannot be searched. */
const glob =
  "**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,py,pyi,go,rs,java,kt,kts,c,h,cc,cpp,hpp,cs,rb,php,swift,scala,lua,dart,ex,exs,sh,sql,vue,svelte,css,scss,html,md,rst,toml,yaml,yml,json,proto,graphql}";

interface Life {
  readonly index: LiveIndex;
  /** Resolves when all files are in it, or when it has stopped. */
  readonly filled: Promise<void>;
}

/**
 * Finds places of the workspace for `@workspace`. Nothing is read before the first question; then files are followed. An
 * index that stops is built anew with the next question.
 */
export class WorkspaceIndex implements vscode.Disposable {
  readonly #start: StartIndex;
  readonly #mayUse: MayUse;
  readonly #findFiles: FindFiles;
  readonly #log: Log;
  readonly #disposables = new DisposableStore();
  #life: Life | undefined;
  #isFollowing = false;

  constructor(start: StartIndex, files: { readonly mayUse: MayUse; readonly find: FindFiles }, log: Log) {
    this.#start = start;
    this.#mayUse = files.mayUse;
    this.#findFiles = files.find;
    this.#log = log;
  }

  /** @throws {SearchError} when the index stops before it has answered. */
  async find(question: string, count: number): Promise<readonly FoundChunk[]> {
    const found = await this.#ask(question, count);
    if (await areThere(found)) return found;
    // Of a folder that goes or is moved the editor tells, not of the files in it: what is there is read anew.
    this.#life?.index.end();
    this.#life = undefined;
    return this.#ask(question, count);
  }

  async #ask(question: string, count: number): Promise<readonly FoundChunk[]> {
    this.#life ??= this.#begin();
    const life = this.#life;
    try {
      await life.filled;
      return await life.index.find(question, count);
    } catch (error) {
      life.index.end();
      if (this.#life === life) this.#life = undefined;
      throw error;
    }
  }

  dispose(): void {
    this.#disposables.dispose();
    this.#life?.index.end();
  }

  #begin(): Life {
    const index = new LiveIndex(this.#start, (error) => {
      this.#log.error(`@workspace: ${error.message} The next question builds it anew`);
      if (this.#life?.index === index) this.#life = undefined;
    });
    this.#follow();
    return { index, filled: this.#fill(index) };
  }

  async #fill(index: LiveIndex): Promise<void> {
    const startedAt = Date.now();
    const uris = await this.#findFiles(glob, mostFiles);
    for (const uri of uris) {
      if (!index.isLive) return;
      await this.#read(index, uri);
    }
    this.#log.info(`@workspace: read ${uris.length} files in ${Date.now() - startedAt} ms`);
  }

  #follow(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    const watcher = this.#disposables.add(vscode.workspace.createFileSystemWatcher(glob));
    this.#disposables.add(watcher.onDidChange((uri) => void this.#put(uri)));
    this.#disposables.add(watcher.onDidCreate((uri) => void this.#put(uri)));
    this.#disposables.add(
      watcher.onDidDelete((uri) => this.#life?.index.remove(vscode.workspace.asRelativePath(uri))),
    );
  }

  async #put(uri: vscode.Uri): Promise<void> {
    const index = this.#life?.index;
    if (!index) return;
    if (await this.#mayUse(uri)) await this.#read(index, uri);
    else index.remove(vscode.workspace.asRelativePath(uri));
  }

  /** What can no longer be searched is forgotten: its old text would be taken for what the file holds. */
  async #read(index: LiveIndex, uri: vscode.Uri): Promise<void> {
    const path = vscode.workspace.asRelativePath(uri);
    try {
      const text = await textOf(uri);
      if (text === undefined) index.remove(path);
      else index.put(path, text);
    } catch (error) {
      // Files come and go while a branch is switched; the watcher tells of what stays.
      this.#log.debug(`@workspace: ${path} could not be read (${error})`);
      index.remove(path);
    }
  }
}

/** Undefined where the file is no text or is too large to be searched. */
async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  const { size } = await vscode.workspace.fs.stat(uri);
  if (size > largestFileBytes) return undefined;
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  return text.includes("\0") ? undefined : text;
}

async function areThere(found: readonly FoundChunk[]): Promise<boolean> {
  const uris = await Promise.all([...new Set(found.map(({ path }) => path))].map(workspaceUri));
  return !uris.includes(undefined);
}
