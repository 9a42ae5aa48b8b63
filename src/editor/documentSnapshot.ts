import * as vscode from "vscode";
import {
  type DocumentSnapshot,
  snapshotPrefixLimit,
  snapshotSuffixLimit,
} from "../completion/documentSnapshot.ts";
import { type LineSource, windowAfter, windowBefore } from "./textWindow.ts";

const cellSeparator = "\n\n";

/** Reads a bounded part of the document, so that a keystroke in a file of 10 MB costs no more than in a small one. */
export function takeSnapshot(document: vscode.TextDocument, position: vscode.Position): DocumentSnapshot {
  const lines = linesOf(document);
  const before = windowBefore(lines, position.line, position.character, snapshotPrefixLimit);
  const after = windowAfter(lines, position.line, position.character, snapshotSuffixLimit);
  const cells = cellsAround(document);
  const above = before.cut ? [] : fitting(cells.above, snapshotPrefixLimit - before.text.length);
  const below = after.cut ? [] : fitting(cells.below, snapshotSuffixLimit - after.text.length);
  return {
    uri: document.uri.toString(),
    path: pathOf(document.uri),
    languageId: document.languageId,
    version: document.version,
    eol: document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n",
    prefix: above.toReversed().join("") + before.text,
    suffix: after.text + below.join(""),
    position: { line: position.line, character: position.character },
    lineCount: document.lineCount,
    length: document.offsetAt(document.lineAt(document.lineCount - 1).range.end),
    indentation: indentationOf(document),
  };
}

/** Workspace-relative with forward slashes; the file's name where it lies in no folder of the workspace. */
export function pathOf(uri: vscode.Uri): string {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  if (!folder) return uri.path.slice(uri.path.lastIndexOf("/") + 1) || uri.path;
  return vscode.workspace.asRelativePath(uri, false);
}

function linesOf(document: vscode.TextDocument): LineSource {
  return { lineCount: document.lineCount, line: (index) => document.lineAt(index).text };
}

/** Texts of cells with a blank line towards the cell in between, nearest first. */
interface Cells {
  readonly above: readonly string[];
  readonly below: readonly string[];
}

/** The other cells of the notebook in the same language; nothing for a document that is no cell. */
function cellsAround(document: vscode.TextDocument): Cells {
  const none: Cells = { above: [], below: [] };
  if (document.uri.scheme !== "vscode-notebook-cell") return none;
  for (const notebook of vscode.workspace.notebookDocuments) {
    const cells = notebook.getCells();
    const own = cells.findIndex((cell) => cell.document === document);
    if (own < 0) continue;
    const texts = (some: readonly vscode.NotebookCell[]): string[] =>
      some
        .filter((cell) => cell.document.languageId === document.languageId)
        .map((cell) => cell.document.getText().replaceAll("\r\n", "\n"));
    return {
      above: texts(cells.slice(0, own).reverse()).map((text) => text + cellSeparator),
      below: texts(cells.slice(own + 1)).map((text) => cellSeparator + text),
    };
  }
  return none;
}

/** The first texts, nearest cell first, as long as they fit whole. */
function fitting(texts: readonly string[], limit: number): readonly string[] {
  let length = 0;
  const tooMany = texts.findIndex((text) => {
    length += text.length;
    return length > limit;
  });
  return tooMany < 0 ? texts : texts.slice(0, tooMany);
}

function indentationOf(document: vscode.TextDocument): DocumentSnapshot["indentation"] {
  const editor = vscode.window.visibleTextEditors.find((visible) => visible.document === document);
  const { tabSize, insertSpaces } = editor?.options ?? configuredIndentation(document);
  return { insertSpaces: insertSpaces !== false, tabSize: Number(tabSize) > 0 ? Number(tabSize) : 4 };
}

/** Costs far more than the rest of a snapshot: the editor copies its whole section of settings. */
function configuredIndentation(document: vscode.TextDocument): vscode.TextEditorOptions {
  const configured = vscode.workspace.getConfiguration("editor", document);
  const [tabSize, insertSpaces] = [
    configured.get<number>("tabSize"),
    configured.get<boolean>("insertSpaces"),
  ];
  return { ...(tabSize !== undefined && { tabSize }), ...(insertSpaces !== undefined && { insertSpaces }) };
}
