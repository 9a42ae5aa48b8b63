import * as vscode from "vscode";
import { Emitter } from "../../base/emitter.ts";
import type { Log } from "../../base/log.ts";
import { namedPrompts, type PromptFile } from "../../chat/slashCommands.ts";

/** No model reads more; a larger file was put there by mistake. */
const largestFileBytes = 1_000_000;

export interface OwnTextParts {
  readonly maskSecrets: (text: string) => string;
  readonly log: Log;
}

/** `.wisp/prompts/*.md` of a trusted workspace, as slash commands. */
export async function workspacePrompts(parts: OwnTextParts): Promise<readonly PromptFile[]> {
  if (!vscode.workspace.isTrusted) return [];
  const uris = await vscode.workspace.findFiles(".wisp/prompts/*.md", null, 50);
  const files = await Promise.all(
    uris.map(async (uri) => ({
      file: uri.path.slice(uri.path.lastIndexOf("/") + 1),
      text: await readText(uri, parts),
    })),
  );
  return namedPrompts(files.filter(({ text }) => text !== ""));
}

/** `.wisp/rules.md` of a trusted workspace, kept up to date; empty where there is none or while they are left out. */
export class WorkspaceRules implements vscode.Disposable {
  readonly #watcher = vscode.workspace.createFileSystemWatcher("**/.wisp/rules.md");
  readonly #changed = new Emitter<void>();
  readonly #parts: OwnTextParts;
  #text = "";
  #leftOut = false;

  readonly onChange = this.#changed.listen;

  constructor(parts: OwnTextParts) {
    this.#parts = parts;
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
    const texts = await Promise.all(uris.map((uri) => readText(uri, this.#parts)));
    this.#text = texts.filter(Boolean).join("\n\n");
    this.#leftOut = false;
    this.#changed.fire();
  }
}

/** Empty where the file is no text, is far too large or cannot be read; the log says which. */
async function readText(uri: vscode.Uri, { maskSecrets, log }: OwnTextParts): Promise<string> {
  const leaveOut = (why: string): string => {
    log.warn(`Chat: ${vscode.workspace.asRelativePath(uri)} is left out: ${why}`);
    return "";
  };
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > largestFileBytes) return leaveOut(`it has ${size} bytes`);
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    return text.includes("\0") ? leaveOut("it is no text") : maskSecrets(text.trim());
  } catch (error) {
    return leaveOut(String(error));
  }
}
