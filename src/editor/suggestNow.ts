import * as vscode from "vscode";
import type { CompletionApi } from "../completion/completionApi.ts";
import type { CompletionTrace } from "../completion/outcome.ts";
import { outcomeText } from "../completion/outcomeText.ts";

/** Alternatives of a slow machine take their time. */
const deadlineMs = 60_000;
const shownForMs = 8_000;
/** The editor withdraws requests although nothing has changed, for example while the focus comes back from the palette. */
const attempts = 2;

/** Asks for a suggestion at the cursor, and says in the status bar why where none comes. */
export async function suggestNow(api: Pick<CompletionApi, "onTrace">): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      void vscode.window.showInformationMessage("Wisp: Put the cursor into a file first.");
      return;
    }
    if (await tellWhereSwitchedOff(editor.document)) return;
    const place = placeIn(editor);
    const asked = nextAsked(api, editor);
    await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
    const outcome = (await asked)?.outcome;
    if (outcome?.kind !== "silent") return;
    if (outcome.reason !== "cancelled") {
      vscode.window.setStatusBarMessage(`Wisp: ${outcomeText(outcome)}`, shownForMs);
      return;
    }
    const now = vscode.window.activeTextEditor;
    if (!now || placeIn(now) !== place) return;
  }
}

/** Where VS Code's own setting is off the editor asks nobody. True when that was told. */
export async function tellWhereSwitchedOff(document: vscode.TextDocument): Promise<boolean> {
  if (vscode.workspace.getConfiguration("editor", document).get("inlineSuggest.enabled") !== false)
    return false;
  const message =
    "Wisp: VS Code's own setting editor.inlineSuggest.enabled is off, so no suggestion is shown.";
  if (await vscode.window.showInformationMessage(message, "Open Settings"))
    await vscode.commands.executeCommand("workbench.action.openSettings", "editor.inlineSuggest.enabled");
  return true;
}

/** The next request in the editor's document that a user made; undefined where none ends in time. */
function nextAsked(
  { onTrace }: Pick<CompletionApi, "onTrace">,
  editor: vscode.TextEditor,
): Promise<CompletionTrace | undefined> {
  const uri = editor.document.uri.toString();
  const next = Promise.withResolvers<CompletionTrace | undefined>();
  const timer = setTimeout(() => next.resolve(undefined), deadlineMs);
  const listening = onTrace((trace) => {
    const isSuperseded = trace.outcome.kind === "silent" && trace.outcome.reason === "superseded";
    if (trace.trigger === "explicit" && trace.uri === uri && !isSuperseded) next.resolve(trace);
  });
  return next.promise.finally(() => {
    clearTimeout(timer);
    listening.dispose();
  });
}

function placeIn({ document, selection }: vscode.TextEditor): string {
  const { line, character } = selection.active;
  return `${document.uri} ${document.version} ${line}:${character}`;
}
