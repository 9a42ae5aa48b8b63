import * as vscode from "vscode";
import { DisposableStore } from "../base/disposable.ts";
import { Emitter } from "../base/emitter.ts";
import type { Log } from "../base/log.ts";
import type { CompletionSettings } from "../completion/completionSettings.ts";
import {
  checkCommandOf,
  completionSettingsOf,
  type MachineSettings,
  machineSettingsOf,
} from "./settingValues.ts";

const section = "wisp";
const mostDocuments = 500;

/** Where a setting is looked at: a document's folder and language. */
export interface SettingPlace {
  readonly uri: string;
  readonly languageId: string;
}

/** The only reader and writer of Wisp's settings. */
export class Settings implements vscode.Disposable {
  readonly #log: Log;
  readonly #processors: number;
  readonly #disposables = new DisposableStore();
  readonly #changed = new Emitter<void>();
  readonly #reported = new Set<string>();
  /** By folder and language. */
  readonly #completion = new Map<string, CompletionSettings>();
  /** The same by document, of which every key asks. */
  readonly #documents = new Map<string, CompletionSettings>();
  #machine: MachineSettings | undefined;

  /** Fires after any setting of Wisp has changed. */
  readonly onChange = this.#changed.listen;

  constructor(log: Log, processors: number) {
    this.#log = log;
    this.#processors = processors;
    this.#disposables.add(this.#changed);
    this.#disposables.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration(section)) return;
        this.#forget();
        this.#machine = undefined;
        this.#changed.fire();
      }),
    );
    // Another folder in the workspace may bring other settings.
    this.#disposables.add(vscode.workspace.onDidChangeWorkspaceFolders(() => this.#forget()));
  }

  completion(document: SettingPlace): CompletionSettings {
    const place = `${document.languageId}\0${document.uri}`;
    let settings = this.#documents.get(place);
    if (!settings) {
      if (this.#documents.size >= mostDocuments) this.#documents.clear();
      settings = this.#inFolder(document);
      this.#documents.set(place, settings);
    }
    return settings;
  }

  #forget(): void {
    this.#completion.clear();
    this.#documents.clear();
  }

  #inFolder(document: SettingPlace): CompletionSettings {
    const uri = vscode.Uri.parse(document.uri);
    const untitledText = uri.scheme === "untitled" && document.languageId === "plaintext";
    const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri.toString() ?? "";
    const key = `${folder}\0${document.languageId}\0${untitledText}`;
    let settings = this.#completion.get(key);
    if (!settings) {
      const values = vscode.workspace.getConfiguration(section, { uri, languageId: document.languageId });
      settings = completionSettingsOf((name) => values.get(name), this.#report, untitledText);
      this.#completion.set(key, settings);
    }
    return settings;
  }

  /** Read without what a workspace says: a repository must not choose where requests go or which file is loaded. */
  get machine(): MachineSettings {
    if (!this.#machine) {
      const values = vscode.workspace.getConfiguration(section, null);
      const read = (name: string): unknown => {
        const found = values.inspect(name);
        return found?.globalValue ?? found?.defaultValue;
      };
      this.#machine = machineSettingsOf(read, this.#report, this.#processors);
    }
    return this.#machine;
  }

  /** VS Code gives a workspace's value only where the workspace is trusted. */
  checkCommand(uri: vscode.Uri): ReturnType<typeof checkCommandOf> {
    const values = vscode.workspace.getConfiguration(section, uri);
    return checkCommandOf((name) => values.get(name), this.#report);
  }

  /** What the user's own settings say, as it stands there. */
  own(name: string): unknown {
    return vscode.workspace.getConfiguration(section, null).inspect(name)?.globalValue;
  }

  /** Writes to the user's own settings; `undefined` brings the default back. */
  async update(name: string, value: unknown): Promise<void> {
    await vscode.workspace.getConfiguration(section).update(name, value, vscode.ConfigurationTarget.Global);
  }

  /** Switches suggestions on or off where the value in force comes from, and says so where another place decides. */
  async setEnabled(enabled: boolean, place?: SettingPlace): Promise<void> {
    const values = vscode.workspace.getConfiguration(section);
    const inWorkspace = values.inspect("enabled")?.workspaceValue !== undefined;
    const target = inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
    await values.update("enabled", enabled, target);
    if (valuesAt(place).get("enabled") !== enabled) this.#tellElsewhere("enabled");
  }

  async setLanguageEnabled(enabled: boolean, place: SettingPlace): Promise<void> {
    type Languages = Readonly<Record<string, boolean>>;
    const { languageId } = place;
    const values = vscode.workspace.getConfiguration(section);
    const own = values.inspect<Languages>("enableByLanguage");
    const inWorkspace = own?.workspaceValue !== undefined;
    const before = inWorkspace ? own?.workspaceValue : own?.globalValue;
    const target = inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
    await values.update("enableByLanguage", { ...before, [languageId]: enabled }, target);
    const now = valuesAt(place).get<Languages>("enableByLanguage") ?? {};
    if ((now[languageId] ?? now["*"] ?? true) !== enabled) this.#tellElsewhere("enableByLanguage");
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #tellElsewhere(key: string): void {
    const message = `Wisp: wisp.${key} is set for this language or folder too, and that decides. Change it there.`;
    void vscode.window.showWarningMessage(message, "Open Settings").then((choice) => {
      if (choice) void vscode.commands.executeCommand("workbench.action.openSettings", `${section}.${key}`);
    });
  }

  /** One warning for each wrong value, again only when it is wrong in another way. */
  readonly #report = (key: string, message: string): void => {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.#log.warn(message);
    void vscode.window.showWarningMessage(`Wisp: ${message}`, "Open Settings").then((choice) => {
      if (choice) void vscode.commands.executeCommand("workbench.action.openSettings", `${section}.${key}`);
    });
  };
}

function valuesAt(place: SettingPlace | undefined): vscode.WorkspaceConfiguration {
  const scope = place && { uri: vscode.Uri.parse(place.uri), languageId: place.languageId };
  return vscode.workspace.getConfiguration(section, scope);
}
