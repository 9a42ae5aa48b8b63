import * as vscode from "vscode";
import { type FindBugsResult, findBugs, findBugsLimits } from "../../assist/bugFinder.ts";
import { findFix, likeRegion } from "../../assist/fixer.ts";
import { locate } from "../../assist/locate.ts";
import { type CodeRegion, lineAt, regionText } from "../../assist/region.ts";
import type { Log } from "../../base/log.ts";
import { WispError } from "../../base/wispError.ts";
import type { ModelClient } from "../../model/modelClient.ts";
import { explainPrompt, fitCode, type PromptProblem } from "../../prompt/assistPrompt.ts";
import type { SyntaxService } from "../../syntax/syntaxService.ts";
import {
  calledDefinitions,
  meantRegion,
  plainDocument,
  problemsIn,
  promptProblem,
  regionOf,
} from "./editorRegion.ts";
import { type FindingMarks, findingSource } from "./findingMarks.ts";
import type { Proposals } from "./proposals.ts";
import { type RetiredShadows, ShadowProblems } from "./shadowProblems.ts";
import type { UserChecks } from "./userCheck.ts";

export interface AssistOptions {
  readonly model: () => ModelClient;
  readonly syntax: SyntaxService;
  readonly log: Log;
  readonly marks: FindingMarks;
  readonly proposals: Proposals;
  readonly shadows: RetiredShadows;
  readonly checks: UserChecks;
  /** Tokens that the model takes, prompt and answer together. */
  readonly contextTokens: () => number;
  /** Candidates that a fix may try. */
  readonly fixCandidates: () => number;
  /** Whether a file may enter a prompt. */
  readonly mayUse: (uri: vscode.Uri) => Promise<boolean>;
  readonly maskSecrets: (text: string) => string;
  /** Sends a question with its context to the chat; `title` is what the conversation shows. */
  readonly askChat: (title: string, question: string, context: string) => Promise<void>;
}

/** Explain, find bugs and fix as the user calls them. */
export class AssistCommands {
  readonly #options: AssistOptions;

  constructor(options: AssistOptions) {
    this.#options = options;
  }

  /** Explains the problem, the selection, or the function at the cursor, as a turn of the chat. */
  async explain(uri?: vscode.Uri, problem?: vscode.Diagnostic): Promise<void> {
    const target = await this.#target(uri, problem?.range);
    if (!target) return;
    const { document, region } = target;
    const problems = problem
      ? [promptProblem(problem)]
      : problemsIn(document, plainDocument(document).toRange(region.range));
    const fitted = fitCode(
      await this.#promptCode(document, region),
      Math.floor(this.#options.contextTokens() / 2),
    );
    const { question, context } = explainPrompt(fitted.code, problem ? problems : []);
    const place = `${region.path}:${lineAt(region.text, region.range.start)}`;
    const notice = fitted.lost > 0 ? ` (without its last ${fitted.lost} lines, which do not fit)` : "";
    const title = problem ? `Explain “${problem.message}” in ${place}` : `Explain ${place}${notice}`;
    await this.#options.askChat(title, question, context);
  }

  /** Looks for bugs in the selection, else in the whole file, and marks them. */
  async findBugs(uri?: vscode.Uri): Promise<void> {
    const editor = await editorFor(uri);
    if (!editor || !(await this.#allowed(editor.document.uri))) return;
    const { document } = editor;
    const scope = editor.selection.isEmpty ? wholeRange(document) : editor.selection;
    const others = vscode.languages
      .getDiagnostics(document.uri)
      .filter((known) => known.source !== findingSource);
    const region = regionOf(document, scope);
    const result = await this.#withProgress("Wisp: looking for bugs", (report, signal) =>
      findBugs(
        region,
        {
          model: this.#options.model(),
          syntax: this.#options.syntax,
          log: this.#options.log,
          ...findBugsLimits(this.#options.contextTokens()),
          known: others.map(({ range }) => ({
            startLine: range.start.line + 1,
            endLine: range.end.line + 1,
          })),
          maskSecrets: this.#options.maskSecrets,
          definitions: (unit) => calledDefinitions(document, unit, 800),
          onProgress: (done, total) => report(`${done} of ${total} parts`),
        },
        signal,
      ),
    );
    if (!result) return;
    const shown = this.#options.marks.show(document, scope, result.findings);
    void vscode.window.showInformationMessage(findingsText(shown, result));
  }

  /** Proposes a checked fix for the problem, or for the selection or the function at the cursor. */
  async fix(uri?: vscode.Uri, problem?: vscode.Diagnostic): Promise<void> {
    const target = await this.#target(uri, problem?.range);
    if (!target) return;
    const { document, region } = target;
    const range = plainDocument(document).toRange(region.range);
    const problems: readonly PromptProblem[] = problem
      ? [promptProblem(problem)]
      : problemsIn(document, range);
    const budget = Math.floor(this.#options.contextTokens() * 0.45);
    const code = await this.#promptCode(document, region);
    if (code.text !== regionText(region)) {
      // The model would write the mask in place of the secret, and accepting that would lose the secret.
      void vscode.window.showWarningMessage(
        "This code holds what looks like a secret, which is not given to the model. Select a part without it.",
      );
      return;
    }
    if (fitCode(code, budget).lost > 0) {
      void vscode.window.showWarningMessage(
        `${code.text.split("\n").length} lines are too many for a fix with this model. Select the function or the lines to fix.`,
      );
      return;
    }
    const check = await this.#options.checks.open(document);
    const command = check === "declined" ? undefined : check;
    const shadow = new ShadowProblems(document, this.#options.shadows);
    const result = await this.#withProgress("Wisp: fixing", async (report, signal) => {
      try {
        report("asking the language server");
        const before = await shadow.problemsOf(region.text, signal);
        const target = problems.filter((wanted) => before?.some((seen) => seen.message === wanted.message));
        return await findFix(
          region,
          problems,
          before ?? [],
          {
            model: this.#options.model(),
            log: this.#options.log,
            candidates: this.#options.fixCandidates(),
            definitions: code.definitions,
            onProgress: report,
            checks: {
              syntax: this.#options.syntax,
              // A server that does not show the problem in the copy cannot tell whether it is gone.
              problemsOf: async (_region, text) =>
                before && (target.length > 0 || problems.length === 0)
                  ? shadow.problemsOf(text, signal)
                  : undefined,
              runCommand:
                command &&
                ((_region, text, signal) => {
                  report("running the check command");
                  return command.run(text, signal);
                }),
            },
          },
          signal,
        );
      } finally {
        await shadow.dispose();
        await command?.dispose();
      }
    });
    if (!result || (result.cancelled && !result.fix)) return;
    if (!result.fix) {
      const why = [...new Set(result.refused)].join("; ");
      void vscode.window.showWarningMessage(
        `No fix passed the checks, so none is shown. ${result.refused.length} tried: ${why}.`,
      );
      return;
    }
    const notes = [...result.fix.check.notes, ...(check === "declined" ? ["check command not run"] : [])];
    await this.#options.proposals.show(document, result.fix.text, notes.join(", "));
  }

  /** Proposes a code block of the chat for the active file: at the definition of the same name, else where the user says. */
  async applyCode(code: string): Promise<void> {
    const editor = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
    if (!editor) {
      void vscode.window.showInformationMessage("Open the file that the code belongs to, then apply it.");
      return;
    }
    const { document } = editor;
    const plain = plainDocument(document);
    const place = await locate(this.#options.syntax, document.languageId, plain.text, code);
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
    await this.#options.proposals.show(
      document,
      text,
      place.kind === "replace" ? `replaces ${place.name}` : "as asked",
    );
  }

  async #target(
    uri: vscode.Uri | undefined,
    range: vscode.Range | undefined,
  ): Promise<{ readonly document: vscode.TextDocument; readonly region: CodeRegion } | undefined> {
    const editor = await editorFor(uri);
    if (!editor || !(await this.#allowed(editor.document.uri))) return undefined;
    const { document } = editor;
    return { document, region: await meantRegion(document, range ?? editor.selection, this.#options.syntax) };
  }

  async #allowed(uri: vscode.Uri): Promise<boolean> {
    if (await this.#options.mayUse(uri)) return true;
    void vscode.window.showWarningMessage(
      `${vscode.workspace.asRelativePath(uri)} is excluded (wisp.excludeGlobs, git-ignored or a file with secrets), so it is not given to the model.`,
    );
    return false;
  }

  async #promptCode(document: vscode.TextDocument, region: CodeRegion) {
    return {
      path: region.path,
      languageId: region.languageId,
      text: this.#options.maskSecrets(regionText(region)),
      startLine: lineAt(region.text, region.range.start),
      definitions: await calledDefinitions(document, region, 1200),
    };
  }

  /** Runs with a cancellable notification; a failure of the model is shown with what to do and gives undefined. */
  async #withProgress<T>(
    title: string,
    run: (report: (message: string) => void, signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    return vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      async (progress, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        try {
          return await run((message) => progress.report({ message }), abort.signal);
        } catch (error) {
          if (!(error instanceof WispError)) throw error;
          this.#options.log.error(`${title}: ${error.code}: ${error.message}`);
          void vscode.window.showErrorMessage(`${error.message} ${error.hint}`);
          return undefined;
        }
      },
    );
  }
}

async function editorFor(uri: vscode.Uri | undefined): Promise<vscode.TextEditor | undefined> {
  const active = vscode.window.activeTextEditor;
  if (!uri || active?.document.uri.toString() === uri.toString()) {
    if (!active) void vscode.window.showInformationMessage("Open a file first.");
    return active;
  }
  return vscode.window.showTextDocument(uri);
}

function wholeRange(document: vscode.TextDocument): vscode.Range {
  const last = document.lineAt(document.lineCount - 1);
  return new vscode.Range(new vscode.Position(0, 0), last.range.end);
}

function findingsText(shown: number, result: FindBugsResult): string {
  const { reported, notInTheCode, known, refuted } = result.counts;
  const dropped = [
    notInTheCode > 0 && `${notInTheCode} about code that is not there`,
    known > 0 && `${known} already reported by others`,
    refuted > 0 && `${refuted} that did not stand a second look`,
  ].filter(Boolean);
  const found =
    shown === 0
      ? "Found no bug that stands."
      : `Found ${shown} possible bug${shown === 1 ? "" : "s"}: see Problems.`;
  const rest = dropped.length > 0 ? ` Of ${reported} reports, dropped ${dropped.join(", ")}.` : "";
  return `${result.cancelled ? "Stopped early. " : ""}${found}${rest}`;
}
