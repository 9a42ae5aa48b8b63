import * as vscode from "vscode";
import type { Clock } from "../base/clock.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { DocumentSnapshot } from "../completion/documentSnapshot.ts";
import { takeSnapshot } from "./documentSnapshot.ts";
import type { ModelControl } from "./modelControl.ts";

/** What evaluates a prompt ahead; never throws. */
export interface Warm {
  warm(document: DocumentSnapshot): Promise<void>;
}

/** A cursor that has not moved for so long rests. Who opens a file at a place moves it there at once. */
const restMs = 300;

/** Lets the embedded engine load and read while the user still looks: where the cursor comes to rest without a key. */
export class Warmer implements Disposable {
  readonly #completion: Warm;
  readonly #control: ModelControl;
  readonly #clock: Clock;
  readonly #disposables = new DisposableStore();
  #model: string | undefined;
  #moved: Disposable | undefined;
  /** The document that the cursor was in last, as it was then. */
  #seen: { readonly uri: string; readonly version: number } | undefined;

  constructor(completion: Warm, control: ModelControl, clock: Clock) {
    this.#completion = completion;
    this.#control = control;
    this.#clock = clock;
    this.#disposables.add(vscode.window.onDidChangeActiveTextEditor((editor) => this.#shown(editor)));
    this.#disposables.add(
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (textEditor === vscode.window.activeTextEditor) this.#cursorMoved(textEditor);
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
    this.#moved?.dispose();
    this.#disposables.dispose();
  }

  #shown(editor: vscode.TextEditor | undefined): void {
    this.#seen = editor && seenIn(editor);
    this.#awaitRest();
  }

  /** A key moves the cursor too, and its own request reads the prompt. */
  #cursorMoved(editor: vscode.TextEditor): void {
    const seen = seenIn(editor);
    const isByChange = this.#seen?.uri === seen.uri && this.#seen.version !== seen.version;
    this.#seen = seen;
    if (isByChange) this.#moved?.dispose();
    else this.#awaitRest();
  }

  #awaitRest(): void {
    this.#moved?.dispose();
    this.#moved = this.#clock.after(restMs, () => this.#warm(vscode.window.activeTextEditor));
  }

  #warm(editor: vscode.TextEditor | undefined): void {
    // A server may cost money or be slow, and it does not know this request: only the engine is asked ahead.
    if (!editor?.selection.isEmpty || !this.#control.hasEngine) return;
    void this.#completion.warm(takeSnapshot(editor.document, editor.selection.active));
  }
}

function seenIn({ document }: vscode.TextEditor): { readonly uri: string; readonly version: number } {
  return { uri: document.uri.toString(), version: document.version };
}
