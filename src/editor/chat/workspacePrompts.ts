import * as vscode from "vscode";
import { Emitter } from "../../base/emitter.ts";
import type { PromptFile } from "../../chat/slashCommands.ts";

/** `.wisp/prompts/*.md` of a trusted workspace, as slash commands. */
export async function workspacePrompts(): Promise<readonly PromptFile[]> {
  if (!vscode.workspace.isTrusted) return [];
  const uris = await vscode.workspace.findFiles(".wisp/prompts/*.md", null, 50);
  return Promise.all(
    uris.map(async (uri) => ({
      name: uri.path.slice(uri.path.lastIndexOf("/") + 1, -".md".length).toLowerCase(),
      text: await readText(uri),
    })),
  );
}

/** `.wisp/rules.md` of a trusted workspace, kept up to date; empty where there is none or while they are left out. */
export class WorkspaceRules implements vscode.Disposable {
  readonly #watcher = vscode.workspace.createFileSystemWatcher("**/.wisp/rules.md");
  readonly #changed = new Emitter<void>();
  #text = "";
  #leftOut = false;

  readonly onChange = this.#changed.listen;

  constructor() {
    const read = (): void => void this.#read();
    this.#watcher.onDidChange(read);
    this.#watcher.onDidCreate(read);
    this.#watcher.onDidDelete(read);
    read();
  }

  get text(): string {
    return vscode.workspace.isTrusted && !this.#leftOut ? this.#text : "";
  }

  /** Lets the rules go along with no question, or with each again. */
  leaveOut(leftOut: boolean): void {
    if (leftOut === this.#leftOut) return;
    this.#leftOut = leftOut;
    this.#changed.fire();
  }

  dispose(): void {
    this.#watcher.dispose();
    this.#changed.dispose();
  }

  async #read(): Promise<void> {
    const uris = await vscode.workspace.findFiles(".wisp/rules.md", null, 4);
    this.#text = (await Promise.all(uris.map(readText))).join("\n\n");
    this.#leftOut = false;
    this.#changed.fire();
  }
}

async function readText(uri: vscode.Uri): Promise<string> {
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}
