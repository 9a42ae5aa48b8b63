import * as path from "node:path";
import * as vscode from "vscode";
import { type CheckRun, commandCheck } from "../../assist/checkCommand.ts";
import { checkEnvironment } from "../../assist/checkEnvironment.ts";
import { runCommand } from "../../assist/commandRun.ts";
import { copyWorkspace, type WorkspaceCopy } from "../../assist/workspaceCopy.ts";
import { WispError } from "../../base/wispError.ts";

/** The check that the user has set for a file. */
export interface CheckSetting {
  /** A line for the system's shell, run in the workspace folder's copy. */
  readonly command: string;
  readonly timeLimitMs: number;
}

/** Folders of one workspace, and languages, may have commands of their own. */
const consentKey = "wisp.checkCommandConsents";
const mostConsents = 20;

/** Opens the user's check command for a fix, after the user has seen the command once and agreed. */
export class UserChecks {
  readonly #setting: (uri: vscode.Uri) => CheckSetting | undefined;
  readonly #memory: vscode.Memento;

  /** @param memory of the workspace, so that what was agreed to holds for this workspace alone. */
  constructor(setting: (uri: vscode.Uri) => CheckSetting | undefined, memory: vscode.Memento) {
    this.#setting = setting;
    this.#memory = memory;
  }

  /** The check for a document, `"declined"` when the user does not want it run, undefined when there is none. */
  async open(document: vscode.TextDocument): Promise<UserCheck | "declined" | undefined> {
    const setting = this.#setting(document.uri);
    const folder = vscode.workspace.getWorkspaceFolder(document.uri);
    if (!setting || !vscode.workspace.isTrusted) return undefined;
    if (folder?.uri.scheme !== "file" || document.uri.scheme !== "file") return undefined;
    return (await this.#agreed(setting.command)) ? new UserCheck(setting, folder, document) : "declined";
  }

  async #agreed(command: string): Promise<boolean> {
    const agreed = this.#memory.get<readonly string[]>(consentKey, []);
    if (agreed.includes(command)) return true;
    const run = "Run It";
    const answer = await vscode.window.showInformationMessage(
      "Check fixes with this command?",
      {
        modal: true,
        detail: `${command}\n\nIt comes from the setting wisp.fix.checkCommand and runs with your rights, in a temporary copy of the workspace. You are asked again about any other command.`,
      },
      run,
    );
    if (answer !== run) return false;
    await this.#memory.update(consentKey, [...agreed, command].slice(-mostConsents));
    return true;
  }
}

/** Runs the user's command on one copy of the workspace folder, made at the first run. */
export class UserCheck {
  readonly #setting: CheckSetting;
  readonly #folder: vscode.WorkspaceFolder;
  readonly #document: vscode.TextDocument;
  #copy: Promise<WorkspaceCopy> | undefined;
  #isTold = false;

  constructor(setting: CheckSetting, folder: vscode.WorkspaceFolder, document: vscode.TextDocument) {
    this.#setting = setting;
    this.#folder = folder;
    this.#document = document;
  }

  /**
   * @param text the document as it would be, `\n` line ends.
   * @param relativePath where `text` goes in place of the document's own place.
   * @returns that it could not be run where the workspace cannot be copied, which the user is told once.
   * @throws the system's error when no shell can be started.
   */
  async run(
    text: string,
    signal: AbortSignal,
    relativePath = this.#pathOf(this.#document),
  ): Promise<CheckRun> {
    this.#copy ??= this.#makeCopy(signal);
    const copy = await this.#copy.catch((error: unknown) => this.#notCopied(error, signal));
    if (typeof copy === "string") return { passed: undefined, summary: `check command not run, ${copy}` };
    await copy.write(relativePath, withLineEnds(this.#document, text));
    const { command, timeLimitMs } = this.#setting;
    const env = await checkEnvironment(this.#folder.uri.fsPath, copy.root, process.env);
    return commandCheck(
      (either) => runCommand(command, { cwd: copy.root, timeLimitMs, env }, either),
      signal,
    );
  }

  async dispose(): Promise<void> {
    // A copy that failed has removed itself, and whoever ran it was told.
    const copy = await this.#copy?.catch(() => undefined);
    await copy?.remove();
  }

  /** Why there is no copy, in words for the notes of a fix. */
  #notCopied(error: unknown, signal: AbortSignal): string {
    signal.throwIfAborted();
    const isTooLarge = error instanceof WispError && error.code === "too-large";
    // For example a folder of a container's data that belongs to another user.
    if (!isTooLarge && (error as NodeJS.ErrnoException).code === undefined) throw error;
    const text = isTooLarge
      ? `${error.message} ${error.hint}`
      : `The workspace could not be copied for the check command: ${(error as Error).message}`;
    if (!this.#isTold) void vscode.window.showWarningMessage(text);
    this.#isTold = true;
    return isTooLarge ? "the workspace is too large to copy" : "the workspace could not be copied";
  }

  async #makeCopy(signal: AbortSignal): Promise<WorkspaceCopy> {
    const copy = await copyWorkspace(this.#folder.uri.fsPath, signal);
    try {
      // What the user sees is what is checked, saved or not.
      for (const document of vscode.workspace.textDocuments) {
        if (!document.isDirty || document.uri.scheme !== "file") continue;
        if (vscode.workspace.getWorkspaceFolder(document.uri) !== this.#folder) continue;
        await copy.write(this.#pathOf(document), document.getText());
      }
      return copy;
    } catch (error) {
      await copy.remove();
      throw error;
    }
  }

  #pathOf(document: vscode.TextDocument): string {
    return path.relative(this.#folder.uri.fsPath, document.uri.fsPath);
  }
}

/** The text as it would be saved. */
function withLineEnds({ eol }: vscode.TextDocument, text: string): string {
  return eol === vscode.EndOfLine.CRLF ? text.replaceAll("\n", "\r\n") : text;
}
