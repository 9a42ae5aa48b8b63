import { createHash } from "node:crypto";
import * as vscode from "vscode";
import type { Finding } from "../../assist/bugFinder.ts";
import { codePlace } from "../../assist/codePlace.ts";
import { rangeAfter } from "../../assist/hunks.ts";
import { type CodeRegion, lineAt, squeeze } from "../../assist/region.ts";
import { DisposableStore } from "../../base/disposable.ts";
import type { SyntaxService } from "../../syntax/syntaxService.ts";
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

/** What became of findings. */
export interface ShownFindings {
  readonly marks: readonly vscode.Diagnostic[];
  /** Dismissed earlier. */
  readonly dismissed: number;
  /** On lines that were edited while they were looked at. */
  readonly edited: number;
}

/** Wisp's own diagnostics: they move with edits, vanish when their code changes, and remember dismissals. */
export class FindingMarks implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection(findingSource);
  readonly #memory: vscode.Memento;
  readonly #syntax: SyntaxService;
  readonly #instead = new WeakMap<vscode.Diagnostic, string>();
  /** The lines that a mark is about, without white space. */
  readonly #lines = new WeakMap<vscode.Diagnostic, string>();
  readonly #disposables = new DisposableStore();

  constructor(memory: vscode.Memento, syntax: SyntaxService) {
    this.#memory = memory;
    this.#syntax = syntax;
    this.#disposables.add(this.#collection);
    this.#disposables.add(vscode.workspace.onDidChangeTextDocument((event) => this.#follow(event)));
    // A file may have changed while it was closed.
    this.#disposables.add(vscode.workspace.onDidOpenTextDocument((document) => this.#keepValid(document)));
    this.#disposables.add(
      vscode.workspace.onDidCloseTextDocument((closed) => {
        // One that gets another language is closed and opened in one go.
        const isGone = !vscode.workspace.textDocuments.includes(closed);
        if (isGone && !hasFile(closed.uri)) this.clear(closed.uri);
      }),
    );
    this.#disposables.add(
      vscode.workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri, newUri } of files) this.#move(oldUri, newUri);
      }),
    );
    // Files are deleted in terminals, too.
    const deletions = vscode.workspace.createFileSystemWatcher("**/*", true, true, false);
    this.#disposables.add(deletions);
    this.#disposables.add(
      deletions.onDidDelete((gone) => {
        for (const uri of this.#under(gone)) this.#collection.delete(uri);
      }),
    );
  }

  /**
   * Replaces the marks on the code that was looked at by new findings.
   * @param code the code as it was then; the document may have been edited since.
   */
  async show(
    document: vscode.TextDocument,
    code: CodeRegion,
    findings: readonly Finding[],
  ): Promise<ShownFindings> {
    const lines = findings.map(({ range }) => lineAt(code.text, range.start) - 1);
    const places = await this.#placesOf(document, code.text, lines);
    const dismissed = new Set(this.#dismissed());
    const wanted = findings.filter((_finding, index) => !dismissed.has(places[index] ?? ""));
    const plain = plainDocument(document);
    const fresh = wanted.flatMap((finding) => {
      const range = rangeAfter(code.text, plain.text, finding.range);
      return range ? [this.#markOf(finding, plain.toRange(range))] : [];
    });
    for (const mark of fresh) this.#lines.set(mark, linesOf(document, mark.range));
    const scope = rangeAfter(code.text, plain.text, code.range);
    // Where it was edited, its old marks are gone or still about what stands there.
    const old = this.of(document.uri);
    const others = old.filter((mark) => !scope || !plain.toRange(scope).contains(mark.range));
    const marks = [...others.filter((mark) => !fresh.some((own) => own.range.isEqual(mark.range))), ...fresh];
    // An empty report where nothing was looks as if somebody else had judged the document.
    if (old.length + marks.length > 0) this.#collection.set(document.uri, marks);
    await this.#relate(document, fresh);
    return {
      marks: fresh,
      dismissed: findings.length - wanted.length,
      edited: wanted.length - fresh.length,
    };
  }

  of(uri: vscode.Uri): readonly vscode.Diagnostic[] {
    return this.#collection.get(uri) ?? [];
  }

  /** Takes a mark away and shows none again in its place. */
  async dismiss(uri: vscode.Uri, mark: vscode.Diagnostic): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    const { text } = plainDocument(document);
    const places = await this.#placesOf(document, text, [mark.range.start.line]);
    const remembered = [...this.#dismissed(), ...places].slice(-maxDismissed);
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

  #markOf({ message, severity, confidence, instead }: Finding, range: vscode.Range): vscode.Diagnostic {
    const sure = confidence === undefined ? "" : ` (${Math.round(confidence * 100)} % sure)`;
    const mark = new vscode.Diagnostic(range, `${message}${sure}`, severities[severity]);
    mark.source = findingSource;
    mark.code = "possible-bug";
    if (instead !== undefined) this.#instead.set(mark, instead);
    return mark;
  }

  /** Adds the places of what is called; a language server takes its time, so the marks stand before. */
  async #relate(document: vscode.TextDocument, marks: readonly vscode.Diagnostic[]): Promise<void> {
    for (const mark of marks) {
      const places = await usedDefinitions(document, mark.range);
      if (places.length > 0) mark.relatedInformation = [...places];
    }
    if (marks.some(({ relatedInformation }) => relatedInformation))
      this.#collection.set(document.uri, this.of(document.uri));
  }

  /** The documents with marks that are `uri` or lie below it. */
  #under(uri: vscode.Uri): readonly vscode.Uri[] {
    const found: vscode.Uri[] = [];
    const folder = `${uri.toString()}/`;
    this.#collection.forEach((marked) => {
      if (`${marked.toString()}/`.startsWith(folder)) found.push(marked);
    });
    return found;
  }

  #move(from: vscode.Uri, to: vscode.Uri): void {
    for (const uri of this.#under(from)) {
      const marks = this.of(uri);
      this.#collection.delete(uri);
      this.#collection.set(to.with({ path: to.path + uri.path.slice(from.path.length) }), marks);
    }
  }

  /** Takes away the marks whose lines have another text by now. */
  #keepValid(document: vscode.TextDocument): void {
    const marks = this.of(document.uri);
    const valid = marks.filter((mark) => this.#lines.get(mark) === linesOf(document, mark.range));
    if (valid.length < marks.length) this.#collection.set(document.uri, valid);
  }

  /** What lines of a document, from 0, are remembered by: nothing of the code is kept in a form that can be read. */
  async #placesOf(
    { uri, languageId }: vscode.TextDocument,
    text: string,
    lines: readonly number[],
  ): Promise<readonly string[]> {
    if (lines.length === 0) return [];
    const outline = await this.#syntax.outline(languageId, text);
    const path = vscode.workspace.asRelativePath(uri);
    return lines.map((line) =>
      createHash("sha256")
        .update(`${path}\n${codePlace(text, line, outline)}`)
        .digest("base64")
        .slice(0, 16),
    );
  }

  #dismissed(): readonly string[] {
    return this.#memory.get<readonly string[]>(dismissedKey, []);
  }

  #follow(event: vscode.TextDocumentChangeEvent): void {
    const marks = this.of(event.document.uri);
    if (marks.length === 0 || event.contentChanges.length === 0) return;
    let hasMoved = false;
    const moved = marks.flatMap((mark) => {
      let range: vscode.Range | undefined = mark.range;
      for (const change of event.contentChanges) range = range && shift(range, change);
      if (!range) return [];
      hasMoved ||= !range.isEqual(mark.range);
      mark.range = range;
      return [mark];
    });
    if (hasMoved || moved.length < marks.length) this.#collection.set(event.document.uri, moved);
    // What was written in front of it or behind it on the same line makes another line of it.
    this.#keepValid(event.document);
  }
}

/** What is in no file system, such as a cell or an old version, is nowhere once it is closed. */
function hasFile({ scheme }: vscode.Uri): boolean {
  return scheme === "file" || vscode.workspace.fs.isWritableFileSystem(scheme) === true;
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

function linesOf(document: vscode.TextDocument, { start, end }: vscode.Range): string {
  const last = document.lineAt(Math.min(end.line, document.lineCount - 1));
  return squeeze(document.getText(new vscode.Range(start.line, 0, last.lineNumber, last.text.length)));
}
