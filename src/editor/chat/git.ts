import * as vscode from "vscode";

/** The parts of the API of VS Code's built-in git extension (version 1) that are used here. */
interface GitApi {
  readonly repositories: readonly Repository[];
  getRepository(uri: vscode.Uri): Repository | null;
}

interface Repository {
  readonly rootUri: vscode.Uri;
  readonly inputBox: { value: string };
  diff(cached?: boolean): Promise<string>;
}

async function repository(): Promise<Repository | undefined> {
  const extension = vscode.extensions.getExtension<{ getAPI(version: 1): GitApi }>("vscode.git");
  if (!extension) return undefined;
  const api = (await extension.activate()).getAPI(1);
  const active = vscode.window.activeTextEditor?.document.uri;
  return (active && api.getRepository(active)) ?? api.repositories[0];
}

export const git = {
  /** The diff of the index (`staged`) or of the working tree; empty without a repository or without changes. */
  async diff(staged: boolean): Promise<string> {
    return (await (await repository())?.diff(staged)) ?? "";
  },

  /** Puts `message` into the commit box. @returns false when there is no repository. */
  async setCommitMessage(message: string): Promise<boolean> {
    const found = await repository();
    if (!found) return false;
    found.inputBox.value = message;
    return true;
  },
};
