import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { FoundChunk } from "../../chat/codeIndex.ts";
import type { IndexSeat, StartIndex, ToIndex } from "../../chat/indexSeat.ts";
import type { FindFiles } from "../usableFiles.ts";
import type { MayUse } from "./chatSources.ts";

const mostFiles = 5000;
const largestFileBytes = 400_000;
/** Code, configuration and prose; pictures, archives and the like cannot be searched. */
const glob =
  "**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,py,pyi,go,rs,java,kt,kts,c,h,cc,cpp,hpp,cs,rb,php,swift,scala,lua,dart,ex,exs,sh,sql,vue,svelte,css,scss,html,md,rst,toml,yaml,yml,json,proto,graphql}";

/** Finds places of the workspace for `@workspace`. Nothing is read before the first question; then files are followed. */
export class WorkspaceIndex implements vscode.Disposable {
  readonly #start: StartIndex;
  readonly #mayUse: MayUse;
  readonly #findFiles: FindFiles;
  readonly #log: Log;
  readonly #disposables = new DisposableStore();
  readonly #waiting = new Map<number, (found: readonly FoundChunk[]) => void>();
  #seat: IndexSeat | undefined;
  #filled: Promise<void> | undefined;
  #questions = 0;

  constructor(start: StartIndex, files: { readonly mayUse: MayUse; readonly find: FindFiles }, log: Log) {
    this.#start = start;
    this.#mayUse = files.mayUse;
    this.#findFiles = files.find;
    this.#log = log;
  }

  async find(question: string, count: number): Promise<readonly FoundChunk[]> {
    this.#filled ??= this.#fill();
    await this.#filled;
    const id = ++this.#questions;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ type: "find", id, question, count });
    });
  }

  dispose(): void {
    this.#disposables.dispose();
    this.#forget();
  }

  async #fill(): Promise<void> {
    this.#seat = this.#start({
      onAnswer: ({ id, found }) => {
        this.#waiting.get(id)?.(found);
        this.#waiting.delete(id);
      },
      onFailure: ({ message }) => {
        this.#log.error(`@workspace: the index stopped (${message}); the next question builds it anew`);
        this.#forget();
      },
    });
    this.#follow();
    const startedAt = Date.now();
    const uris = await this.#findFiles(glob, mostFiles);
    for (const uri of uris) await this.#read(uri);
    this.#log.info(`@workspace: read ${uris.length} files in ${Date.now() - startedAt} ms`);
  }

  #follow(): void {
    const watcher = this.#disposables.add(vscode.workspace.createFileSystemWatcher(glob));
    this.#disposables.add(watcher.onDidChange((uri) => void this.#put(uri)));
    this.#disposables.add(watcher.onDidCreate((uri) => void this.#put(uri)));
    this.#disposables.add(
      watcher.onDidDelete((uri) =>
        this.#send({ type: "remove", path: vscode.workspace.asRelativePath(uri) }),
      ),
    );
  }

  async #put(uri: vscode.Uri): Promise<void> {
    if (await this.#mayUse(uri)) await this.#read(uri);
  }

  async #read(uri: vscode.Uri): Promise<void> {
    try {
      const { size } = await vscode.workspace.fs.stat(uri);
      if (size > largestFileBytes) return;
      const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
      if (!text.includes("\0")) this.#send({ type: "put", path: vscode.workspace.asRelativePath(uri), text });
    } catch (error) {
      // Files come and go while a branch is switched; the watcher tells of what stays.
      this.#log.debug(`@workspace: ${vscode.workspace.asRelativePath(uri)} could not be read (${error})`);
    }
  }

  #send(message: ToIndex): void {
    this.#seat?.send(message);
  }

  #forget(): void {
    this.#seat?.end();
    this.#seat = undefined;
    this.#filled = undefined;
    for (const resolve of this.#waiting.values()) resolve([]);
    this.#waiting.clear();
  }
}
