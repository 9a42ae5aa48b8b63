import * as vscode from "vscode";
import { likeRegion } from "../../assist/fixer.ts";
import { type Located, locate } from "../../assist/locate.ts";
import type { TextRange } from "../../syntax/syntaxService.ts";
import { workspaceUri } from "../workspaceUri.ts";
import type { AssistServices } from "./assistServices.ts";
import { plainDocument } from "./editorRegion.ts";

/**
 * Proposes a code block of the chat: for the definition of the same name in the active file, else in the one file of
 * `paths` that has it, else where in the active file the user says.
 */
export async function applyCode(
  services: AssistServices,
  code: string,
  paths: readonly string[],
): Promise<void> {
  const editor = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
  const found = await placeOf(services, code, editor?.document, paths);
  if (found) {
    await proposeAt(services, found.document, found.place.range, code, `replaces ${found.place.name}`);
    return;
  }
  if (!editor) {
    void vscode.window.showInformationMessage("Open the file that the code belongs to, then apply it.");
    return;
  }
  const { document, selection } = editor;
  const plain = plainDocument(document);
  const replaceSelection = "Replace the selection";
  const cursor = "Insert at the cursor";
  const whole = "Replace the whole file";
  const answer = await vscode.window.showQuickPick(
    [...(selection.isEmpty ? [cursor] : [replaceSelection]), whole],
    { title: `Where in ${vscode.workspace.asRelativePath(document.uri)} does this code go?` },
  );
  if (!answer) return;
  const range = answer === whole ? { start: 0, end: plain.text.length } : plain.rangeOf(selection);
  await proposeAt(services, document, range, code, "as asked");
}

interface Place {
  readonly document: vscode.TextDocument;
  readonly place: Extract<Located, { readonly kind: "replace" }>;
}

async function placeOf(
  services: AssistServices,
  code: string,
  active: vscode.TextDocument | undefined,
  paths: readonly string[],
): Promise<Place | undefined> {
  const locateIn = async (document: vscode.TextDocument): Promise<Place | undefined> => {
    const place = await locate(services.syntax, document.languageId, plainDocument(document).text, code);
    return place.kind === "replace" ? { document, place } : undefined;
  };
  const inActive = active && (await locateIn(active));
  if (inActive) return inActive;
  const elsewhere: Place[] = [];
  for (const path of paths) {
    const uri = await workspaceUri(path);
    if (!uri || uri.toString() === active?.uri.toString() || !(await services.mayUse(uri))) continue;
    const found = await locateIn(await vscode.workspace.openTextDocument(uri));
    if (found) elsewhere.push(found);
  }
  return elsewhere.length === 1 ? elsewhere[0] : undefined;
}

async function proposeAt(
  services: AssistServices,
  document: vscode.TextDocument,
  range: TextRange,
  code: string,
  why: string,
): Promise<void> {
  const plain = plainDocument(document);
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
  await services.proposals.show(document, text, why);
}
