import * as vscode from "vscode";
import {
  type FindBugsResult,
  type FindingCounts,
  findBugs,
  findBugsLimits,
  type KnownProblem,
} from "../../assist/bugFinder.ts";
import { changedRanges, changedRegions } from "../../assist/changedCode.ts";
import { type CodeRegion, lineAt } from "../../assist/region.ts";
import type { TextRange } from "../../syntax/syntaxService.ts";
import { currentRepository, type GitRepository, gitApi } from "../git.ts";
import { withProgress } from "./assistProgress.ts";
import type { AssistServices } from "./assistServices.ts";
import { editorFor, mayUse } from "./assistTarget.ts";
import { calledDefinitions, plainDocument, regionOf, symbolRanges } from "./editorRegion.ts";
import { findingSource, type ShownFindings } from "./findingMarks.ts";

/** The editor's own reasons not to show a finding besides. */
type Counts = FindingCounts & Pick<ShownFindings, "dismissed" | "edited">;

/** What one search came to. */
interface Search {
  readonly shown: number;
  readonly counts: Counts;
  readonly cancelled: boolean;
  /** A line for each finding, ready to read. */
  readonly lines: readonly string[];
}

/**
 * Looks for bugs in the selection, else in the whole file, and marks them.
 * @returns what was found, in words; undefined when there was nothing to look at or the model failed.
 */
export async function findBugsInFile(
  services: AssistServices,
  uri?: vscode.Uri,
): Promise<string | undefined> {
  const editor = await editorFor(uri);
  if (!editor || !(await mayUse(services, editor.document.uri))) return undefined;
  const { document } = editor;
  const region = regionOf(document, editor.selection.isEmpty ? wholeRange(document) : editor.selection);
  const search = await withProgress("Wisp: looking for bugs", services.log, (report, signal) =>
    searchRegion(services, document, region, undefined, report, signal),
  );
  return search && told(search);
}

/**
 * Looks for bugs on the lines of a repository's working tree that differ from the last commit.
 * @param rootUri of the repository; undefined takes the one of the active file.
 */
export async function findBugsInChanges(
  services: AssistServices,
  rootUri?: vscode.Uri,
): Promise<string | undefined> {
  const repository = rootUri ? (await gitApi())?.getRepository(rootUri) : await currentRepository();
  if (!repository) {
    void vscode.window.showInformationMessage("There is no git repository to compare with.");
    return undefined;
  }
  const search = await withProgress("Wisp: looking for bugs in the changes", services.log, (report, signal) =>
    searchChanges(services, repository, report, signal),
  );
  if (search === "nothing") {
    void vscode.window.showInformationMessage("There are no changes to look at.");
    return undefined;
  }
  return search && told(search);
}

async function searchChanges(
  services: AssistServices,
  repository: GitRepository,
  report: (message: string) => void,
  signal: AbortSignal,
): Promise<Search | "nothing"> {
  let total: Search | undefined;
  for (const uri of changedFiles(repository)) {
    if (signal.aborted) break;
    const document = await openIfText(services, uri);
    if (!document) continue;
    const plain = plainDocument(document);
    const changed = changedRanges(await committed(repository, uri), plain.text);
    const symbols = (await symbolRanges(document)).map((symbol) => plain.rangeOf(symbol));
    const whole = regionOf(document, wholeRange(document));
    for (const region of await changedRegions(whole, changed, symbols, services.syntax)) {
      const tell = (message: string): void =>
        report(`${region.path}, from line ${lineAt(region.text, region.range.start)}: ${message}`);
      const search = await searchRegion(services, document, region, changed, tell, signal);
      total = total ? added(total, search) : search;
      if (search.cancelled) return total;
    }
  }
  return total ?? "nothing";
}

/** Files that differ from the last commit, each once; those of other kinds than files on disk are left out. */
function changedFiles({ state }: GitRepository): readonly vscode.Uri[] {
  const changes = [...state.indexChanges, ...state.workingTreeChanges, ...state.untrackedChanges];
  return [...new Map(changes.map(({ uri }) => [uri.toString(), uri])).values()];
}

async function openIfText(
  services: AssistServices,
  uri: vscode.Uri,
): Promise<vscode.TextDocument | undefined> {
  if (!(await services.mayUse(uri))) return undefined;
  try {
    return await vscode.workspace.openTextDocument(uri);
  } catch (error) {
    services.log.debug(`Find Bugs: ${uri.path} is left out: it was deleted or is no text (${String(error)})`);
    return undefined;
  }
}

/** The text at the last commit, empty for a file that is not in it. */
async function committed(repository: GitRepository, uri: vscode.Uri): Promise<string> {
  try {
    return (await repository.show("HEAD", uri.fsPath)).replaceAll("\r\n", "\n");
  } catch {
    return "";
  }
}

async function searchRegion(
  services: AssistServices,
  document: vscode.TextDocument,
  region: CodeRegion,
  only: readonly TextRange[] | undefined,
  report: (message: string) => void,
  signal: AbortSignal,
): Promise<Search> {
  const shown = { marks: [] as vscode.Diagnostic[], dismissed: 0, edited: 0 };
  const result: FindBugsResult = await findBugs(
    region,
    {
      ...findBugsLimits(services.contextTokens()),
      model: services.model(),
      syntax: services.syntax,
      log: services.log,
      known: knownProblems(document),
      ...(only && { only }),
      maskSecrets: services.maskSecrets,
      definitions: (unit) => calledDefinitions(services, document, unit, 800),
      onProgress: (done, total) => report(`${done} of ${total} parts`),
      onUnit: async (unit, found) => {
        const { marks, dismissed, edited } = await services.marks.show(document, unit, found);
        shown.marks.push(...marks);
        shown.dismissed += dismissed;
        shown.edited += edited;
      },
    },
    signal,
  );
  const line = ({ message, range }: vscode.Diagnostic): string =>
    `- \`${region.path}:${range.start.line + 1}\`: ${message}`;
  return {
    shown: shown.marks.length,
    counts: { ...result.counts, dismissed: shown.dismissed, edited: shown.edited },
    cancelled: result.cancelled,
    lines: shown.marks.map(line),
  };
}

/** A report on a whole function, such as one that nobody calls, is known on its first line only. */
const mostKnownLines = 3;

/** What others report in a document; hints, such as faded code, say nothing about bugs. */
function knownProblems(document: vscode.TextDocument): readonly KnownProblem[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter(({ source, severity }) => source !== findingSource && severity < vscode.DiagnosticSeverity.Hint)
    .map(({ range: { start, end } }) => ({
      startLine: start.line + 1,
      endLine: end.line - start.line < mostKnownLines ? end.line + 1 : start.line + 1,
    }));
}

function added(a: Search, b: Search): Search {
  const counts = Object.fromEntries(
    Object.entries(a.counts).map(([name, count]) => [name, count + b.counts[name as keyof Counts]]),
  ) as unknown as Counts;
  return {
    shown: a.shown + b.shown,
    counts,
    cancelled: b.cancelled,
    lines: [...a.lines, ...b.lines],
  };
}

function told(search: Search): string {
  const text = findingsText(search);
  void vscode.window.showInformationMessage(text);
  return [text, ...search.lines].join("\n");
}

function findingsText({ shown, counts, cancelled }: Search): string {
  const { reported, notInTheCode, known, elsewhere, refuted, dismissed, edited } = counts;
  const dropped = [
    notInTheCode > 0 && `${notInTheCode} about code that is not there`,
    known > 0 && `${known} already reported by others`,
    elsewhere > 0 && `${elsewhere} outside of the changes`,
    refuted > 0 && `${refuted} that did not stand a second look`,
    dismissed > 0 && `${dismissed} that you have dismissed`,
    edited > 0 && `${edited} on lines that you have edited meanwhile`,
  ].filter(Boolean);
  const found =
    shown === 0
      ? "Found no bug that stands."
      : `Found ${shown} possible bug${shown === 1 ? "" : "s"}: see Problems.`;
  const rest = dropped.length > 0 ? ` Of ${reported} reports, dropped ${dropped.join(", ")}.` : "";
  return `${cancelled ? "Stopped early. " : ""}${found}${rest}`;
}

function wholeRange(document: vscode.TextDocument): vscode.Range {
  const last = document.lineAt(document.lineCount - 1);
  return new vscode.Range(new vscode.Position(0, 0), last.range.end);
}
