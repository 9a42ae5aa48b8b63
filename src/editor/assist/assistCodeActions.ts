import * as vscode from "vscode";
import { findingSource } from "./findingMarks.ts";

/** Offers fix and explanation on every problem of any source, dismissal on Wisp's own, and more on a selection. */
export class AssistCodeActions implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix, vscode.CodeActionKind.Refactor];

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    // Only on request, so that a mere selection does not light the bulb.
    const isAsked = context.triggerKind === vscode.CodeActionTriggerKind.Invoke;
    return [...onProblems(document, context), ...(isAsked && !range.isEmpty ? onCode(document) : [])];
  }
}

function onCode(document: vscode.TextDocument): vscode.CodeAction[] {
  const offers = [
    ["wisp.explain", "Wisp: Explain"],
    ["wisp.tests", "Wisp: Write Tests"],
    ["wisp.document", "Wisp: Document"],
  ] as const;
  return offers.map(([command, title]) => {
    const made = new vscode.CodeAction(title, vscode.CodeActionKind.Refactor);
    made.command = { command, title, arguments: [document.uri] };
    return made;
  });
}

function onProblems(document: vscode.TextDocument, context: vscode.CodeActionContext): vscode.CodeAction[] {
  return context.diagnostics
    .filter((problem) => problem.severity <= vscode.DiagnosticSeverity.Information)
    .flatMap((problem) => {
      const [line = ""] = problem.message.split("\n");
      const short = line.length > 50 ? `${line.slice(0, 49)}…` : line;
      const actions = [
        action("wisp.fix", `Wisp: Fix “${short}”`, document, problem),
        action("wisp.explain", `Wisp: Explain this problem “${short}”`, document, problem),
      ];
      if (problem.source === findingSource) {
        actions.push(action("wisp.dismissFinding", "Wisp: Dismiss this finding", document, problem));
      }
      return actions;
    });
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
