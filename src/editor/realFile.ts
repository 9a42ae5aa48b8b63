import * as vscode from "vscode";
import { linkTarget, type RealPath } from "./linkTarget.ts";

/**
 * The file of the workspace that a document shows, links followed: `git:` and the like show versions of files, under the
 * files' own paths.
 * @param realPath undefined where there is no disk; a link is not followed there.
 * @returns undefined when a link leads out of the workspace, or when it cannot be told where it leads.
 */
export async function realFile(
  uri: vscode.Uri,
  realPath: RealPath | undefined,
): Promise<vscode.Uri | undefined> {
  const file = shownFile(uri);
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (realPath && file.scheme === "file") {
    const paths = folders.filter((folder) => folder.uri.scheme === "file").map((folder) => folder.uri.fsPath);
    const target = await linkTarget(file.fsPath, paths, realPath);
    if (target === undefined) return undefined;
    return target === file.fsPath ? file : vscode.Uri.file(target);
  }
  return (await isLink(file)) ? undefined : file;
}

/** The file that a document is a version of; the document itself when it lies in no folder of the workspace. */
export function shownFile(uri: vscode.Uri): vscode.Uri {
  // A text that was never saved has a name and no path.
  if (vscode.workspace.getWorkspaceFolder(uri) || !/^\/(?!\/)/.test(uri.path)) return uri;
  for (const { uri: folder } of vscode.workspace.workspaceFolders ?? []) {
    const file = uri.with({ scheme: folder.scheme, authority: folder.authority, query: "", fragment: "" });
    if (vscode.workspace.getWorkspaceFolder(file)) return file;
  }
  return uri;
}

async function isLink(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.SymbolicLink) !== 0;
  } catch {
    // Nothing is there, or it is no file at all but a text of the editor's.
    return false;
  }
}
