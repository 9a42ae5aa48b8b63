import * as vscode from "vscode";
import { applyHunks, type Hunk, hunkAt, hunksOf, rebase } from "../../assist/hunks.ts";
import { DisposableStore } from "../../base/disposable.ts";
import { plainDocument } from "./editorRegion.ts";

const scheme = "wisp-proposal";

interface Proposal {
  readonly document: vscode.TextDocument;
  /** Both with `\n` line ends. */
  readonly base: string;
  readonly text: string;
  /** What was checked, for the user. */
  readonly note: string;
}

/**
 * Shows a proposed text beside the document in VS Code's diff editor. Nothing changes before the user accepts, the
 * whole or some hunks; the change is one undo step, and a document that was edited meanwhile keeps its edits.
 */
export class Proposals implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #open = new Map<string, Proposal>();
  readonly #disposables = new DisposableStore();
  #count = 0;

  constructor() {
    this.#disposables.add(this.#changed);
    const register = (id: string, run: (uri?: vscode.Uri) => Promise<void>): void => {
      this.#disposables.add(vscode.commands.registerCommand(id, run));
    };
    this.#disposables.add(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
    this.#disposables.add(
      vscode.workspace.onDidCloseTextDocument((closed) => {
        // One that gets another language is closed and opened in one go.
        if (!vscode.workspace.textDocuments.includes(closed)) this.#open.delete(closed.uri.toString());
      }),
    );
    this.#disposables.add(vscode.workspace.onDidChangeTextDocument(({ document }) => this.#follow(document)));
    register("wisp.proposal.accept", (uri) => this.#accept(uri));
    register("wisp.proposal.acceptSome", (uri) => this.#acceptSome(uri));
    register("wisp.proposal.acceptHunk", (uri) => this.#acceptHunk(uri));
    register("wisp.proposal.rejectHunk", (uri) => this.#rejectHunk(uri));
    register("wisp.proposal.reject", (uri) => this.#close(uri));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#open.get(uri.toString())?.text ?? "";
  }

  /**
   * @param base the document for which the text was made; it may have been edited since, and keeps that.
   * @param proposed the whole document as proposed; both with `\n` line ends.
   * @returns false when it was edited at the same place, so that nothing can be proposed; the user is told.
   */
  async show(document: vscode.TextDocument, base: string, proposed: string, note: string): Promise<boolean> {
    const current = plainDocument(await stillOpen(document)).text;
    const text = rebase(base, proposed, current);
    if (text === undefined) {
      void vscode.window.showWarningMessage(
        "The document was edited at the same place meanwhile, so nothing is proposed. Ask again for a fresh proposal.",
      );
      return false;
    }
    const uri = document.uri.with({ scheme, query: String(++this.#count), fragment: "" });
    this.#open.set(uri.toString(), { document, base: current, text, note });
    const shown = await vscode.workspace.openTextDocument(uri);
    // The name tells nothing of a cell's language, nor of a document's that is not saved or was given another.
    if (shown.languageId !== document.languageId)
      await vscode.languages.setTextDocumentLanguage(shown, document.languageId);
    const name = document.uri.path.slice(document.uri.path.lastIndexOf("/") + 1);
    await vscode.commands.executeCommand(
      "vscode.diff",
      document.uri,
      uri,
      `${name}: Wisp's proposal (${note})`,
      // A preview would be lost with the next file that is looked at, or the next proposal.
      { preview: false },
    );
    return true;
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  /** Carries what is proposed for a document over to its new text, so that the difference shows nothing else. */
  #follow(document: vscode.TextDocument): void {
    for (const [key, proposal] of this.#open) {
      if (proposal.document !== document) continue;
      const now = plainDocument(document).text;
      const text = rebase(proposal.base, proposal.text, now);
      // Where the same lines are edited it stays as it is: an undo may make it fit again.
      if (text === undefined || now === proposal.base) continue;
      this.#open.set(key, { ...proposal, base: now, text });
      this.#changed.fire(vscode.Uri.parse(key));
    }
  }

  async #accept(uri: vscode.Uri | undefined): Promise<void> {
    const found = this.#find(uri);
    if (found) await this.#apply(found.uri, found.proposal, found.proposal.text);
  }

  async #acceptSome(uri: vscode.Uri | undefined): Promise<void> {
    const found = this.#find(uri);
    if (!found) return;
    const { base, text } = found.proposal;
    const items = hunksOf(base, text).map((hunk) => ({
      label: `$(diff) Line ${hunk.oldStart + 1}`,
      description: firstLine(hunk.newText) || "(removed)",
      detail: hunk.oldText ? `instead of: ${firstLine(hunk.oldText)}` : "added",
      picked: true,
      hunk,
    }));
    const picked = await vscode.window.showQuickPick<(typeof items)[number] & { hunk: Hunk }>(items, {
      canPickMany: true,
      title: "Changes to accept",
      placeHolder: "Uncheck what you do not want",
    });
    if (!picked) return;
    const chosen = applyHunks(
      base,
      picked.map((item) => item.hunk),
    );
    await this.#apply(found.uri, found.proposal, chosen);
  }

  /** Applies the change at the cursor; the others stay proposed. */
  async #acceptHunk(uri: vscode.Uri | undefined): Promise<void> {
    const found = this.#atCursor(uri);
    if (!found) return;
    const { proposal, hunk } = found;
    const { base, text, document } = proposal;
    const accepted = applyHunks(base, [hunk]);
    if (!(await this.#write(proposal, accepted))) return;
    // What is left of the proposal stands on the document as it is now, edits of the user's included.
    const now = plainDocument(document).text;
    const rest = rebase(accepted, text, now);
    if (rest === undefined) {
      void vscode.window.showWarningMessage(
        "The change was applied. The others no longer fit the document, so they are dropped.",
      );
    }
    await this.#goOn(found.uri, { ...proposal, base: now, text: rest ?? now });
  }

  /** Takes the change at the cursor out of the proposal. */
  async #rejectHunk(uri: vscode.Uri | undefined): Promise<void> {
    const found = this.#atCursor(uri);
    if (!found) return;
    const { proposal, hunk } = found;
    await this.#goOn(found.uri, { ...proposal, text: without(proposal.base, proposal.text, hunk) });
  }

  async #goOn(uri: vscode.Uri, proposal: Proposal): Promise<void> {
    if (proposal.base === proposal.text) return this.#close(uri);
    this.#open.set(uri.toString(), proposal);
    this.#changed.fire(uri);
  }

  #atCursor(
    uri: vscode.Uri | undefined,
  ): { readonly uri: vscode.Uri; readonly proposal: Proposal; readonly hunk: Hunk } | undefined {
    const found = this.#find(uri);
    if (!found) return undefined;
    const editor = vscode.window.visibleTextEditors.find(
      ({ document }) => document.uri.toString() === found.uri.toString(),
    );
    const hunks = hunksOf(found.proposal.base, found.proposal.text);
    const hunk = editor && hunkAt(hunks, editor.selection.active.line);
    if (hunk) return { ...found, hunk };
    void vscode.window.showInformationMessage(
      "Put the cursor on a change, on the right side of the difference.",
    );
    return undefined;
  }

  async #apply(uri: vscode.Uri, proposal: Proposal, text: string): Promise<void> {
    if (!(await this.#write(proposal, text))) return;
    const { document, note } = proposal;
    await this.#close(uri);
    await vscode.window.showTextDocument(document);
    vscode.window.setStatusBarMessage(`$(check) Wisp: applied (${note}). Undo takes it back.`, 8000);
  }

  /** Writes a text over the proposal's base into the document, as one step; false when that was not possible. */
  async #write(proposal: Proposal, text: string): Promise<boolean> {
    const { base } = proposal;
    const document = await stillOpen(proposal.document);
    const current = plainDocument(document);
    const target = rebase(base, text, current.text);
    if (target === undefined) {
      void vscode.window.showWarningMessage(
        "The document has changed at the same place since this was proposed, so nothing was applied. Ask again for a fresh proposal.",
      );
      return false;
    }
    const edit = new vscode.WorkspaceEdit();
    const lines = current.text.split(/(?<=\n)/);
    for (const hunk of hunksOf(current.text, target)) {
      const start = lines.slice(0, hunk.oldStart).reduce((sum, line) => sum + line.length, 0);
      const range = current.toRange({ start, end: start + hunk.oldText.length });
      edit.replace(document.uri, range, hunk.newText);
    }
    if (!(await vscode.workspace.applyEdit(edit))) {
      void vscode.window.showErrorMessage("VS Code refused the edit; is the file read-only?");
      return false;
    }
    return true;
  }

  async #close(uri: vscode.Uri | undefined): Promise<void> {
    const found = this.#find(uri);
    if (!found) return;
    this.#open.delete(found.uri.toString());
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const diff = tabs.find(
      ({ input }) =>
        input instanceof vscode.TabInputTextDiff && input.modified.toString() === found.uri.toString(),
    );
    if (diff) await vscode.window.tabGroups.close(diff);
  }

  /** The proposal that a title button or the palette means: the one given, else the one in the active tab. */
  #find(uri: vscode.Uri | undefined): { readonly uri: vscode.Uri; readonly proposal: Proposal } | undefined {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    const active = input instanceof vscode.TabInputTextDiff ? input.modified : undefined;
    for (const candidate of [uri, active]) {
      const proposal = candidate && this.#open.get(candidate.toString());
      if (proposal) return { uri: candidate, proposal };
    }
    void vscode.window.showInformationMessage("This proposal is no longer open. Ask again for a fresh one.");
    return undefined;
  }
}

/** The document as it is by now: one that was closed does not follow its file any more. */
async function stillOpen(document: vscode.TextDocument): Promise<vscode.TextDocument> {
  return document.isClosed ? vscode.workspace.openTextDocument(document.uri) : document;
}

/** The proposal without one of its changes. */
function without(base: string, text: string, hunk: Hunk): string {
  const same = (other: Hunk): boolean =>
    other.oldStart === hunk.oldStart && other.newText === hunk.newText && other.oldText === hunk.oldText;
  return applyHunks(
    base,
    hunksOf(base, text).filter((other) => !same(other)),
  );
}

function firstLine(text: string): string {
  return (
    text
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}
