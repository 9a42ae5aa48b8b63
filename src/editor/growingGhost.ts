import * as vscode from "vscode";
import type { Clock } from "../base/clock.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import type { CompletionApi } from "../completion/completionApi.ts";
import type { InlineCompletionProvider } from "./inlineCompletionProvider.ts";

/** Every line that comes moves what stands below; oftener than this that would be restless. */
const leastMs = 300;

const mostMisunderstood = 1;

/**
 * Makes the editor show more of a suggestion in place, when more has come. Asked once more for the same place VS Code keeps
 * what it has, and asked by the user's command it keeps the shorter text on top. What a provider brings that it has not asked
 * there yet takes the place of what is shown, without a blank in between, so one is registered for each time (seen in 1.139).
 * Where that does not work, the next key shows it.
 */
export class GrowingGhost implements vscode.Disposable {
  readonly #disposables = new DisposableStore();
  readonly #provider: Pick<InlineCompletionProvider, "provideGrown">;
  readonly #selector: vscode.DocumentSelector;
  readonly #extensionId: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: Disposable | undefined;
  #waiting: string | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  /** How often the editor took it for the user's own command; once it may have been that. */
  #misunderstood = 0;

  /** @param selector that of the provider which is asked at each key. */
  constructor(
    { onGrown }: Pick<CompletionApi, "onGrown">,
    provider: Pick<InlineCompletionProvider, "provideGrown">,
    selector: vscode.DocumentSelector,
    extensionId: string,
    { clock, log }: { readonly clock: Clock; readonly log: Log },
  ) {
    this.#provider = provider;
    this.#selector = selector;
    this.#extensionId = extensionId;
    this.#clock = clock;
    this.#log = log;
    this.#disposables.add(onGrown((uri) => this.#soon(uri)));
    // The next key shows it anyway.
    this.#disposables.add(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document.uri.toString() === this.#waiting) this.#timer?.dispose();
      }),
    );
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#disposables.dispose();
  }

  #soon(uri: string): void {
    if (this.#misunderstood > mostMisunderstood) return;
    this.#timer?.dispose();
    this.#waiting = uri;
    const wait = Math.max(0, this.#lastAt + leastMs - this.#clock.now());
    this.#timer = this.#clock.after(wait, () => void this.#show(uri));
  }

  async #show(uri: string): Promise<void> {
    if (vscode.window.activeTextEditor?.document.uri.toString() !== uri) return;
    this.#lastAt = this.#clock.now();
    const once = vscode.languages.registerInlineCompletionItemProvider(this.#selector, {
      provideInlineCompletionItems: (document, position, context, token) => {
        // An editor that takes this for the user's command does not know the command's arguments.
        if (context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke) this.#misunderstood++;
        return this.#provider.provideGrown(document, position, context, token);
      },
    });
    try {
      const providerId = `${this.#extensionId.toLowerCase()}:*`;
      await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger", {
        providerId,
        explicit: false,
      });
    } catch (error) {
      this.#misunderstood = mostMisunderstood + 1;
      this.#log.warn(`Suggestions grow with the next key only: ${String(error)}`);
    } finally {
      once.dispose();
    }
  }
}
