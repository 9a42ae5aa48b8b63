import * as vscode from "vscode";
import {
  type FindBugsResult,
  type FindingCounts,
  findBugs,
  findBugsLimits,
  type KnownProblem,
} from "../../assist/bugFinder.ts";
import { changedRanges, changedRegions } from "../../assist/changedCode.ts";
import { type CodeRegion, lineAt, wholeLines } from "../../assist/region.ts";
import type { TextRange } from "../../syntax/syntaxService.ts";
import { currentRepository, type GitRepository, gitApi } from "../git.ts";
import { withProgress } from "./assistProgress.ts";
import type { AssistServices } from "./assistServices.ts";
import { editorFor, mayUse } from "./assistTarget.ts";
import { calledDefinitions, knownRanges, plainDocument, regionOf } from "./editorRegion.ts";
import { findingSource, type ShownFindings } from "./findingMarks.ts";
import { openIfText } from "./openIfText.ts";
import { committedText, searchableChanges } from "./searchableChanges.ts";

/** The editor's own reasons not to show a finding besides. */
type Counts = FindingCounts & Pick<ShownFindings, "dismissed" | "edited">;

/** What one search came to. */
interface Search {
  readonly shown: number;
  readonly counts: Counts;
  readonly cancelled: boolean;
  /** Parts that were looked at, and those about which the model's answer could not be read. */
  readonly parts: number;
  readonly unread: number;
  /** Changed files that were not looked at. */
  readonly leftOut: number;
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
  const chosen = regionOf(document, editor.selection.isEmpty ? wholeRange(document) : editor.selection);
  const region = { ...chosen, range: wholeLines(chosen.text, chosen.range) };
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
  if (search?.parts === 0 && !search.cancelled) {
    void vscode.window.showInformationMessage(`There are no changes to look at.${leftOutText(search)}`);
    return undefined;
  }
  return search && told(search);
}

async function searchChanges(
  services: AssistServices,
  repository: GitRepository,
  report: (message: string) => void,
  signal: AbortSignal,
): Promise<Search> {
  let total: Search | undefined;
  const { changes, leftOut } = await searchableChanges(repository, { mayUse: services.mayUse, sizeOf });
  let notRead = leftOut;
  for (const change of changes) {
    if (signal.aborted) break;
    const document = await openIfText(services.log, change.uri);
    if (!document) {
      notRead++;
      continue;
    }
    const plain = plainDocument(document);
    const changed = changedRanges(await committedText(repository, change), plain.text);
    const known = await knownRanges(document, services.syntax);
    const whole = regionOf(document, wholeRange(document));
    for (const region of await changedRegions(whole, changed, known, services.syntax)) {
      const tell = (message: string): void =>
        report(`${region.path}, from line ${lineAt(region.text, region.range.start)}: ${message}`);
      const search = await searchRegion(services, document, region, changed, tell, signal);
      total = total ? added(total, search) : search;
      if (search.cancelled) return { ...total, leftOut: notRead };
    }
  }
  return { ...(total ?? nothingSearched), leftOut: notRead, cancelled: signal.aborted };
}

async function sizeOf(
  uri: vscode.Uri,
): Promise<{ readonly bytes: number; readonly isLink: boolean } | undefined> {
  try {
    const { size, type } = await vscode.workspace.fs.stat(uri);
    return { bytes: size, isLink: type !== vscode.FileType.File };
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === "FileNotFound") return undefined;
    throw error;
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
    parts: result.parts,
    unread: result.unread,
    leftOut: 0,
    lines: shown.marks.map(line),
  };
}

/** A report on a whole function, such as one that nobody calls, is known on its first line only. */
const mostKnownLines = 3;

/** What others report in a document; notes, such as of words that a spelling checker does not know, say nothing about bugs. */
function knownProblems(document: vscode.TextDocument): readonly KnownProblem[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter(
      ({ source, severity }) => source !== findingSource && severity <= vscode.DiagnosticSeverity.Warning,
    )
    .map(({ range: { start, end } }) => ({
      startLine: start.line + 1,
      endLine: end.line - start.line < mostKnownLines ? end.line + 1 : start.line + 1,
    }));
}

const nothingSearched: Omit<Search, "leftOut" | "cancelled"> = {
  shown: 0,
  counts: { reported: 0, notInTheCode: 0, known: 0, elsewhere: 0, refuted: 0, dismissed: 0, edited: 0 },
  parts: 0,
  unread: 0,
  lines: [],
};

function added(a: Search, b: Search): Search {
  const counts = Object.fromEntries(
    Object.entries(a.counts).map(([name, count]) => [name, count + b.counts[name as keyof Counts]]),
  ) as unknown as Counts;
  return {
    shown: a.shown + b.shown,
    counts,
    cancelled: b.cancelled,
    parts: a.parts + b.parts,
    unread: a.unread + b.unread,
    leftOut: a.leftOut + b.leftOut,
    lines: [...a.lines, ...b.lines],
  };
}

function told(search: Search): string {
  const text = findingsText(search);
  void vscode.window.showInformationMessage(text);
  return [text, ...search.lines].join("\n");
}

function leftOutText({ leftOut }: Search): string {
  if (leftOut === 0) return "";
  const files = leftOut === 1 ? "1 changed file was" : `${leftOut} changed files were`;
  return ` ${files} left out: excluded, without code, a link or too large.`;
}

function findingsText(search: Search): string {
  const { shown, counts, cancelled, parts, unread } = search;
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
  const unknown =
    unread > 0 ? ` About ${unread} of ${parts} parts the model gave no answer that could be read.` : "";
  return `${cancelled ? "Stopped early. " : ""}${found}${rest}${unknown}${leftOutText(search)}`;
}

function wholeRange(document: vscode.TextDocument): vscode.Range {
  const last = document.lineAt(document.lineCount - 1);
  return new vscode.Range(new vscode.Position(0, 0), last.range.end);
}
