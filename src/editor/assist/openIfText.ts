import * as vscode from "vscode";
import type { Log } from "../../base/log.ts";

/** A document; undefined for what is no text, is gone, or is something that nobody can show. */
export async function openIfText(log: Log, uri: vscode.Uri): Promise<vscode.TextDocument | undefined> {
  try {
    return await vscode.workspace.openTextDocument(uri);
  } catch (error) {
    log.debug(`${uri.toString()} is left out: it cannot be read as text (${String(error)})`);
    return undefined;
  }
}
