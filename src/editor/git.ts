import * as vscode from "vscode";

/** What is used of the API of VS Code's built-in git extension (version 1). The one place that describes it. */
export interface GitApi {
  readonly repositories: readonly GitRepository[];
  readonly onDidOpenRepository: vscode.Event<unknown>;
  getRepository(uri: vscode.Uri): GitRepository | null;
}

export interface GitRepository {
  readonly rootUri: vscode.Uri;
  readonly inputBox: { value: string };
  readonly state: {
    readonly indexChanges: readonly GitChange[];
    readonly mergeChanges: readonly GitChange[];
    readonly workingTreeChanges: readonly GitChange[];
    readonly untrackedChanges: readonly GitChange[];
  };
  /** Those of `paths` that git ignores. */
  checkIgnore(paths: string[]): Promise<Set<string>>;
  /** The text of a file at a revision, an empty `ref` being the index; rejects when the file is not in it. */
  show(ref: string, path: string): Promise<string>;
}

export interface GitChange {
  readonly uri: vscode.Uri;
  /** Where the file was before; the same where it was not renamed. */
  readonly originalUri: vscode.Uri;
}

interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

/** The git extension's API, or undefined where the extension is missing or switched off. */
export async function gitApi(): Promise<GitApi | undefined> {
  const extension = vscode.extensions.getExtension<GitExtension>("vscode.git");
  const git = extension && (extension.isActive ? extension.exports : await extension.activate());
  return git?.enabled ? git.getAPI(1) : undefined;
}

/** The repository of the active file, else the first one. */
export async function currentRepository(): Promise<GitRepository | undefined> {
  const api = await gitApi();
  const active = vscode.window.activeTextEditor?.document.uri;
  return (active && api?.getRepository(active)) ?? api?.repositories[0];
}
