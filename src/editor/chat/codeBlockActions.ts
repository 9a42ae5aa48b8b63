import * as vscode from "vscode";
import type { CodeAction } from "../../chat/protocol.ts";
import { codeEditor } from "../codeEditor.ts";
import { pasteIntoTerminal } from "./terminalPaste.ts";

/**
 * Shows a proposed text for a file and lets the user take it; the fix command brings the same.
 * @param paths files that the answer was built on, where the code's place may be besides the active file.
 */
export type ProposeEdit = (code: string, paths: readonly string[]) => Promise<void>;

export interface CodeBlock {
  readonly action: CodeAction;
  readonly code: string;
  readonly language: string;
}

/** Carries out the buttons of a code block. Nothing runs by itself: the terminal only gets the text. */
export async function runCodeAction(
  { action, code, language }: CodeBlock,
  paths: readonly string[],
  propose: ProposeEdit,
): Promise<void> {
  switch (action) {
    case "copy":
      await vscode.env.clipboard.writeText(code);
      return;
    case "insert":
      await insertAtCursor(code);
      return;
    case "newFile": {
      const languages = await vscode.languages.getLanguages();
      const known = languages.includes(language) ? language : aliases[language];
      const document = await vscode.workspace.openTextDocument({
        content: code,
        ...(known && { language: known }),
      });
      await vscode.window.showTextDocument(document);
      return;
    }
    case "terminal":
      return pasteIntoTerminal(code);
    case "apply":
      await propose(code, paths);
  }
}

/** Short names that models write after a fence, as VS Code calls them. */
const aliases: Readonly<Record<string, string>> = {
  ts: "typescript",
  tsx: "typescriptreact",
  js: "javascript",
  jsx: "javascriptreact",
  py: "python",
  rb: "ruby",
  rs: "rust",
  cs: "csharp",
  sh: "shellscript",
  bash: "shellscript",
  yml: "yaml",
  md: "markdown",
};

async function insertAtCursor(code: string): Promise<void> {
  const editor = codeEditor(vscode.window);
  if (!editor) {
    void vscode.window.showInformationMessage("Open a file first: there is no cursor to insert the code at.");
    return;
  }
  const isInserted = await editor.edit((edit) => {
    for (const selection of editor.selections) edit.replace(selection, code);
  });
  if (!isInserted)
    void vscode.window.showWarningMessage(
      `${vscode.workspace.asRelativePath(editor.document.uri)} takes no text: it is read-only, or has changed just now.`,
    );
  await vscode.window.showTextDocument(editor.document, editor.viewColumn);
}
