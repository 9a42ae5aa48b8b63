import * as vscode from "vscode";
import { DisposableStore } from "../base/disposable.ts";
import { faceOf, type Status } from "./status.ts";

const severities = {
  information: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
};

/** Wisp's one item in the status bar and its line in the language status; both open the menu. */
export class StatusBar implements vscode.Disposable {
  readonly #disposables = new DisposableStore();
  readonly #item: vscode.StatusBarItem;
  readonly #language: vscode.LanguageStatusItem;
  readonly #place: string;
  #shown = "";

  /** @param place where the engine and requests run, to follow “Runs”; undefined where that needs no word. */
  constructor(menuCommand: string, place: string | undefined) {
    this.#place = place ? ` Runs ${place}.` : "";
    this.#item = this.#disposables.add(
      vscode.window.createStatusBarItem("wisp.status", vscode.StatusBarAlignment.Right, 100),
    );
    this.#item.name = "Wisp";
    this.#item.command = menuCommand;
    this.#language = this.#disposables.add(
      vscode.languages.createLanguageStatusItem("wisp.status", { pattern: "**" }),
    );
    this.#language.name = "Wisp";
    this.#language.command = { title: "Menu", command: menuCommand };
    this.#item.show();
  }

  show(status: Status): void {
    const key = JSON.stringify(status);
    if (key === this.#shown) return;
    this.#shown = key;
    const face = faceOf(status, (epochMs) =>
      new Date(epochMs).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
    );
    const parts = [face.text, face.detail]
      .filter((part) => part !== "")
      .map((part) => part.replace(/\.$/, ""));
    const sentence = `${parts.join(": ")}.${this.#place}`;
    this.#item.text = face.label;
    this.#item.tooltip = sentence;
    this.#item.accessibilityInformation = { label: `Wisp: ${sentence}`, role: "button" };
    this.#item.backgroundColor =
      face.severity === "error" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
    this.#language.text = face.text;
    this.#language.detail = face.detail;
    this.#language.severity = severities[face.severity];
    this.#language.busy = face.busy;
  }

  dispose(): void {
    this.#disposables.dispose();
  }
}
