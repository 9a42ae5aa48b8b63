import * as vscode from "vscode";
import { DisposableStore } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import { type GitApi, type GitRepository, gitApi } from "./git.ts";

const mostAnswers = 500;

/** Asks git, through the editor's git extension, whether it ignores a file; no repository means that nothing is ignored. */
export class IgnoredFiles implements vscode.Disposable {
  readonly #log: Log;
  readonly #disposables = new DisposableStore();
  readonly #answers = new Map<string, Promise<boolean>>();
  readonly #settled = new Map<string, boolean>();
  #listens = false;

  constructor(log: Log) {
    this.#log = log;
    const watcher = vscode.workspace.createFileSystemWatcher("**/.gitignore");
    this.#disposables.add(watcher);
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) {
      this.#disposables.add(event(() => this.#forget()));
    }
  }

  isIgnored(uri: string): boolean | Promise<boolean> {
    const settled = this.#settled.get(uri);
    if (settled !== undefined) return settled;
    let answer = this.#answers.get(uri);
    if (!answer) {
      if (this.#answers.size >= mostAnswers) this.#forget();
      answer = this.#ask(vscode.Uri.parse(uri));
      this.#answers.set(uri, answer);
      void answer.then((ignored) => {
        if (this.#answers.has(uri)) this.#settled.set(uri, ignored);
      });
    }
    return answer;
  }

  /** Those of `uris` that git ignores, asked at once; nothing is remembered. */
  async among(uris: readonly string[]): Promise<ReadonlySet<string>> {
    const ignored = new Set<string>();
    try {
      const git = await this.#git();
      const byRepository = new Map<GitRepository, Map<string, string>>();
      for (const uri of uris) {
        const parsed = vscode.Uri.parse(uri);
        const repository = isOnDisk(parsed) ? git?.getRepository(parsed) : null;
        if (!repository) continue;
        const paths = byRepository.get(repository) ?? new Map<string, string>();
        byRepository.set(repository, paths.set(parsed.fsPath, uri));
      }
      for (const [repository, paths] of byRepository) {
        for (const path of await ignoredOf(repository, [...paths.keys()])) ignored.add(paths.get(path) ?? "");
      }
    } catch (error) {
      this.#log.warn(`Git could not tell which files it ignores: ${String(error)}`);
    }
    return ignored;
  }

  dispose(): void {
    this.#disposables.dispose();
    this.#forget();
  }

  async #ask(asked: vscode.Uri): Promise<boolean> {
    const uri = fileOf(asked);
    if (!isOnDisk(uri)) return false;
    try {
      const git = await this.#git();
      const repository = git?.getRepository(uri);
      return repository ? (await ignoredOf(repository, [uri.fsPath])).has(uri.fsPath) : false;
    } catch (error) {
      this.#log.warn(`Git could not tell whether it ignores a file: ${String(error)}`);
      return false;
    }
  }

  async #git(): Promise<GitApi | undefined> {
    const api = await gitApi();
    if (!api) return undefined;
    if (!this.#listens) {
      this.#listens = true;
      // Files that were asked about before git had found their repository counted as not ignored.
      this.#disposables.add(api.onDidOpenRepository(() => this.#forget()));
    }
    return api;
  }

  #forget(): void {
    this.#answers.clear();
    this.#settled.clear();
  }
}

/** The notebook's file for one of its cells. */
function fileOf(uri: vscode.Uri): vscode.Uri {
  if (uri.scheme !== "vscode-notebook-cell") return uri;
  const cell = uri.toString();
  const holds = (notebook: vscode.NotebookDocument): boolean =>
    notebook.getCells().some(({ document }) => document.uri.toString() === cell);
  return vscode.workspace.notebookDocuments.find(holds)?.uri ?? uri;
}

const isOnDisk = ({ scheme }: vscode.Uri): boolean => scheme === "file" || scheme === "vscode-remote";

/**
 * Asked again where nothing seems ignored: VS Code's git extension answers when git exits, which under load may be before
 * git's output has come.
 */
async function ignoredOf(repository: GitRepository, paths: string[]): Promise<ReadonlySet<string>> {
  const ignored = await repository.checkIgnore(paths);
  return ignored.size > 0 ? ignored : repository.checkIgnore(paths);
}
