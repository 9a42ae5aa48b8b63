import { join } from "node:path";
import * as vscode from "vscode";
import { silentLog } from "../../src/base/log.ts";
import type { CompletionTrace } from "../../src/completion/outcome.ts";
import type { WispApi } from "../../src/extension.ts";
import { grammarsInFolder } from "../../src/syntax/grammarFiles.ts";
import { TreeSitterSyntax } from "../../src/syntax/treeSitterSyntax.ts";

export const wispId = "wisp-local.wisp";

export async function wisp(): Promise<WispApi> {
  return installed().activate();
}

/** A parser of the test's own, with the grammars of the extension. */
export function packagedSyntax(): TreeSitterSyntax {
  return new TreeSitterSyntax(
    grammarsInFolder(join(installed().extensionPath, "dist", "grammars")),
    silentLog,
  );
}

function installed(): vscode.Extension<WispApi> {
  const extension = vscode.extensions.getExtension<WispApi>(wispId);
  if (!extension) throw new Error("Wisp is not installed in this host");
  return extension;
}

/** Asks again until the answer is defined, at most `deadlineMs`. */
export async function until<T>(
  what: string,
  deadlineMs: number,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Opens a document with the cursor at its end. */
export async function show(document: vscode.TextDocument): Promise<vscode.TextEditor> {
  const editor = await vscode.window.showTextDocument(document);
  const end = document.positionAt(document.getText().length);
  editor.selection = new vscode.Selection(end, end);
  return editor;
}

export async function showText(language: string, content: string): Promise<vscode.TextEditor> {
  return show(await vscode.workspace.openTextDocument({ language, content }));
}

/** Closes the active editor without saving. An untitled document whose name is free again would come back as it was. */
export async function closeActive(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  if (document?.isUntitled)
    await until("the document is closed", 10_000, () => (document.isClosed ? true : undefined));
}

/** Types like a keyboard does. */
export async function type(text: string): Promise<void> {
  for (const character of text) await vscode.commands.executeCommand("type", { text: character });
}

const unsettled = new Set(["superseded", "cancelled"]);

/** The trace of the answer for the cursor's present place, waiting for it. */
export async function traceHere(editor: vscode.TextEditor, deadlineMs = 25_000): Promise<CompletionTrace> {
  const { traces } = await wisp();
  return until("an outcome at the cursor", deadlineMs, () => {
    const uri = editor.document.uri.toString();
    const { line, character } = editor.selection.active;
    const here = traces().filter(
      (trace) => trace.uri === uri && trace.position.line === line && trace.position.character === character,
    );
    return here.find(({ outcome }) => outcome.kind === "shown" || !unsettled.has(outcome.reason));
  });
}
