import * as vscode from "vscode";

/** Shows a line (from 1) of a file that a path names as the chat does: relative, with the folder in front where there are several. */
export async function openPlace(path: string, startLine: number): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  for (const folder of folders) {
    const inFolder =
      path.startsWith(`${folder.name}/`) && folders.length > 1 ? path.slice(folder.name.length + 1) : path;
    const uri = vscode.Uri.joinPath(folder.uri, inFolder);
    try {
      await vscode.workspace.fs.stat(uri);
    } catch {
      continue;
    }
    const at = new vscode.Range(startLine - 1, 0, startLine - 1, 0);
    await vscode.window.showTextDocument(uri, { selection: at });
    return;
  }
  void vscode.window.showWarningMessage(`${path} is no longer in the workspace.`);
}
