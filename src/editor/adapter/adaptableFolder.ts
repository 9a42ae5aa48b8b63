import * as vscode from "vscode";

/** The first folder of the window that is on disk: an adapter belongs to it. */
export function adaptableFolder(): vscode.Uri | undefined {
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri;
}
