import picomatch from "picomatch";
import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { Emitter } from "../../base/emitter.ts";
import type { Log } from "../../base/log.ts";
import type { CompletionSettings } from "../../completion/completionSettings.ts";
import { isSecretFile } from "../../context/secretFiles.ts";
import type { WorkspaceFile, WorkspaceFiles } from "../../context/workspaceFiles.ts";
import { pathOf } from "../documentSnapshot.ts";
import type { IgnoredFiles } from "../ignoredFiles.ts";
import type { Settings } from "../settings.ts";

const largestFileBytes = 400_000;
const asksAtOnce = 200;

/** The workspace's files for an index of definitions, without those that are excluded, ignored by git or secret. */
export class IndexedFiles implements WorkspaceFiles, vscode.Disposable {
  readonly #settings: Settings;
  readonly #ignored: IgnoredFiles;
  readonly #log: Log;
  readonly #disposables = new DisposableStore();
  readonly #changed = this.#disposables.add(new Emitter<WorkspaceFile>());
  readonly onChanged = this.#changed.listen;
  readonly #watched = new Set<string>();

  constructor(settings: Settings, ignored: IgnoredFiles, log: Log) {
    this.#settings = settings;
    this.#ignored = ignored;
    this.#log = log;
  }

  async list(extensions: readonly string[], limit: number): Promise<readonly WorkspaceFile[]> {
    this.#watch(extensions);
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    if (!folder) return [];
    const excluded = this.#settingsOf(folder.uri.toString()).excludeGlobs;
    const exclude = excluded.length > 0 ? `{${excluded.join(",")}}` : undefined;
    const uris = await vscode.workspace.findFiles(`**/*.{${extensions.join(",")}}`, exclude, limit);
    const files = uris.map(fileOf).filter((file) => this.#isAllowed(file));
    return this.#withoutIgnored(files);
  }

  async read(file: WorkspaceFile): Promise<string | undefined> {
    if (!this.#isAllowed(file)) return undefined;
    const uri = vscode.Uri.parse(file.uri);
    try {
      const { size } = await vscode.workspace.fs.stat(uri);
      if (size > largestFileBytes) return undefined;
      const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
      return text.includes("\0") ? undefined : text.replaceAll("\r\n", "\n");
    } catch (error) {
      // Files come and go while a branch is switched; the watcher tells of what stays.
      this.#log.debug(`${file.path} could not be read for the index: ${String(error)}`);
      return undefined;
    }
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #watch(extensions: readonly string[]): void {
    const glob = `**/*.{${extensions.join(",")}}`;
    if (this.#watched.has(glob)) return;
    this.#watched.add(glob);
    const watcher = this.#disposables.add(vscode.workspace.createFileSystemWatcher(glob));
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) {
      this.#disposables.add(event((uri) => void this.#tell(fileOf(uri))));
    }
  }

  async #tell(file: WorkspaceFile): Promise<void> {
    if (!this.#isAllowed(file)) return;
    const [kept] = await this.#withoutIgnored([file]);
    if (kept) this.#changed.fire(kept);
  }

  #isAllowed({ path, uri }: WorkspaceFile): boolean {
    const globs = [...this.#settingsOf(uri).excludeGlobs];
    if (isSecretFile(path)) return false;
    return globs.length === 0 || !picomatch.isMatch(path, globs, { dot: true, nocase: true });
  }

  #settingsOf(uri: string): CompletionSettings {
    return this.#settings.completion({ uri, languageId: "" });
  }

  async #withoutIgnored(files: readonly WorkspaceFile[]): Promise<readonly WorkspaceFile[]> {
    const [first] = files;
    if (!first || !this.#settingsOf(first.uri).respectGitignore) return files;
    const kept: WorkspaceFile[] = [];
    for (let at = 0; at < files.length; at += asksAtOnce) {
      const some = files.slice(at, at + asksAtOnce);
      const ignored = await this.#ignored.among(some.map(({ uri }) => uri));
      kept.push(...some.filter(({ uri }) => !ignored.has(uri)));
    }
    return kept;
  }
}

const fileOf = (uri: vscode.Uri): WorkspaceFile => ({ uri: uri.toString(), path: pathOf(uri) });
