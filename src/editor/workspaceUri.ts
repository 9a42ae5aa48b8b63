import * as vscode from "vscode";

/**
 * The file or folder that a path of the chat names: relative, with the folder's name in front where there are several.
 * @returns undefined when there is none, or when the path leads out of the workspace.
 */
export async function workspaceUri(path: string): Promise<vscode.Uri | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  for (const folder of folders) {
    const isNamed = folders.length > 1 && path.startsWith(`${folder.name}/`);
    const uri = vscode.Uri.joinPath(folder.uri, isNamed ? path.slice(folder.name.length + 1) : path);
    if (!vscode.workspace.getWorkspaceFolder(uri)) continue;
    try {
      await vscode.workspace.fs.stat(uri);
      return uri;
    } catch (error) {
      if (!(error instanceof vscode.FileSystemError)) throw error;
    }
  }
  return undefined;
}
