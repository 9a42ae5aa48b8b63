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
