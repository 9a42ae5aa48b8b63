import * as vscode from "vscode";
import type { ServerProfile } from "../../model/serverProfile.ts";
import type { ServerKeys } from "../secrets.ts";
import { forgetProfile } from "./forgetProfile.ts";
import { modelsText } from "./profileText.ts";
import type { ServerProfiles } from "./serverProfiles.ts";

interface ProfileItem extends vscode.QuickPickItem {
  readonly run: () => unknown;
  readonly profile?: string;
}

/** Lets the user pick who answers: the embedded engine, where there can be one, or one of the servers. */
export async function switchProfile(
  profiles: ServerProfiles,
  keys: ServerKeys,
  hasEngine: boolean,
): Promise<void> {
  const pick = vscode.window.createQuickPick<ProfileItem>();
  pick.title = "Wisp: Switch Profile";
  pick.placeholder = "Who answers?";
  pick.matchOnDescription = true;
  const engine = (): ProfileItem => ({
    label: marked("$(vm) This machine", profiles.current === undefined),
    description: "the embedded engine; nothing leaves",
    run: () => profiles.use(undefined),
  });
  pick.items = [
    ...(hasEngine ? [engine()] : []),
    ...profiles.all.map((profile) => profileItem(profile, profiles)),
    {
      label: "$(plug) Connect to a server…",
      run: () => vscode.commands.executeCommand("wisp.connectServer"),
    },
  ];
  const chosen = await new Promise<ProfileItem | undefined>((resolve) => {
    pick.onDidAccept(() => resolve(pick.selectedItems[0]));
    pick.onDidHide(() => resolve(undefined));
    pick.onDidTriggerItemButton(({ item: { label, profile } }) => {
      // The question takes the place of the list.
      if (profile !== undefined)
        resolve({ label, run: () => forgetProfile(profile, { profiles, keys, confirm }) });
    });
    pick.show();
  });
  pick.dispose();
  await chosen?.run();
}

function profileItem(profile: ServerProfile, profiles: ServerProfiles) {
  const { name, url } = profile;
  const report = profiles.report(name);
  const facts = [
    report && [report.kind, report.version].filter(Boolean).join(" "),
    report?.firstTextMs !== undefined && `first text after ${Math.round(report.firstTextMs)} ms when tested`,
    modelsText(profile),
  ].filter((fact) => typeof fact === "string" && fact !== "");
  return {
    label: marked(`$(server) ${name}`, profiles.current === name),
    description: url,
    detail: facts.join(" · "),
    profile: name,
    buttons: [{ iconPath: new vscode.ThemeIcon("trash"), tooltip: "Forget this profile" }],
    run: () => profiles.use(name),
  };
}

async function confirm(question: string, detail: string): Promise<boolean> {
  const choice = await vscode.window.showWarningMessage(question, { modal: true, detail }, "Forget");
  return choice === "Forget";
}

function marked(label: string, inUse: boolean): string {
  return inUse ? `${label} $(check)` : label;
}
