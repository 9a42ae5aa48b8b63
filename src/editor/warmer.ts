import * as vscode from "vscode";
import type { Clock } from "../base/clock.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { DocumentSnapshot } from "../completion/documentSnapshot.ts";
import { type CursorDocument, CursorRest } from "./cursorRest.ts";
import { takeSnapshot } from "./documentSnapshot.ts";
import type { ModelControl } from "./modelControl.ts";

/** What evaluates a prompt ahead; never throws. */
export interface Warm {
  warm(document: DocumentSnapshot): Promise<void>;
}

/** Lets the embedded engine load and read while the user still looks: where the cursor comes to rest without a key. */
export class Warmer implements Disposable {
  readonly #completion: Warm;
  readonly #control: ModelControl;
  readonly #disposables = new DisposableStore();
  #model: string | undefined;

  constructor(completion: Warm, control: ModelControl, clock: Clock) {
    this.#completion = completion;
    this.#control = control;
    const rest = this.#disposables.add(
      new CursorRest(clock, () => this.#warm(vscode.window.activeTextEditor)),
    );
    rest.shown(vscode.window.activeTextEditor && documentIn(vscode.window.activeTextEditor));
    this.#disposables.add(
      vscode.window.onDidChangeActiveTextEditor((editor) => rest.shown(editor && documentIn(editor))),
    );
    this.#disposables.add(
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, kind }) => {
        const byMouse = kind === vscode.TextEditorSelectionChangeKind.Mouse;
        // A key moves the cursor too, and its own request reads the prompt.
        if (textEditor === vscode.window.activeTextEditor) rest.moved(documentIn(textEditor), byMouse);
      }),
    );
    this.#disposables.add(
      control.onChange(() => {
        if (control.name === this.#model) return;
        this.#model = control.name;
        this.#warm(vscode.window.activeTextEditor);
      }),
    );
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  /** False where nothing is read. */
  #warm(editor: vscode.TextEditor | undefined): boolean {
    // A server may cost money or be slow, and it does not know this request: only the engine is asked ahead.
    if (!editor || !this.#control.hasEngine) return false;
    const { selections, selection, document } = editor;
    if (selections.length > 1 || !selection.isEmpty) return false;
    void this.#completion.warm(takeSnapshot(document, selection.active));
    return true;
  }
}

function documentIn({ document }: vscode.TextEditor): CursorDocument {
  return { uri: document.uri.toString(), version: document.version };
}
