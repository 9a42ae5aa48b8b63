import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { WispError } from "../../base/wispError.ts";
import type { AssistServices } from "./assistServices.ts";
import { explainBriefly } from "./explain.ts";

interface Wanted {
  readonly uri: string;
  readonly version: number;
  readonly at: vscode.Position;
  readonly text: Promise<string | undefined>;
}

/** Shows a short explanation as a hover at the cursor, and only when the user asks for it. */
export class ExplainHover implements vscode.HoverProvider, vscode.Disposable {
  readonly #services: AssistServices;
  readonly #disposables = new DisposableStore();
  #wanted: Wanted | undefined;
  #running: AbortController | undefined;

  constructor(services: AssistServices) {
    this.#services = services;
    this.#disposables.add(vscode.languages.registerHoverProvider({ pattern: "**" }, this));
    this.#disposables.add(vscode.commands.registerCommand("wisp.explainBriefly", () => this.show()));
  }

  async show(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      void vscode.window.showInformationMessage("Open a file first.");
      return;
    }
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    const text = explainBriefly(this.#services, running.signal).catch((error: unknown) => {
      if (!(error instanceof WispError)) throw error;
      this.#services.log.error(`Explain: ${error.code}: ${error.message}`);
      return `${error.message} ${error.hint}`;
    });
    const { document, selection } = editor;
    this.#wanted = { uri: document.uri.toString(), version: document.version, at: selection.active, text };
    await vscode.commands.executeCommand("editor.action.showHover");
    await text;
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    const wanted = this.#wanted;
    if (wanted?.uri !== document.uri.toString() || wanted.version !== document.version) return undefined;
    if (!wanted.at.isEqual(position)) return undefined;
    const cancelled = token.onCancellationRequested(() => {
      // The user has moved on.
      if (this.#wanted === wanted) this.#running?.abort();
    });
    try {
      const text = await wanted.text;
      if (!text || token.isCancellationRequested) return undefined;
      // The model's words are shown as text: no links, no commands, no images.
      return new vscode.Hover(new vscode.MarkdownString().appendText(text));
    } finally {
      cancelled.dispose();
    }
  }

  dispose(): void {
    this.#running?.abort();
    this.#disposables.dispose();
  }
}
