import * as vscode from "vscode";
import { workspaceUri } from "../workspaceUri.ts";

/** Shows a line (from 1) of a file that a path names as the chat does. */
export async function openPlace(path: string, startLine: number): Promise<void> {
  const uri = await workspaceUri(path);
  if (!uri) {
    void vscode.window.showWarningMessage(`${path} is no longer in the workspace.`);
    return;
  }
  const at = new vscode.Range(startLine - 1, 0, startLine - 1, 0);
  await vscode.window.showTextDocument(uri, { selection: at });
}

/** Opens an address by the editor's own opener, which asks first. */
export async function openLink(href: string): Promise<void> {
  const uri = vscode.Uri.parse(href);
  // As it is written: of a `Uri` the editor would open an address in which `%26` has become `&`.
  if (/^https?$/.test(uri.scheme)) await vscode.commands.executeCommand("vscode.open", href);
  else if (uri.scheme === "mailto") await vscode.env.openExternal(uri);
}
