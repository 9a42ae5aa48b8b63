import * as vscode from "vscode";
import { keyProblem } from "./server/keyProblem.ts";
import type { Settings } from "./settings.ts";

/** Keys of servers, one for each origin, in the editor's secret storage; never in settings and never in the log. */
export class ServerKeys {
  readonly #storage: vscode.SecretStorage;

  constructor(storage: vscode.SecretStorage) {
    this.#storage = storage;
  }

  async get(serverUrl: string): Promise<string | undefined> {
    return this.#storage.get(nameOf(serverUrl));
  }

  async set(serverUrl: string, key: string): Promise<void> {
    if (key === "") await this.#storage.delete(nameOf(serverUrl));
    else await this.#storage.store(nameOf(serverUrl), key);
  }
}

/** A key belongs to an origin, so that a changed address never gets another server's key. */
function nameOf(serverUrl: string): string {
  return `wisp.serverKey.${new URL(serverUrl).origin}`;
}

export async function setServerKey(keys: ServerKeys, settings: Settings): Promise<void> {
  const { url } = settings.machine.server;
  if (!url) {
    const choice = await vscode.window.showInformationMessage(
      "Wisp: Set the server's address first; the key is kept for that address only.",
      "Open Settings",
    );
    if (choice) await vscode.commands.executeCommand("workbench.action.openSettings", "wisp.server.url");
    return;
  }
  const has = (await keys.get(url)) !== undefined;
  const key = await askServerKey(
    url,
    has ? "A key is kept. Enter another one, or nothing to remove it." : "It is sent to this server only.",
  );
  if (key === undefined) return;
  await keys.set(url, key);
  const { origin } = new URL(url);
  void vscode.window.showInformationMessage(
    key ? `Wisp: The key for ${origin} is kept.` : `Wisp: There is no key for ${origin} any more.`,
  );
}

/** Asks for the key of a server; undefined when nothing was entered. */
export async function askServerKey(serverUrl: string, prompt: string): Promise<string | undefined> {
  const url = serverUrl.includes("://") ? serverUrl : `http://${serverUrl}`;
  const key = await vscode.window.showInputBox({
    title: `Key for ${new URL(url).origin}`,
    prompt,
    password: true,
    ignoreFocusOut: true,
    validateInput: keyProblem,
  });
  return key?.trim();
}
