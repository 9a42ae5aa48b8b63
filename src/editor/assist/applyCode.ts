import * as vscode from "vscode";
import { likeRegion } from "../../assist/fixer.ts";
import { locate } from "../../assist/locate.ts";
import type { AssistServices } from "./assistServices.ts";
import { plainDocument } from "./editorRegion.ts";

/** Proposes a code block of the chat for the active file: at the definition of the same name, else where the user says. */
export async function applyCode(services: AssistServices, code: string): Promise<void> {
  const editor = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
  if (!editor) {
    void vscode.window.showInformationMessage("Open the file that the code belongs to, then apply it.");
    return;
  }
  const { document } = editor;
  const plain = plainDocument(document);
  const place = await locate(services.syntax, document.languageId, plain.text, code);
  let range = place.kind === "replace" ? place.range : undefined;
  if (!range) {
    const selection = "Replace the selection";
    const cursor = "Insert at the cursor";
    const whole = "Replace the whole file";
    const answer = await vscode.window.showQuickPick(
      [...(editor.selection.isEmpty ? [cursor] : [selection]), whole],
      { title: `Where in ${vscode.workspace.asRelativePath(document.uri)} does this code go?` },
    );
    if (!answer) return;
    range = answer === whole ? { start: 0, end: plain.text.length } : plain.rangeOf(editor.selection);
  }
  const old = plain.text.slice(range.start, range.end);
  const lineStart = plain.text.lastIndexOf("\n", range.start - 1) + 1;
  const indent = plain.text.slice(lineStart, range.start);
  // The parser's range begins after the indentation, which likeRegion needs to see.
  const replacement = old
    ? likeRegion(code, /^\s*$/.test(indent) ? indent + old : old).slice(
        /^\s*$/.test(indent) ? indent.length : 0,
      )
    : code;
  const text = plain.text.slice(0, range.start) + replacement + plain.text.slice(range.end);
  await services.proposals.show(
    document,
    text,
    place.kind === "replace" ? `replaces ${place.name}` : "as asked",
  );
}
