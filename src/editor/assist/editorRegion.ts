import * as vscode from "vscode";
import { type CodeRegion, growRange, regionText } from "../../assist/region.ts";
import type { PromptProblem } from "../../prompt/assistPrompt.ts";
import type { SyntaxService, TextRange } from "../../syntax/syntaxService.ts";

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

export function regionOf(document: vscode.TextDocument, range: vscode.Range): CodeRegion {
  const plain = plainDocument(document);
  return {
    key: document.uri.toString(),
    path: vscode.workspace.asRelativePath(document.uri),
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
  const plain = plainDocument(document);
  const symbols = (await symbolRanges(document)).map((symbol) => plain.rangeOf(symbol));
  return { ...region, range: await growRange(region, symbols, syntax) };
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
      path: vscode.workspace.asRelativePath(related.location.uri),
      line: related.location.range.start.line + 1,
      message: related.message,
    })),
  };
}

export function severityName(severity: vscode.DiagnosticSeverity): "error" | "warning" | "info" {
  if (severity === vscode.DiagnosticSeverity.Error) return "error";
  return severity === vscode.DiagnosticSeverity.Warning ? "warning" : "info";
}

/** Signatures of what the region calls, from the language server, at most `maxCharacters` long; empty when it is silent. */
export async function calledDefinitions(
  document: vscode.TextDocument,
  region: CodeRegion,
  maxCharacters: number,
): Promise<string> {
  const plain = plainDocument(document);
  const names = new Map<string, number>();
  for (const match of regionText(region).matchAll(/\b([A-Za-z_$][\w$]*)\s*\(/g)) {
    if (match[1] && !names.has(match[1])) names.set(match[1], region.range.start + match.index);
  }
  const deadline = Date.now() + 1500;
  let text = "";
  for (const [name, offset] of [...names].slice(0, 12)) {
    if (Date.now() > deadline || text.length > maxCharacters) break;
    const { start } = plain.toRange({ start: offset, end: offset });
    const found = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[] | undefined>(
      "vscode.executeDefinitionProvider",
      document.uri,
      start,
    );
    const [place] = found ?? [];
    const uri = place && ("targetUri" in place ? place.targetUri : place.uri);
    const range = place && ("targetUri" in place ? place.targetRange : place.range);
    if (!uri || !range || uri.path.includes("/node_modules/")) continue;
    const inside = uri.toString() === region.key && plain.rangeOf(range).start >= region.range.start;
    if (inside && plain.rangeOf(range).end <= region.range.end) continue;
    const target = await vscode.workspace.openTextDocument(uri);
    const signature = target.lineAt(range.start.line).text.trim();
    if (signature.includes(name)) text += `// ${vscode.workspace.asRelativePath(uri)}\n${signature}\n`;
  }
  return text.slice(0, maxCharacters).trimEnd();
}

async function symbolRanges(document: vscode.TextDocument): Promise<readonly vscode.Range[]> {
  const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
    "vscode.executeDocumentSymbolProvider",
    document.uri,
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
