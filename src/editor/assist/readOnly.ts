import { stat } from "node:fs/promises";
import * as vscode from "vscode";

/** Kinds of documents that can be edited although they are no files of a file system. */
const editable = new Set(["file", "untitled", "vscode-notebook-cell", "vscode-userdata"]);

/** What the editor goes by, too. */
const ownerWrites = 0o200;

/**
 * Whether a document cannot be changed. VS Code does not tell, and lets an extension write into the text of a read-only
 * editor, where it can be neither saved nor taken back.
 */
export async function isReadOnly(document: vscode.TextDocument): Promise<boolean> {
  const { uri } = document;
  const isWritable = vscode.workspace.fs.isWritableFileSystem(uri.scheme);
  if (isWritable === false || (isWritable === undefined && !editable.has(uri.scheme))) return true;
  if (uri.scheme === "untitled") return false;
  const files = vscode.workspace.getConfiguration("files", uri);
  const matches = (setting: string): boolean =>
    Object.entries(files.get<Readonly<Record<string, boolean>>>(setting, {})).some(
      ([glob, isOn]) => isOn && isIn(document, glob),
    );
  if (matches("readonlyInclude") && !matches("readonlyExclude")) return true;
  try {
    if (uri.scheme === "file" && files.get<boolean>("readonlyFromPermissions", false))
      return ((await stat(uri.fsPath)).mode & ownerWrites) === 0;
    const { permissions = 0 } = await vscode.workspace.fs.stat(uri);
    return (permissions & vscode.FilePermission.Readonly) !== 0;
  } catch {
    // A cell, or a file that is not there any more, which can be written anew.
    return false;
  }
}

function isIn(document: vscode.TextDocument, glob: string): boolean {
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  const patterns: readonly vscode.GlobPattern[] = [
    glob,
    ...(folder ? [new vscode.RelativePattern(folder, glob)] : []),
  ];
  return patterns.some((pattern) => vscode.languages.match({ pattern }, document) > 0);
}
