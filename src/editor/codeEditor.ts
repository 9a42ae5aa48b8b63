import type * as vscode from "vscode";

/** Boxes and panels that VS Code counts as editors too. */
const schemesOfPanels = new Set([
  "output",
  "vscode-scm",
  "comment",
  "debug",
  "vscode-interactive-input",
  "chat-editing-text-model",
  "vscode-chat-code-block",
]);

/** Whether a document is a file or the like, and no panel's own. */
export function isOfEditor({ uri }: Pick<vscode.TextDocument, "uri">): boolean {
  return !schemesOfPanels.has(uri.scheme);
}

/** The editor that the user is or was in, else one that is seen. */
export function codeEditor({
  activeTextEditor,
  visibleTextEditors,
}: Pick<typeof vscode.window, "activeTextEditor" | "visibleTextEditors">): vscode.TextEditor | undefined {
  const all = activeTextEditor ? [activeTextEditor, ...visibleTextEditors] : visibleTextEditors;
  return all.find(({ document }) => isOfEditor(document));
}
