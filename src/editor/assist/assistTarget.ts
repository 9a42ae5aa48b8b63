import * as vscode from "vscode";
import { type CodeRegion, lineAt, regionText } from "../../assist/region.ts";
import { fitCode, type PromptCode } from "../../prompt/assistPrompt.ts";
import type { AssistServices } from "./assistServices.ts";
import { calledDefinitions, meantRegion } from "./editorRegion.ts";
import { isReadOnly } from "./readOnly.ts";

export interface AssistTarget {
  readonly document: vscode.TextDocument;
  /** The function, class or lines that the user means. */
  readonly region: CodeRegion;
  /** The line that the user points at, from 1. */
  readonly line: number;
}

/** What the user means: the place of a problem, else the selection or cursor; undefined when that may not be used. */
export async function assistTarget(
  services: AssistServices,
  uri: vscode.Uri | undefined,
  range: vscode.Range | undefined,
): Promise<AssistTarget | undefined> {
  const editor = await editorFor(uri);
  if (!editor || !(await mayUse(services, editor.document.uri))) return undefined;
  const { document, selection } = editor;
  const place = range ?? selection;
  const line = place.start.line + 1;
  return { document, line, region: await meantRegion(document, place, services.syntax) };
}

/** The editor of a document, brought to the front; without a URI the active one. Says so where there is none. */
export async function editorFor(uri: vscode.Uri | undefined): Promise<vscode.TextEditor | undefined> {
  const active = vscode.window.activeTextEditor;
  if (!uri || active?.document.uri.toString() === uri.toString()) {
    if (!active) void vscode.window.showInformationMessage("Open a file first.");
    return active;
  }
  return vscode.window.showTextDocument(uri);
}

/** Whether a file may enter a prompt; says so where it may not. */
export async function mayUse(services: AssistServices, uri: vscode.Uri): Promise<boolean> {
  if (await services.mayUse(uri)) return true;
  void vscode.window.showWarningMessage(
    `${vscode.workspace.asRelativePath(uri)} is excluded (wisp.excludeGlobs, git-ignored or a file with secrets), so it is not given to the model.`,
  );
  return false;
}

/** The region as a prompt shows it, secrets masked, with the signatures of what it calls. */
export async function promptCode(
  services: AssistServices,
  { document, region }: AssistTarget,
): Promise<PromptCode> {
  return {
    path: region.path,
    languageId: region.languageId,
    text: services.maskSecrets(regionText(region)),
    startLine: lineAt(region.text, region.range.start),
    definitions: await calledDefinitions(services, document, region, 1200),
  };
}

/** The answer takes as much as the code, and what is reported about it the rest. */
const codeShare = 0.4;

/**
 * The region as a prompt shows it for an answer that is written back into the document, which can be changed: whole and
 * without masks, else the user is told why not.
 * @param purpose what cannot be done otherwise, for example "a fix".
 */
export async function editableCode(
  services: AssistServices,
  target: AssistTarget,
  purpose: string,
): Promise<PromptCode | undefined> {
  if (await isReadOnly(target.document)) {
    void vscode.window.showWarningMessage(`This document is read-only, so ${purpose} has no place in it.`);
    return undefined;
  }
  const code = await promptCode(services, target);
  if (code.text !== regionText(target.region)) {
    // The model would write the mask in place of the secret, and accepting that would lose the secret.
    void vscode.window.showWarningMessage(
      "This code holds what looks like a secret, which is not given to the model. Select a part without it.",
    );
    return undefined;
  }
  const fitted = fitCode(code, Math.floor(services.contextTokens() * codeShare));
  if (fitted.lost > 0) {
    void vscode.window.showWarningMessage(
      `${code.text.split("\n").length} lines are too many for ${purpose} with this model. Select the function or the lines that it is about.`,
    );
    return undefined;
  }
  return fitted.code;
}
