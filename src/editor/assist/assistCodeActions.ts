import * as vscode from "vscode";
import { findingSource } from "./findingMarks.ts";

/** Offers fix and explanation on every problem of any source, and dismissal on Wisp's own. */
export class AssistCodeActions implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix];

  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return context.diagnostics
      .filter((problem) => problem.severity <= vscode.DiagnosticSeverity.Information)
      .flatMap((problem) => {
        const short = problem.message.length > 50 ? `${problem.message.slice(0, 49)}…` : problem.message;
        const actions = [
          action("wisp.fix", `Wisp: Fix “${short}”`, document, problem),
          action("wisp.explain", `Wisp: Explain “${short}”`, document, problem),
        ];
        if (problem.source === findingSource) {
          actions.push(action("wisp.dismissFinding", "Wisp: Dismiss this finding", document, problem));
        }
        return actions;
      });
  }
}

function action(
  command: string,
  title: string,
  document: vscode.TextDocument,
  problem: vscode.Diagnostic,
): vscode.CodeAction {
  const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  made.command = { command, title, arguments: [document.uri, problem] };
  made.diagnostics = [problem];
  return made;
}
