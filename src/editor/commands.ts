import * as vscode from "vscode";
import type { Disposable, DisposableStore } from "../base/disposable.ts";
import type { CompletionApi } from "../completion/completionApi.ts";
import type { Taste } from "../completion/taste.ts";
import type { EditorEvents } from "./editorEvents.ts";
import type { GpuCommands } from "./gpuCommands.ts";
import { acceptedCommand } from "./inlineCompletionProvider.ts";
import { type MenuActions, pickSnooze, showMenu } from "./menu.ts";
import type { ModelCommands } from "./modelCommands.ts";
import type { ModelControl } from "./modelControl.ts";
import type { ModelErrorReports } from "./modelErrorReports.ts";
import { type ServerKeys, setServerKey } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import type { Snooze } from "./snooze.ts";
import { activeLanguage } from "./statusTracker.ts";
import { suggestNow } from "./suggestNow.ts";
import { askToForget } from "./taste.ts";
import type { WhyNothing } from "./whyNothing.ts";

export interface CommandParts {
  readonly settings: Settings;
  readonly snooze: Snooze;
  readonly keys: ServerKeys;
  readonly events: EditorEvents;
  readonly control: ModelControl;
  readonly reports: ModelErrorReports;
  readonly models: Pick<ModelCommands, "choose" | "remove">;
  /** Undefined where no engine can run. */
  readonly gpu?: Pick<GpuCommands, "get" | "remove" | "state">;
  readonly why: WhyNothing;
  readonly completion: Pick<CompletionApi, "onTrace">;
  readonly taste: Taste;
  readonly channel: vscode.LogOutputChannel;
}

/** Registers every command of completion, of the model and of the menu. */
export function registerCommands(parts: CommandParts, disposables: DisposableStore): void {
  const { settings, snooze, keys, events, control, reports, models, gpu, why, completion, taste, channel } =
    parts;
  const actions: MenuActions = {
    setEnabled: (enabled) => settings.setEnabled(enabled, activeLanguage(settings)?.document),
    setLanguageEnabled: (enabled) => setActiveLanguage(settings, enabled),
    snooze: (ms) => snooze.start(ms),
    endSnooze: () => snooze.end(),
  };
  const isEnabled = (): boolean =>
    settings.completion(activeLanguage(settings)?.document ?? { uri: "untitled:", languageId: "*" }).enabled;
  const menu = async (): Promise<void> => {
    const problem = reports.current;
    return showMenu(
      {
        enabled: isEnabled(),
        snoozed: snooze.until > Date.now(),
        language: activeLanguage(settings),
        embedded: settings.machine.backend === "embedded",
        gpu: (await gpu?.state()) ?? "none",
        problem: problem && `${problem.message} ${problem.hint}`,
      },
      actions,
    );
  };
  const toggleLanguage = async (): Promise<void> => {
    const language = activeLanguage(settings);
    if (language) await settings.setLanguageEnabled(!language.enabled, language.document);
  };
  let hasAccepted: Thenable<unknown> | undefined;
  const commands: Readonly<Record<string, (...args: never[]) => unknown>> = {
    "wisp.trigger": () => suggestNow(completion),
    "wisp.toggle": () => actions.setEnabled(!isEnabled()),
    "wisp.toggleLanguage": toggleLanguage,
    "wisp.snooze": () => pickSnooze(actions),
    "wisp.endSnooze": () => snooze.end(),
    "wisp.acceptWord": () => events.acceptPart("editor.action.inlineSuggest.acceptNextWord"),
    "wisp.acceptLine": () => events.acceptPart("editor.action.inlineSuggest.acceptNextLine"),
    "wisp.dismiss": () => events.dismiss(),
    "wisp.hide": () => events.putAway(),
    "wisp.whyNothing": () => why.explain(),
    "wisp.forgetTaste": () => askToForget(taste),
    "wisp.chooseModel": () => models.choose(),
    "wisp.removeModels": () => models.remove(),
    ...(gpu && { "wisp.getGpuSupport": () => gpu.get(), "wisp.removeGpuSupport": () => gpu.remove() }),
    "wisp.setServerKey": async () => {
      await setServerKey(keys, settings);
      // A server that was left alone over its key is asked at once with another one.
      await control.configure();
    },
    "wisp.openServerSettings": () =>
      vscode.commands.executeCommand("workbench.action.openSettings", "wisp.server"),
    "wisp.restartEngine": () => control.restart(),
    "wisp.showMenu": menu,
    "wisp.showLog": () => channel.show(),
    [acceptedCommand]: (id: number, uri: string) => {
      events.acceptedWhole(id, uri);
      // For the walkthrough's step.
      hasAccepted ??= vscode.commands.executeCommand("setContext", "wisp.hasAccepted", true);
      return hasAccepted;
    },
  };
  for (const [id, command] of Object.entries(commands)) {
    disposables.add(vscode.commands.registerCommand(id, reporting(id, command, channel)));
  }
  // Where Wisp does not run, Escape is the editor's own.
  void vscode.commands.executeCommand("setContext", "wisp.isActive", true);
  const showSnooze = (): unknown =>
    vscode.commands.executeCommand("setContext", "wisp.snoozed", snooze.until > Date.now());
  disposables.add(snooze.onChange(showSnooze) satisfies Disposable);
}

async function setActiveLanguage(settings: Settings, enabled: boolean): Promise<void> {
  const language = activeLanguage(settings);
  if (language) await settings.setLanguageEnabled(enabled, language.document);
}

/** A command that fails says so: the editor itself only shows that something went wrong. */
export function reporting(
  id: string,
  command: (...args: never[]) => unknown,
  channel: vscode.LogOutputChannel,
): (...args: never[]) => Promise<void> {
  return async (...args) => {
    try {
      await command(...args);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const hint = error instanceof Error && "hint" in error ? ` ${String(error.hint)}` : "";
      channel.error(`${id}: ${error instanceof Error ? (error.stack ?? message) : message}`);
      void vscode.window.showErrorMessage(`Wisp: ${message}${hint}`);
    }
  };
}
