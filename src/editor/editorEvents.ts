import * as vscode from "vscode";
import { DisposableStore } from "../base/disposable.ts";
import type { CompletionApi, EditorSituation } from "../completion/completionApi.ts";
import { type ChangeKind, changeKindOf } from "./changeKind.ts";
import { GhostFollower, type ShownGhost } from "./shownGhost.ts";

interface LastChange {
  readonly kind: ChangeKind;
  readonly version: number;
  /** Where the cursor came to rest after the change, as soon as that is known. */
  cursor?: vscode.Position;
  stale: boolean;
}

/** Follows what the user does in documents: the kind of the last change, and what becomes of shown suggestions. */
export class EditorEvents implements vscode.Disposable {
  readonly #api: Pick<CompletionApi, "accepted" | "rejected" | "putAway">;
  readonly #disposables = new DisposableStore();
  readonly #changes = new Map<string, LastChange>();
  readonly #ghost = new GhostFollower();
  /** Suggestions whose whole acceptance has been told. */
  readonly #told = new Set<number>();
  #acceptedLast: { readonly id: number; readonly uri: string } | undefined;
  #acceptingPart = 0;

  constructor(api: Pick<CompletionApi, "accepted" | "rejected" | "putAway">) {
    this.#api = api;
    this.#disposables.add(vscode.workspace.onDidChangeTextDocument((event) => this.#documentChanged(event)));
    this.#disposables.add(
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        this.#lookAt(textEditor.document, textEditor.selection.active);
      }),
    );
    this.#disposables.add(
      vscode.workspace.onDidCloseTextDocument((document) => this.#changes.delete(document.uri.toString())),
    );
  }

  situation(document: vscode.TextDocument, position: vscode.Position): EditorSituation {
    const editor = vscode.window.activeTextEditor;
    const selections = editor?.document === document ? editor.selections : [];
    const change = this.#lookAt(document, position);
    return {
      cursorCount: Math.max(1, selections.length),
      hasSelection: selections.some((selection) => !selection.isEmpty),
      ...(change && { lastChange: { kind: change.kind, stale: change.stale } }),
    };
  }

  shown(ghost: ShownGhost): void {
    this.#ghost.show(ghost);
  }

  /** The editor says that a suggestion was inserted whole. */
  acceptedWhole(id: number, uri: string): void {
    const change = this.#changes.get(uri);
    if (change?.kind === "paste" || change?.kind === "typing") {
      this.#changes.set(uri, { ...change, kind: "accept" });
    }
    this.#ghost.clear();
    this.#tellAccepted(id, uri);
  }

  /** Runs one of the editor's commands that accept a part of the ghost text. */
  async acceptPart(command: string): Promise<void> {
    this.#acceptingPart++;
    try {
      await vscode.commands.executeCommand(command);
    } finally {
      this.#acceptingPart--;
    }
  }

  /** Hides what is shown, which then grows no more; the editor does not tell of what it hides by itself. */
  async putAway(): Promise<void> {
    this.#ghost.clear();
    this.#api.putAway();
    await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
  }

  /** Hides what is shown and remembers that it was not wanted. */
  async dismiss(): Promise<void> {
    const { ghost } = this.#ghost;
    this.#ghost.clear();
    await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    const [first] = ghost?.candidates ?? [];
    if (first) this.#api.rejected(first.id);
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #documentChanged({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0) return;
    const uri = document.uri.toString();
    const undoing = undoReason(reason);
    const shape = contentChanges.map(({ text, rangeLength }) => ({ text, replacedLength: rangeLength }));
    const taken = undoing ? undefined : this.#followGhost(uri, contentChanges);
    if (undoing === "undo" && this.#acceptedLast?.uri === uri) this.#api.rejected(this.#acceptedLast.id);
    if (!taken) this.#acceptedLast = undefined;
    const kind = taken === "accept" ? "accept" : changeKindOf(undoing, shape);
    this.#changes.set(uri, { kind, version: document.version, stale: false });
  }

  #followGhost(uri: string, changes: readonly vscode.TextDocumentContentChangeEvent[]): "accept" | undefined {
    const [change] = changes;
    if (!change || changes.length > 1 || this.#ghost.ghost?.uri !== uri) return undefined;
    const { line, character } = change.range.start;
    const edit = { line, character, text: change.text.replaceAll("\r\n", "\n") };
    const outcome = this.#ghost.changed(uri, edit, this.#acceptingPart > 0);
    if (outcome.kind === "accepted") this.#tellAccepted(outcome.id, uri);
    else if (outcome.kind === "partlyAccepted") this.#api.accepted(outcome.id, outcome.acceptedChars);
    else return undefined;
    return "accept";
  }

  #tellAccepted(id: number, uri: string): void {
    this.#acceptedLast = { id, uri };
    if (this.#told.has(id)) return;
    this.#told.add(id);
    this.#api.accepted(id);
  }

  /** The first look after a change tells where it left the cursor; any other place later means that it has moved. */
  #lookAt(document: vscode.TextDocument, position: vscode.Position): LastChange | undefined {
    const change = this.#changes.get(document.uri.toString());
    if (!change) return undefined;
    change.cursor ??= position;
    if (!change.cursor.isEqual(position)) change.stale = true;
    return change;
  }
}

function undoReason(reason: vscode.TextDocumentChangeReason | undefined): "undo" | "redo" | undefined {
  if (reason === vscode.TextDocumentChangeReason.Undo) return "undo";
  return reason === vscode.TextDocumentChangeReason.Redo ? "redo" : undefined;
}
