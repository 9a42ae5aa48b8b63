import * as vscode from "vscode";
import type { Log } from "../base/log.ts";
import { withdrawn } from "../base/withdrawn.ts";
import type { CompletionApi, CompletionQuery, Suggestion } from "../completion/completionApi.ts";
import { takeSnapshot } from "./documentSnapshot.ts";
import type { EditorEvents } from "./editorEvents.ts";

/** Run by the editor after it has inserted a suggestion; takes the suggestion's id and the document's URI. */
export const acceptedCommand = "wisp.internal.accepted";

/** Where code is not written: output, input boxes, comment widgets, older sides of a diff. */
const silentSchemes = new Set([
  "output",
  "comment",
  "vscode-scm",
  "git",
  "search-editor",
  "debug",
  "walkThrough",
]);

/** The last step of the way: from the pipeline's suggestions to the editor's ghost text. */
export class InlineCompletionProvider implements vscode.InlineCompletionItemProvider {
  readonly #api: CompletionApi;
  readonly #events: EditorEvents;
  readonly #log: Log;

  constructor(api: CompletionApi, events: EditorEvents, log: Log) {
    this.#api = api;
    this.#events = events;
    this.#log = log;
  }

  provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    return this.#provide(document, position, context, token);
  }

  /** What is shown at the place, where it has grown since. */
  provideGrown(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    return this.#provide(document, position, context, token, { hasGrown: true });
  }

  async #provide(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
    more: Pick<CompletionQuery, "hasGrown"> = {},
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    if (silentSchemes.has(document.uri.scheme) || token.isCancellationRequested) return undefined;
    const abort = new AbortController();
    const cancellation = token.onCancellationRequested(() => abort.abort(withdrawn));
    try {
      const query = { ...this.#query(document, position, context), ...more };
      const { suggestions } = await this.#api.provide(query, abort.signal);
      if (token.isCancellationRequested || document.version !== query.document.version) return undefined;
      return this.#items(suggestions, document, position, context.selectedCompletionInfo);
    } catch (error) {
      this.#log.error(`A suggestion failed: ${error instanceof Error ? error.stack : String(error)}`);
      return undefined;
    } finally {
      cancellation.dispose();
    }
  }

  #query(
    document: vscode.TextDocument,
    position: vscode.Position,
    { triggerKind, selectedCompletionInfo: selected }: vscode.InlineCompletionContext,
  ): CompletionQuery {
    const isExplicit = triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    return {
      document: takeSnapshot(document, position),
      trigger: isExplicit ? "explicit" : "automatic",
      situation: this.#events.situation(document, position),
      ...(selected &&
        selected.range.start.line === position.line && {
          selectedSuggestion: {
            text: selected.text,
            replaceLeft: Math.max(0, position.character - selected.range.start.character),
          },
        }),
    };
  }

  #items(
    suggestions: readonly Suggestion[],
    document: vscode.TextDocument,
    position: vscode.Position,
    selected: vscode.SelectedCompletionInfo | undefined,
  ): vscode.InlineCompletionItem[] | undefined {
    const lineLeft = document.lineAt(position.line).text.slice(0, position.character);
    const fitting = suggestions.filter(({ text }) => !selected || text.startsWith(selected.text));
    // The editor keeps every list, an empty one too, and tells when it is done with it.
    if (fitting.length === 0) return undefined;
    this.#events.shown({
      uri: document.uri.toString(),
      line: position.line,
      character: position.character,
      lineLeft,
      candidates: fitting.map(({ id, text, replaceLeft, replaceRight }) => ({
        id,
        text: text.replaceAll("\r\n", "\n").slice(replaceLeft),
        replaceRight,
      })),
    });
    return fitting.map((suggestion) => itemOf(suggestion, document.uri, position, lineLeft, selected));
  }
}

/**
 * The range reaches back to the line's start: an item whose range moves with every keystroke makes the ghost text
 * flicker while the user types what it says (microsoft/vscode#208152). The suggest widget wants its own range.
 */
function itemOf(
  { id, text, replaceLeft, replaceRight }: Suggestion,
  uri: vscode.Uri,
  position: vscode.Position,
  lineLeft: string,
  selected: vscode.SelectedCompletionInfo | undefined,
): vscode.InlineCompletionItem {
  const kept = selected ? "" : lineLeft.slice(0, lineLeft.length - replaceLeft);
  const start = selected ? position.translate(0, -replaceLeft) : position.with({ character: 0 });
  const range = new vscode.Range(start, position.translate(0, replaceRight));
  const command = { title: "Accepted", command: acceptedCommand, arguments: [id, uri.toString()] };
  return new vscode.InlineCompletionItem(kept + text, range, command);
}
