import * as vscode from "vscode";
import type { SeenProblem } from "../../assist/candidateChecks.ts";
import { answerWithin } from "../../base/patience.ts";

/** The parts of tsserver's diagnostics that are used here. */
interface ServerDiagnostic {
  readonly text: string;
  readonly category: "error" | "warning" | "suggestion" | "message";
}

/** A server that loads a large project answers no one before. */
const answerMs = 15_000;

const languages = new Set(["typescript", "typescriptreact", "javascript", "javascriptreact"]);

/**
 * The problems that VS Code's TypeScript server sees in an open document. It publishes diagnostics for documents in
 * tabs only, so a document that is not shown has to be asked about. Undefined where the server does not answer.
 */
export async function typescriptProblems(
  document: vscode.TextDocument,
  signal: AbortSignal,
): Promise<readonly SeenProblem[] | undefined> {
  if (!languages.has(document.languageId)) return undefined;
  const found: SeenProblem[] = [];
  for (const request of ["syntacticDiagnosticsSync", "semanticDiagnosticsSync"]) {
    const answer = await answerWithin(
      vscode.commands.executeCommand<{ readonly body?: readonly ServerDiagnostic[] } | undefined>(
        "typescript.tsserverRequest",
        request,
        { file: document.uri },
      ),
      answerMs,
      signal,
    );
    if (!answer?.body) return undefined;
    for (const { text, category } of answer.body) {
      if (category !== "error" && category !== "warning") continue;
      found.push({ severity: category, message: text, source: "ts" });
    }
  }
  return found;
}
