import * as vscode from "vscode";
import type { DisposableStore } from "../../base/disposable.ts";
import { reporting } from "../commands.ts";
import type { Settings } from "../settings.ts";
import { type ConnectParts, ConnectServer } from "./connectServer.ts";
import { ServerProfiles } from "./serverProfiles.ts";
import { switchProfile } from "./switchProfile.ts";

export interface ServerParts extends Omit<ConnectParts, "profiles"> {
  readonly settings: Settings;
  /** Over all windows. */
  readonly memory: vscode.Memento;
  readonly log: vscode.LogOutputChannel;
}

/** Registers the commands that connect to servers and switch between them. */
export function registerServer(parts: ServerParts, disposables: DisposableStore): void {
  const profiles = new ServerProfiles(parts.settings, parts.memory);
  const connect = new ConnectServer({ ...parts, profiles });
  const commands = {
    "wisp.connectServer": () => connect.run(),
    "wisp.switchProfile": () => switchProfile(profiles, parts.keys, !parts.inBrowser),
  };
  for (const [id, command] of Object.entries(commands)) {
    disposables.add(vscode.commands.registerCommand(id, reporting(id, command, parts.log)));
  }
}
