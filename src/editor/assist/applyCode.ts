import * as vscode from "vscode";
import { likeRegion } from "../../assist/likeRegion.ts";
import { locateAmong, type Replacement } from "../../assist/locate.ts";
import type { TextRange } from "../../syntax/syntaxService.ts";
import { codeEditor } from "../codeEditor.ts";
import { workspaceUri } from "../workspaceUri.ts";
import type { AssistServices } from "./assistServices.ts";
import { plainDocument } from "./editorRegion.ts";

/**
 * Proposes a code block of the chat: for the definition of the same name in the active file or in one of `paths`. Where
 * it is not certain which is meant, or that nothing else would be lost, the user says where the code goes.
 */
export async function applyCode(
  services: AssistServices,
  code: string,
  paths: readonly string[],
): Promise<void> {
  const editor = codeEditor(vscode.window);
  const sources = await sourcesOf(services, editor?.document, paths);
  const { places, isCertain } = await locateAmong(services.syntax, sources, code);
  const choices: readonly Choice[] = [
    ...places.map((place) => choiceOf(place)),
    ...(editor && !isCertain ? choicesIn(editor, code) : []),
  ];
  if (choices.length === 0) {
    void vscode.window.showInformationMessage("Open the file that the code belongs to, then apply it.");
    return;
  }
  const where =
    editor && places.length === 0 ? ` in ${vscode.workspace.asRelativePath(editor.document.uri)}` : "";
  const title = `Where${where} does this code go?`;
  const choice = isCertain ? choices[0] : await vscode.window.showQuickPick(choices, { title });
  if (choice) await services.proposals.show(choice.document, choice.base, proposedText(choice), choice.why);
}

/** A document that the code may be for. */
interface Source {
  readonly document: vscode.TextDocument;
  readonly languageId: string;
  readonly text: string;
}

interface Choice extends vscode.QuickPickItem, Pick<Replacement<Source>, "range" | "text"> {
  readonly document: vscode.TextDocument;
  /** The document's text in which `range` lies; it may be edited while the user chooses. */
  readonly base: string;
  readonly why: string;
}

async function sourcesOf(
  services: AssistServices,
  active: vscode.TextDocument | undefined,
  paths: readonly string[],
): Promise<readonly Source[]> {
  const documents = new Map(active && [[active.uri.toString(), active]]);
  for (const path of paths) {
    const uri = await workspaceUri(path);
    if (!uri || documents.has(uri.toString()) || !(await services.mayUse(uri))) continue;
    documents.set(uri.toString(), await vscode.workspace.openTextDocument(uri));
  }
  return [...documents.values()].map((document) => ({
    document,
    languageId: document.languageId,
    text: plainDocument(document).text,
  }));
}

function choiceOf({ source: { document, text: base }, range, text, name }: Replacement<Source>): Choice {
  const label = `Replace ${name} in ${vscode.workspace.asRelativePath(document.uri)}`;
  return { label, document, base, range, text, why: `replaces ${name}` };
}

function choicesIn({ document, selection }: vscode.TextEditor, code: string): readonly Choice[] {
  const { text, rangeOf } = plainDocument(document);
  const choice = (label: string, range: TextRange): Choice => {
    return { label, document, base: text, range, text: likeRange(text, range, code), why: "as asked" };
  };
  return [
    choice(selection.isEmpty ? "Insert at the cursor" : "Replace the selection", rangeOf(selection)),
    choice("Replace the whole file", { start: 0, end: text.length }),
  ];
}

function likeRange(text: string, { start, end }: TextRange, code: string): string {
  const old = text.slice(start, end);
  if (!old) return code;
  const before = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  // A selection may begin after the indentation, which likeRegion needs to see.
  const indent = /^\s*$/.test(before) ? before : "";
  return likeRegion(code, indent + old).slice(indent.length);
}

function proposedText({ base, range, text }: Choice): string {
  return base.slice(0, range.start) + text + base.slice(range.end);
}
