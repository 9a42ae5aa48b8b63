import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { DocumentSnapshot } from "../completion/documentSnapshot.ts";
import { takeSnapshot } from "./documentSnapshot.ts";
import type { ModelControl } from "./modelControl.ts";

/** What evaluates a prompt ahead; never throws. */
export interface Warm {
  warm(document: DocumentSnapshot): Promise<void>;
}

/** Lets the embedded engine load and read while the user still looks: when a file is opened or another one is shown. */
export class Warmer implements Disposable {
  readonly #completion: Warm;
  readonly #control: ModelControl;
  readonly #disposables = new DisposableStore();
  #model: string | undefined;

  constructor(completion: Warm, control: ModelControl) {
    this.#completion = completion;
    this.#control = control;
    this.#disposables.add(vscode.window.onDidChangeActiveTextEditor((editor) => this.#warm(editor)));
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

  #warm(editor: vscode.TextEditor | undefined): void {
    // A server may cost money or be slow, and it does not know this request: only the engine is asked ahead.
    if (!editor || !this.#control.hasEngine) return;
    void this.#completion.warm(takeSnapshot(editor.document, editor.selection.active));
  }
}
