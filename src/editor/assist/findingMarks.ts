import { createHash } from "node:crypto";
import * as vscode from "vscode";
import type { Finding } from "../../assist/bugFinder.ts";
import { DisposableStore } from "../../base/disposable.ts";
import { plainDocument, usedDefinitions } from "./editorRegion.ts";

export const findingSource = "wisp";
const dismissedKey = "wisp.dismissedFindings";
const maxDismissed = 500;

/** What would be expected in a place. */
export interface Instead {
  readonly at: vscode.Range;
  /** With `\n` line ends. */
  readonly put: string;
}

/** Wisp's own diagnostics: they move with edits, vanish when their code changes, and remember dismissals. */
export class FindingMarks implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection(findingSource);
  readonly #memory: vscode.Memento;
  readonly #instead = new WeakMap<vscode.Diagnostic, string>();
  readonly #disposables = new DisposableStore();

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
    this.#disposables.add(this.#collection);
    this.#disposables.add(vscode.workspace.onDidChangeTextDocument((event) => this.#follow(event)));
    this.#disposables.add(
      vscode.workspace.onDidDeleteFiles((event) => {
        for (const uri of event.files) this.#collection.delete(uri);
      }),
    );
  }

  /** Replaces the marks inside `scope` by new findings. @returns those that are shown. */
  async show(
    document: vscode.TextDocument,
    scope: vscode.Range,
    findings: readonly Finding[],
  ): Promise<readonly vscode.Diagnostic[]> {
    const plain = plainDocument(document);
    const dismissed = new Set(this.#dismissed());
    const fresh = findings
      .map((finding) => {
        const sure =
          finding.confidence === undefined ? "" : ` (${Math.round(finding.confidence * 100)} % sure)`;
        const mark = new vscode.Diagnostic(
          plain.toRange(finding.range),
          `${finding.message}${sure}`,
          severities[finding.severity],
        );
        mark.source = findingSource;
        mark.code = "possible-bug";
        if (finding.instead !== undefined) this.#instead.set(mark, finding.instead);
        return mark;
      })
      .filter((mark) => !dismissed.has(fingerprint(document, mark)));
    for (const mark of fresh) mark.relatedInformation = [...(await usedDefinitions(document, mark.range))];
    const others = this.of(document.uri).filter((mark) => !scope.contains(mark.range));
    this.#collection.set(document.uri, [...others, ...fresh]);
    return fresh;
  }

  of(uri: vscode.Uri): readonly vscode.Diagnostic[] {
    return this.#collection.get(uri) ?? [];
  }

  /** Takes a mark away and does not show the like of it again on this line's text. */
  async dismiss(uri: vscode.Uri, mark: vscode.Diagnostic): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    const remembered = [...this.#dismissed(), fingerprint(document, mark)].slice(-maxDismissed);
    await this.#memory.update(dismissedKey, remembered);
    this.#collection.set(
      uri,
      this.of(uri).filter((other) => !other.range.isEqual(mark.range)),
    );
  }

  /** What would be expected in place of a mark's range, where the search told; the mark may be a copy. */
  insteadOf({ uri }: vscode.TextDocument, { range, message }: vscode.Diagnostic): Instead | undefined {
    const mark = this.of(uri).find((own) => own.range.isEqual(range) && own.message === message);
    const put = mark && this.#instead.get(mark);
    return put === undefined || !mark ? undefined : { at: mark.range, put };
  }

  clear(uri?: vscode.Uri): void {
    if (uri) this.#collection.delete(uri);
    else this.#collection.clear();
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #dismissed(): readonly string[] {
    return this.#memory.get<readonly string[]>(dismissedKey, []);
  }

  #follow(event: vscode.TextDocumentChangeEvent): void {
    const marks = this.of(event.document.uri);
    if (marks.length === 0 || event.contentChanges.length === 0) return;
    const moved = marks.flatMap((mark) => {
      let range: vscode.Range | undefined = mark.range;
      for (const change of event.contentChanges) range = range && shift(range, change);
      if (!range) return [];
      mark.range = range;
      return [mark];
    });
    this.#collection.set(event.document.uri, moved);
  }
}

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
} as const;

/** The range after a change elsewhere; undefined when the change touches it. */
function shift(range: vscode.Range, change: vscode.TextDocumentContentChangeEvent): vscode.Range | undefined {
  const { range: old, text } = change;
  if (old.start.isAfterOrEqual(range.end)) return range;
  if (!old.end.isBeforeOrEqual(range.start)) return undefined;
  const lines = text.split("\n");
  const lineShift = lines.length - 1 - (old.end.line - old.start.line);
  const onSameLine = old.end.line === range.start.line;
  const lastLine = lines.at(-1) ?? "";
  const endAfter = (lines.length === 1 ? old.start.character : 0) + lastLine.length;
  const characterShift = onSameLine ? endAfter - old.end.character : 0;
  const move = (position: vscode.Position, sameLine: boolean): vscode.Position =>
    position.translate(lineShift, sameLine ? characterShift : 0);
  return new vscode.Range(move(range.start, onSameLine), move(range.end, onSameLine && range.isSingleLine));
}

function fingerprint(document: vscode.TextDocument, mark: vscode.Diagnostic): string {
  const line = document.lineAt(Math.min(mark.range.start.line, document.lineCount - 1)).text.trim();
  return createHash("sha256")
    .update(`${vscode.workspace.asRelativePath(document.uri)}\n${line}`)
    .digest("base64")
    .slice(0, 16);
}
