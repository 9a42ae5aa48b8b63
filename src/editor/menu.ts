import * as vscode from "vscode";

interface MenuEntry extends vscode.QuickPickItem {
  readonly run?: () => unknown;
}

/** What the menu depends on at the moment at which it opens. */
export interface MenuState {
  readonly enabled: boolean;
  readonly snoozed: boolean;
  /** The language of the active editor and whether suggestions are on for it. */
  readonly language?: { readonly id: string; readonly enabled: boolean } | undefined;
  readonly embedded: boolean;
  /** Of what the engine needs to use a graphics processor. */
  readonly gpu: GpuState;
  /** What is wrong, with what to do. */
  readonly problem?: string | undefined;
}

export interface MenuActions {
  setEnabled(enabled: boolean): unknown;
  setLanguageEnabled(enabled: boolean): unknown;
  snooze(ms: number): unknown;
  endSnooze(): unknown;
}

const fiveMinutes = 5 * 60_000;

/** "none": there is nothing to get for this machine. */
export type GpuState = "none" | "absent" | "present";

/** The one menu behind the status bar item. */
export async function showMenu(state: MenuState, actions: MenuActions): Promise<void> {
  const command = (label: string, id: string, ...args: readonly unknown[]): MenuEntry => ({
    label,
    run: () => vscode.commands.executeCommand(id, ...args),
  });
  const gpuEntry = (gpu: Exclude<GpuState, "none">): MenuEntry =>
    gpu === "absent"
      ? command("$(chip) Get GPU support…", "wisp.getGpuSupport")
      : command("$(chip) Remove GPU support", "wisp.removeGpuSupport");
  const separator = (label: string): MenuEntry => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const { language } = state;
  const entries: MenuEntry[] = [
    ...(state.problem
      ? [{ label: "$(warning) What is wrong", detail: state.problem, run: () => undefined }]
      : []),
    separator("Suggestions"),
    state.enabled
      ? { label: "$(circle-slash) Turn off", run: () => actions.setEnabled(false) }
      : { label: "$(check) Turn on", run: () => actions.setEnabled(true) },
    ...(language
      ? [
          {
            label: language.enabled
              ? `$(circle-slash) Turn off for ${language.id}`
              : `$(check) Turn on for ${language.id}`,
            run: () => actions.setLanguageEnabled(!language.enabled),
          },
        ]
      : []),
    ...(state.snoozed
      ? [{ label: "$(bell) End snooze", run: () => actions.endSnooze() }]
      : snoozeEntries(actions)),
    command("$(question) Why no suggestion here?", "wisp.whyNothing"),
    separator("Model"),
    command("$(package) Choose model…", "wisp.chooseModel"),
    command("$(server) Switch profile…", "wisp.switchProfile"),
    command("$(plug) Connect to a server…", "wisp.connectServer"),
    ...(state.embedded
      ? [
          command("$(layers) Use adapter…", "wisp.useAdapter"),
          ...(state.gpu === "none" ? [] : [gpuEntry(state.gpu)]),
          command("$(refresh) Restart engine", "wisp.restartEngine"),
        ]
      : [command("$(key) Set server key…", "wisp.setServerKey")]),
    separator("Wisp"),
    command("$(gear) Settings", "workbench.action.openSettings", "@ext:wisp-local.wisp"),
    command("$(output) Log", "wisp.showLog"),
  ];
  const picked = await vscode.window.showQuickPick(entries, {
    title: "Wisp",
    placeHolder: "What should happen?",
  });
  await picked?.run?.();
}

export async function pickSnooze(actions: MenuActions): Promise<void> {
  const picked = await vscode.window.showQuickPick(snoozeEntries(actions), { title: "Snooze suggestions" });
  await picked?.run?.();
}

function snoozeEntries(actions: MenuActions): MenuEntry[] {
  return [
    { label: "$(bell-slash) Snooze for 5 minutes", run: () => actions.snooze(fiveMinutes) },
    {
      label: "$(bell-slash) Snooze until VS Code restarts",
      run: () => actions.snooze(Number.POSITIVE_INFINITY),
    },
  ];
}
