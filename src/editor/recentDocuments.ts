import * as vscode from "vscode";
import { DisposableStore } from "../base/disposable.ts";
import type { OpenDocument, OpenDocuments } from "../context/openDocuments.ts";
import { pathOf } from "./documentSnapshot.ts";

/** Documents that are remembered; more would make the search for similar code slow. */
const remembered = 20;

/** Longer ones are read up to here. */
const longestText = 100_000;

/** The documents that the user sees, edits or has just left, most recent first. */
export class RecentDocuments implements OpenDocuments, vscode.Disposable {
  readonly #disposables = new DisposableStore();
  /** Oldest first. */
  readonly #documents = new Set<vscode.TextDocument>();

  constructor() {
    for (const editor of vscode.window.visibleTextEditors) this.#touch(editor.document);
    if (vscode.window.activeTextEditor) this.#touch(vscode.window.activeTextEditor.document);
    this.#disposables.add(
      vscode.window.onDidChangeActiveTextEditor((editor) => editor && this.#touch(editor.document)),
    );
    this.#disposables.add(vscode.workspace.onDidChangeTextDocument(({ document }) => this.#touch(document)));
    this.#disposables.add(
      vscode.workspace.onDidCloseTextDocument((document) => this.#documents.delete(document)),
    );
  }

  list(): readonly OpenDocument[] {
    return [...this.#documents]
      .reverse()
      .filter((document) => !document.isClosed)
      .map((document) => ({
        uri: document.uri.toString(),
        path: pathOf(document.uri),
        languageId: document.languageId,
        version: document.version,
        text: () => beginning(document),
      }));
  }

  dispose(): void {
    this.#disposables.dispose();
    this.#documents.clear();
  }

  #touch(document: vscode.TextDocument): void {
    if (
      !["file", "untitled", "vscode-notebook-cell", "vscode-remote", "vscode-vfs"].includes(
        document.uri.scheme,
      )
    ) {
      return;
    }
    this.#documents.delete(document);
    this.#documents.add(document);
    const [oldest] = this.#documents;
    if (oldest && this.#documents.size > remembered) this.#documents.delete(oldest);
  }
}

function beginning(document: vscode.TextDocument): string {
  const range = new vscode.Range(new vscode.Position(0, 0), document.positionAt(longestText));
  return document.getText(range).replaceAll("\r\n", "\n");
}
