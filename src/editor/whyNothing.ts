import * as vscode from "vscode";
import { DisposableStore } from "../base/disposable.ts";
import type { CompletionApi } from "../completion/completionApi.ts";
import type { CompletionTrace } from "../completion/outcome.ts";
import { whyNothingText } from "../completion/outcomeText.ts";
import type { Taste } from "../completion/taste.ts";
import { takeSnapshot } from "./documentSnapshot.ts";
import type { EditorEvents } from "./editorEvents.ts";
import { suggestNow, tellWhereSwitchedOff } from "./suggestNow.ts";
import { traceReport } from "./traceReport.ts";

const scheme = "wisp-trace";
/** Comes with VS Code; its commands are known only once it runs, so it is asked for by its own name. */
const markdownExtension = "vscode.markdown-language-features";

/** Tells what happened at the cursor: one sentence, and the whole trace as a read-only Markdown document. */
export class WhyNothing implements vscode.Disposable, vscode.TextDocumentContentProvider {
  readonly #api: CompletionApi;
  readonly #events: EditorEvents;
  readonly #taste: Taste;
  readonly #disposables = new DisposableStore();

  constructor(api: CompletionApi, events: EditorEvents, taste: Taste) {
    this.#api = api;
    this.#events = events;
    this.#taste = taste;
    this.#disposables.add(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
  }

  async explain(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      void vscode.window.showInformationMessage("Wisp: Put the cursor into a file first.");
      return;
    }
    if (await tellWhereSwitchedOff(editor.document)) return;
    const known = this.#latestAt(editor);
    const trace = known ?? (await this.#askAt(editor));
    if (!trace) {
      void vscode.window.showInformationMessage("Wisp: Nothing was asked at this place yet; type something.");
      return;
    }
    const choice = await vscode.window.showInformationMessage(
      `Wisp: ${whyNothingText(trace.outcome, known !== undefined)}`,
      "Show Details",
      "Suggest Now",
    );
    if (choice === "Show Details") await this.show(trace.id);
    else if (choice === "Suggest Now") {
      await vscode.window.showTextDocument(editor.document, editor.viewColumn);
      await suggestNow(this.#api);
    }
  }

  /** Opens the report of a trace beside the code, rendered where the editor can. */
  async show(traceId: number): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: "/Why no suggestion.md", query: String(traceId) });
    if (vscode.extensions.getExtension(markdownExtension)) {
      await vscode.commands.executeCommand("markdown.showPreviewToSide", uri);
      return;
    }
    const document = await vscode.workspace.openTextDocument(uri);
    const viewColumn = vscode.ViewColumn.Beside;
    await vscode.window.showTextDocument(document, { viewColumn, preview: true, preserveFocus: true });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const trace = this.#api.traces.find(({ id }) => String(id) === uri.query);
    return trace
      ? traceReport(trace, this.#taste.state)
      : "This request is too long ago; its trace is no longer kept.\n";
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  /** The document's last request, where it was about this place. Those that the editor withdrew say nothing. */
  #latestAt(editor: vscode.TextEditor): CompletionTrace | undefined {
    const uri = editor.document.uri.toString();
    const { line, character } = editor.selection.active;
    const latest = this.#api.traces.find(
      (trace) =>
        trace.uri === uri && (trace.outcome.kind === "shown" || !withdrawn.has(trace.outcome.reason)),
    );
    const isHere = latest?.position.line === line && latest.position.character === character;
    return isHere ? latest : undefined;
  }

  async #askAt({ document, selection }: vscode.TextEditor): Promise<CompletionTrace | undefined> {
    const title = "Wisp looks at this place…";
    const location = vscode.ProgressLocation.Window;
    await vscode.window.withProgress({ location, title }, () =>
      this.#api.provide(
        {
          document: takeSnapshot(document, selection.active),
          trigger: "automatic",
          situation: this.#events.situation(document, selection.active),
        },
        new AbortController().signal,
      ),
    );
    const uri = document.uri.toString();
    return this.#api.traces.find((trace) => trace.uri === uri);
  }
}

const withdrawn = new Set(["superseded", "cancelled"]);
