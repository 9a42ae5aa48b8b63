import { access, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import * as vscode from "vscode";
import { finishedAdaptation, folderForAdaptation, LabError } from "../../model/adaptations.ts";
import { adaptationCall, findUv, type ProgramCall } from "../../model/labCommand.ts";
import { adaptableFolder } from "./adaptableFolder.ts";
import type { AdapterParts } from "./adapterParts.ts";
import { consentText, verdictText } from "./adapterTexts.ts";
import { useAdapter } from "./useAdapter.ts";

const useIt = "Use It";
const showReport = "Show Report";

/**
 * Adapts the model to the first folder of the window, on consent, as a task with its progress in a terminal; offers the
 * adapter only where the evaluation recommends it.
 * @throws {LabError} `not-adaptable`, `uv-missing`, `unreadable-result`
 */
export async function adaptWorkspace(parts: AdapterParts): Promise<void> {
  const folder = await folderToAdapt();
  const model = await parts.model();
  const uv = await findUv(process.env, homedir());
  const day = new Date().toISOString().slice(0, 10);
  const output = await folderForAdaptation(parts.made, { repository: folder.fsPath, model: model.id, day });
  if (!(await agreed(`Adapt ${model.name} to ${basename(folder.fsPath)}?`, { ...parts, output }))) return;
  await mkdir(output, { recursive: true });
  const { lab, environment } = parts;
  const order = { lab, environment, output, repository: folder.fsPath, modelPath: model.path };
  const call = adaptationCall(uv, { ...order, node: process.execPath });
  parts.log.info(`Adapting ${model.id} to ${folder.fsPath}, results in ${output}.`);
  const status = await runAsTask(`Adapt to ${basename(folder.fsPath)}`, call, parts.made);
  parts.log.info(`The adaptation ended with ${status}.`);
  if (status !== 0) {
    void vscode.window.showWarningMessage(
      "Wisp: The adaptation did not come to its end; the terminal says why. The same command goes on with it.",
    );
    return;
  }
  await offer(parts, output);
}

async function folderToAdapt(): Promise<vscode.Uri> {
  const folder = adaptableFolder();
  if (!folder) throw unsuitable("No folder on this machine is open.", "Open the folder of a git repository.");
  if (!vscode.workspace.isTrusted) {
    throw unsuitable("This workspace is not trusted.", "Trust it first: a program reads all of its code.");
  }
  const isRepository = await access(join(folder.fsPath, ".git")).then(
    () => true,
    () => false,
  );
  if (isRepository) return folder;
  throw unsuitable(
    `${folder.fsPath} is not the folder of a git repository.`,
    "An adapter learns from what is committed, and is judged by what was committed later.",
  );
}

function unsuitable(message: string, hint: string): LabError {
  return new LabError("not-adaptable", message, hint);
}

async function agreed(
  question: string,
  places: { readonly output: string; readonly environment: string },
): Promise<boolean> {
  const start = "Start";
  const detail = consentText(places);
  return (await vscode.window.showInformationMessage(question, { modal: true, detail }, start)) === start;
}

/** @returns the exit status; undefined when the program could not be started or was ended by a signal. */
async function runAsTask(name: string, call: ProgramCall, cwd: string): Promise<number | undefined> {
  // Not in the workspace: uv would read its settings there.
  const execution = new vscode.ProcessExecution(call.program, [...call.args], { cwd, env: { ...call.env } });
  const task = new vscode.Task({ type: "process" }, vscode.TaskScope.Workspace, name, "Wisp", execution);
  task.presentationOptions = { panel: vscode.TaskPanelKind.Dedicated, showReuseMessage: false };
  const isIts = (started: vscode.TaskExecution): boolean =>
    started.task.name === name && started.task.source === task.source;
  let listeners: readonly vscode.Disposable[] = [];
  try {
    return await new Promise((resolve, reject) => {
      let status: number | undefined;
      listeners = [
        vscode.tasks.onDidEndTaskProcess((event) => {
          if (isIts(event.execution)) status = event.exitCode;
        }),
        vscode.tasks.onDidEndTask((event) => {
          if (isIts(event.execution)) resolve(status);
        }),
      ];
      vscode.tasks.executeTask(task).then(undefined, reject);
    });
  } finally {
    for (const listener of listeners) listener.dispose();
  }
}

async function offer(parts: AdapterParts, output: string): Promise<void> {
  const adaptation = await finishedAdaptation(output);
  if (!adaptation) {
    throw new LabError("unreadable-result", `There is no result in ${output}.`, "See the terminal.");
  }
  const { verdict, adapterPath, reportPath } = adaptation;
  const buttons = verdict.isBetter ? [useIt, showReport] : [showReport];
  const choice = await vscode.window.showInformationMessage(
    `Wisp: The adapter is ${verdictText(verdict)}.`,
    ...buttons,
  );
  if (choice === useIt) await useAdapter(parts, adapterPath);
  else if (choice === showReport) await vscode.window.showTextDocument(vscode.Uri.file(reportPath));
}
