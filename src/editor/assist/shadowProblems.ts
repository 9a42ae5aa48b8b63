import * as path from "node:path";
import * as vscode from "vscode";
import type { SeenProblem } from "../../assist/candidateChecks.ts";
import { type ShadowWorkspace, shadowWorkspace } from "../../assist/shadowWorkspace.ts";
import type { Log } from "../../base/log.ts";
import { severityName } from "./editorRegion.ts";
import { findingSource } from "./findingMarks.ts";
import type { LanguageJudges } from "./languageJudges.ts";
import { typescriptProblems } from "./typescriptProblems.ts";

/** A language server gets this long to say something about a text, and is taken to be done after this silence. */
const firstWordMs = 5000;
const silenceMs = 700;
/** One that says nothing for so long may look only at what is open in a tab. */
const unshownMs = 3000;
/** So long VS Code may take to read a changed file, and so often it is changed again. */
const readMs = 2000;
const mostTries = 5;

/**
 * Asks the language server about texts that are not in the user's tree: the text is written into a shadow of the
 * workspace and opened there without being shown. The document as it stands is judged in the same place first, so that
 * problems which come from the place alone cancel out.
 */
export class ShadowProblems {
  readonly #document: vscode.TextDocument;
  #shadow: WatchedShadow | undefined;
  /** A server that has spoken about this place once says nothing more when nothing changes. */
  #heard = false;
  /** In a tab, for a server that looks at tabs only; in a new one for each text, where it does not look at changes. */
  #shown: "no" | "once" | "anew" = "no";

  readonly #retired: RetiredShadows;
  readonly #judges: LanguageJudges;
  readonly #log: Log;

  constructor(document: vscode.TextDocument, retired: RetiredShadows, judges: LanguageJudges, log: Log) {
    this.#document = document;
    this.#retired = retired;
    this.#judges = judges;
    this.#log = log;
  }

  /**
   * The problems of `text` in place of the document, or undefined when the server stays silent or there is no place; at
   * once where there is no server.
   */
  async problemsOf(text: string, signal: AbortSignal): Promise<readonly SeenProblem[] | undefined> {
    const folder = vscode.workspace.getWorkspaceFolder(this.#document.uri);
    if (folder?.uri.scheme !== "file" || this.#document.uri.scheme !== "file") return undefined;
    if (!this.#judges.mayJudge(this.#document)) return undefined;
    this.#shadow ??= await this.#shadowOf(folder.uri.fsPath);
    if (!this.#shadow || signal.aborted) return undefined;
    await this.#shadow.write(text);
    const uri = vscode.Uri.file(this.#shadow.file);
    const document = await vscode.workspace.openTextDocument(uri);
    const isRead = (): boolean => document.getText().replaceAll("\r\n", "\n") === text;
    for (let tries = 0; !isRead(); tries++) {
      if (tries === mostTries || signal.aborted) return undefined;
      // The editor's watcher misses a change now and then; another write is another change.
      if (tries > 0) await this.#shadow.write(text);
      await hasText(document, text, signal);
    }
    const asked = await typescriptProblems(document, signal);
    if (asked) return asked;
    if (!(await this.#hear(uri, signal))) {
      // TypeScript's server may have been starting when it was asked first.
      return signal.aborted ? undefined : typescriptProblems(document, signal);
    }
    // Some servers call a file that was opened free of problems before they have read it.
    const isEarly = text === this.#ownText() && problemsIn(uri).length === 0 && this.#hasProblems();
    if (isEarly) await settled(uri, firstWordMs, signal);
    return signal.aborted ? undefined : problemsIn(uri).map(seenProblem);
  }

  #ownText(): string {
    return this.#document.getText().replaceAll("\r\n", "\n");
  }

  #hasProblems(): boolean {
    return problemsIn(this.#document.uri).some(({ source }) => source !== findingSource);
  }

  /** Waits for what a server says about the text as it is now; false when nobody has looked at it. */
  async #hear(uri: vscode.Uri, signal: AbortSignal): Promise<boolean> {
    if (this.#shown === "no") {
      const patience = this.#heard ? silenceMs * 4 : unshownMs;
      this.#heard = (await settled(uri, patience, signal)) || (this.#heard && !signal.aborted);
      if (this.#heard || signal.aborted) return this.#heard;
      this.#shown = "once";
    } else {
      if (this.#shown === "once" && (await settled(uri, unshownMs, signal))) return true;
      if (signal.aborted) return false;
      this.#shown = "anew";
      await closeTabs(uri);
    }
    const heard = settled(uri, firstWordMs, signal);
    // Behind the tab that the user sees.
    const options = { background: true, preserveFocus: true, preview: false };
    await vscode.commands.executeCommand("vscode.open", uri, options);
    return heard;
  }

  /** Undefined where none can be made, for example of a file whose folder is gone: then the fix is not checked here. */
  async #shadowOf(root: string): Promise<WatchedShadow | undefined> {
    try {
      return watched(await shadowWorkspace(root, path.relative(root, this.#document.uri.fsPath)));
    } catch (error) {
      this.#log.warn(`Fix: the language server is not asked, there is no place for it: ${String(error)}`);
      return undefined;
    }
  }

  /** Ends the use of the shadow; it stays on disk, empty, until the editor has closed its document. */
  async dispose(): Promise<void> {
    const shadow = this.#shadow;
    this.#shadow = undefined;
    if (!shadow) return;
    if (this.#shown !== "no") await closeTabs(vscode.Uri.file(shadow.file));
    // An empty file has no problems, so none are left in the Problems view.
    await shadow.write("");
    this.#retired.add(shadow);
  }
}

/** A shadow of which the editor sees the changes: outside of the workspace it watches what is on screen only. */
interface WatchedShadow extends ShadowWorkspace {
  /** Ends that too. */
  remove(): void;
}

function watched(shadow: ShadowWorkspace): WatchedShadow {
  const folder = vscode.Uri.file(path.dirname(shadow.file));
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, "*"));
  const remove = (): void => {
    watcher.dispose();
    shadow.remove();
  };
  return { ...shadow, remove };
}

/**
 * Shadows whose document the editor still holds open without showing it. Language servers would report the loss of a
 * project that vanished under them, so each is removed when its document closes, and all at the end.
 */
export class RetiredShadows implements vscode.Disposable {
  readonly #shadows = new Map<string, WatchedShadow>();
  readonly #listener = vscode.workspace.onDidCloseTextDocument(({ uri }) => {
    this.#shadows.get(uri.toString())?.remove();
    this.#shadows.delete(uri.toString());
  });

  add(shadow: WatchedShadow): void {
    this.#shadows.set(vscode.Uri.file(shadow.file).toString(), shadow);
  }

  dispose(): void {
    this.#listener.dispose();
    for (const shadow of this.#shadows.values()) shadow.remove();
    this.#shadows.clear();
  }
}

/** Hints, such as what fades unused code, are no problems. */
function problemsIn(uri: vscode.Uri): readonly vscode.Diagnostic[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter(({ severity }) => severity < vscode.DiagnosticSeverity.Hint);
}

function seenProblem(problem: vscode.Diagnostic): SeenProblem {
  return { severity: severityName(problem.severity), message: problem.message, source: problem.source ?? "" };
}

async function closeTabs(uri: vscode.Uri): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString());
  await vscode.window.tabGroups.close(tabs, true);
}

/** Waits until VS Code has read the new text from disk. */
function hasText(document: vscode.TextDocument, text: string, signal: AbortSignal): Promise<boolean> {
  const same = (): boolean => document.getText().replaceAll("\r\n", "\n") === text;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const end = (value: boolean): void => {
      clearTimeout(timer);
      listener.dispose();
      resolve(value);
    };
    const timer = setTimeout(() => end(same()), readMs);
    const listener = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document === document && same()) end(true);
    });
    signal.addEventListener("abort", () => end(false), { once: true });
  });
}

/** Waits until the diagnostics of `uri` have come and then not changed for a while; false when none came. */
function settled(uri: vscode.Uri, patienceMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    let heard = false;
    const end = (): void => {
      clearTimeout(timer);
      listener.dispose();
      resolve(heard && !signal.aborted);
    };
    let timer = setTimeout(end, patienceMs);
    const listener = vscode.languages.onDidChangeDiagnostics((event) => {
      if (!event.uris.some((changed) => changed.toString() === uri.toString())) return;
      heard = true;
      clearTimeout(timer);
      timer = setTimeout(end, silenceMs);
    });
    signal.addEventListener("abort", end, { once: true });
  });
}
