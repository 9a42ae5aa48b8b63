import * as vscode from "vscode";
import type { DisposableStore } from "../base/disposable.ts";
import { engineInBrowser } from "./nobodyAnswers.ts";
import type { Settings } from "./settings.ts";

const askedKey = "wisp.askedForServer";
const connect = "Connect to a Server…";

/** What stands where the desktop has models on disk: it says why there are none, and leads to a server. */
export class BrowserModels {
  readonly #settings: Settings;
  readonly #memory: vscode.Memento;

  /** Nothing is ever downloaded. */
  readonly share = undefined;

  constructor(settings: Settings, memory: vscode.Memento) {
    this.#settings = settings;
    this.#memory = memory;
  }

  readonly onChange = (): vscode.Disposable => ({ dispose() {} });

  async choose(): Promise<void> {
    const { message, hint } = engineInBrowser();
    const choice = await vscode.window.showInformationMessage(`Wisp: ${message} ${hint}`, connect);
    if (choice === connect) await vscode.commands.executeCommand("wisp.connectServer");
  }

  async remove(): Promise<void> {
    const { message } = engineInBrowser();
    void vscode.window.showInformationMessage(`Wisp: No model is kept here. ${message}`);
  }

  /** Says once per user what is needed before anything can be suggested. */
  async firstRun(): Promise<void> {
    if (this.#settings.machine.backend === "server" || this.#memory.get(askedKey)) return;
    await this.#memory.update(askedKey, true);
    await this.choose();
  }
}

/** The manifest's commands that this build lacks: each says where it is to be had. */
export async function explainMissingCommands(
  { extension }: Pick<vscode.ExtensionContext, "extension">,
  disposables: DisposableStore,
): Promise<void> {
  const contributed: readonly { readonly command: string; readonly title: string }[] =
    extension.packageJSON.contributes.commands;
  const present = new Set(await vscode.commands.getCommands(true));
  for (const { command, title } of contributed) {
    if (present.has(command)) continue;
    const explain = (): void => sayMissing(title.replace(/…$/, ""));
    disposables.add(vscode.commands.registerCommand(command, explain));
  }
}

export function sayMissing(what: string): void {
  void vscode.window.showInformationMessage(
    `Wisp: “${what}” needs a disk and programs, which VS Code in a browser has not. ` +
      "It works on the desktop, in Codespaces and with other remote machines.",
  );
}
