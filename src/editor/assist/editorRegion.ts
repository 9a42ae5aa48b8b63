import * as vscode from "vscode";
import { calledNames } from "../../assist/calledNames.ts";
import { foldedDefinitions } from "../../assist/foldedDefinitions.ts";
import { type CodeRegion, growRange, regionText } from "../../assist/region.ts";
import { answerWithin } from "../../base/patience.ts";
import type { PromptProblem } from "../../prompt/assistPrompt.ts";
import type { SyntaxService, TextRange } from "../../syntax/syntaxService.ts";
import { shownFile } from "../realFile.ts";
import type { AssistServices } from "./assistServices.ts";
import { openIfText } from "./openIfText.ts";

/** A document's text with `\n` line ends and the way between its offsets and VS Code's ranges. */
export interface PlainDocument {
  readonly text: string;
  rangeOf(range: vscode.Range): TextRange;
  toRange(range: TextRange): vscode.Range;
}

export function plainDocument(document: vscode.TextDocument): PlainDocument {
  const raw = document.getText();
  const text = raw.replaceAll("\r\n", "\n");
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const offsetOf = (position: vscode.Position): number =>
    (starts[position.line] ?? text.length) + position.character;
  const positionOf = (offset: number): vscode.Position => {
    let line = 0;
    let high = starts.length - 1;
    while (line < high) {
      const middle = Math.ceil((line + high) / 2);
      if ((starts[middle] ?? 0) <= offset) line = middle;
      else high = middle - 1;
    }
    return new vscode.Position(line, offset - (starts[line] ?? 0));
  };
  return {
    text,
    rangeOf: (range) => ({ start: offsetOf(range.start), end: offsetOf(range.end) }),
    toRange: (range) => new vscode.Range(positionOf(range.start), positionOf(range.end)),
  };
}

/** A file's path in the workspace, else its name alone: where files lie on the machine is nobody's business. */
export function promptPath(uri: vscode.Uri): string {
  const file = shownFile(uri);
  if (vscode.workspace.getWorkspaceFolder(file)) return vscode.workspace.asRelativePath(file);
  return file.path.slice(file.path.lastIndexOf("/") + 1) || file.path;
}

export function regionOf(document: vscode.TextDocument, range: vscode.Range): CodeRegion {
  const plain = plainDocument(document);
  return {
    key: document.uri.toString(),
    path: promptPath(document.uri),
    languageId: document.languageId,
    text: plain.text,
    range: plain.rangeOf(range),
  };
}

/** What the user means by a selection or a cursor: the function or class around it. */
export async function meantRegion(
  document: vscode.TextDocument,
  range: vscode.Range,
  syntax: SyntaxService,
): Promise<CodeRegion> {
  const region = regionOf(document, range);
  return { ...region, range: await growRange(region, await knownRanges(document, syntax), syntax) };
}

/**
 * The functions and classes of a document as the language server knows them, none where it is late. What can be folded
 * besides tells only where there is no grammar, as folds are blocks of all kinds and a grammar knows functions from loops.
 */
export async function knownRanges(
  document: vscode.TextDocument,
  syntax: SyntaxService,
): Promise<readonly TextRange[]> {
  const plain = plainDocument(document);
  const asksFolds = !syntax.supports(document.languageId);
  const [symbols, folds] = await Promise.all([symbolRanges(document), asksFolds ? foldsOf(document) : []]);
  const known = symbols.map((symbol) => plain.rangeOf(symbol));
  const isInside = (one: TextRange): boolean =>
    known.some(({ start, end }) => start <= one.start && end >= one.end);
  return [...known, ...foldedDefinitions(plain.text, folds).filter((fold) => !isInside(fold))];
}

async function foldsOf(document: vscode.TextDocument): Promise<readonly vscode.FoldingRange[]> {
  const folds = await answerWithin(
    vscode.commands.executeCommand<vscode.FoldingRange[] | undefined>(
      "vscode.executeFoldingRangeProvider",
      document.uri,
    ),
    lookUpMs,
  );
  return (folds ?? []).filter(
    ({ kind }) => kind !== vscode.FoldingRangeKind.Comment && kind !== vscode.FoldingRangeKind.Imports,
  );
}

/** The problems that others report in a range, as the prompts want them. */
export function problemsIn(document: vscode.TextDocument, range: vscode.Range): readonly PromptProblem[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter((problem) => problem.range.intersection(range) !== undefined)
    .filter((problem) => problem.severity <= vscode.DiagnosticSeverity.Warning)
    .map(promptProblem);
}

export function promptProblem(problem: vscode.Diagnostic): PromptProblem {
  return {
    line: problem.range.start.line + 1,
    severity: severityName(problem.severity),
    message: problem.message,
    ...(problem.source && { source: problem.source }),
    related: (problem.relatedInformation ?? []).map((related) => ({
      path: promptPath(related.location.uri),
      line: related.location.range.start.line + 1,
      message: related.message,
    })),
  };
}

export function severityName(severity: vscode.DiagnosticSeverity): "error" | "warning" | "info" {
  if (severity === vscode.DiagnosticSeverity.Error) return "error";
  return severity === vscode.DiagnosticSeverity.Warning ? "warning" : "info";
}

/**
 * Signatures of what the region calls, from the language server, at most `maxCharacters` long; empty when it is silent.
 * Those in files that may not be used are left out, and secrets are masked.
 */
export async function calledDefinitions(
  { mayUse, maskSecrets, log }: Pick<AssistServices, "mayUse" | "maskSecrets" | "log">,
  document: vscode.TextDocument,
  region: CodeRegion,
  maxCharacters: number,
): Promise<string> {
  const plain = plainDocument(document);
  const deadline = Date.now() + lookUpMs;
  let text = "";
  for (const [name, offset] of calledNames(regionText(region)).slice(0, 12)) {
    if (Date.now() > deadline || text.length > maxCharacters) break;
    const at = region.range.start + offset;
    const place = await definitionAt(document, plain.toRange({ start: at, end: at }).start, deadline);
    if (!place) continue;
    const isInside = place.uri.toString() === region.key && plain.toRange(region.range).contains(place.range);
    if (isInside || !(await mayUse(place.uri))) continue;
    const target = await openIfText(log, place.uri);
    // A server may be behind what was written since.
    if (!target || place.range.start.line >= target.lineCount) continue;
    const signature = maskSecrets(target.lineAt(place.range.start.line).text.trim());
    if (signature.includes(name)) text += `// ${promptPath(place.uri)}\n${signature}\n`;
  }
  return text.slice(0, maxCharacters).trimEnd();
}

/** The places of what is called in a range, as places that a diagnostic points to; those in the range are left out. */
export async function usedDefinitions(
  document: vscode.TextDocument,
  range: vscode.Range,
): Promise<readonly vscode.DiagnosticRelatedInformation[]> {
  const start = document.offsetAt(range.start);
  const deadline = Date.now() + lookUpMs;
  const places: vscode.DiagnosticRelatedInformation[] = [];
  for (const [name, offset] of calledNames(document.getText(range)).slice(0, 3)) {
    if (Date.now() > deadline) break;
    const place = await definitionAt(document, document.positionAt(start + offset), deadline);
    if (!place || (place.uri.toString() === document.uri.toString() && range.contains(place.range))) continue;
    places.push(
      new vscode.DiagnosticRelatedInformation(
        new vscode.Location(place.uri, place.range.start),
        `${name} is defined here`,
      ),
    );
  }
  return places;
}

/** How long a language server may take, for all names of a region together: one that is starting answers in minutes. */
const lookUpMs = 1500;

/** Where the language server sees the definition of the name at a position; undefined for installed packages. */
async function definitionAt(
  document: vscode.TextDocument,
  position: vscode.Position,
  deadline: number,
): Promise<vscode.Location | undefined> {
  const found = await answerWithin(
    vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[] | undefined>(
      "vscode.executeDefinitionProvider",
      document.uri,
      position,
    ),
    deadline - Date.now(),
  );
  const [place] = found ?? [];
  if (!place) return undefined;
  // Where the name stands: a whole definition begins with its decorators.
  const location =
    "targetUri" in place
      ? new vscode.Location(place.targetUri, place.targetSelectionRange ?? place.targetRange)
      : place;
  return /\/(?:node_modules|site-packages)\//.test(location.uri.path) ? undefined : location;
}

/** The functions, classes and the like that the language server knows in a document; none where it takes too long. */
async function symbolRanges(document: vscode.TextDocument): Promise<readonly vscode.Range[]> {
  const symbols = await answerWithin(
    vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
      "vscode.executeDocumentSymbolProvider",
      document.uri,
    ),
    lookUpMs,
  );
  const wanted = new Set([
    vscode.SymbolKind.Function,
    vscode.SymbolKind.Method,
    vscode.SymbolKind.Constructor,
    vscode.SymbolKind.Class,
    vscode.SymbolKind.Interface,
    vscode.SymbolKind.Struct,
  ]);
  const collect = (list: readonly vscode.DocumentSymbol[]): vscode.Range[] =>
    list.flatMap((symbol) => [
      ...(wanted.has(symbol.kind) && symbol.range ? [symbol.range] : []),
      ...collect(symbol.children ?? []),
    ]);
  return collect(symbols ?? []);
}
