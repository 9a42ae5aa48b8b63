import * as vscode from "vscode";
import { type JudgingExtension, judgesOf, LanguageSilence } from "../../assist/languageSilence.ts";
import type { Clock } from "../../base/clock.ts";
import { DisposableStore } from "../../base/disposable.ts";
import { findingSource } from "./findingMarks.ts";

/** Knows where it is of no use to wait for a language server: the editor does not tell which there are. */
export class LanguageJudges implements vscode.Disposable {
  readonly #self: string;
  readonly #silence: LanguageSilence;
  readonly #disposables = new DisposableStore();

  /** @param self identifier of this extension. */
  constructor(self: string, clock: Clock) {
    this.#self = self;
    this.#silence = new LanguageSilence(clock);
    const shown = (editors: readonly vscode.TextEditor[]): void => {
      for (const { document } of editors) this.#silence.shown(document.languageId);
    };
    shown(vscode.window.visibleTextEditors);
    this.#disposables.add(vscode.window.onDidChangeVisibleTextEditors(shown));
    this.#disposables.add(vscode.languages.onDidChangeDiagnostics(({ uris }) => this.#heard(uris)));
  }

  /** Whether somebody may judge the document, if only late. */
  mayJudge({ languageId }: vscode.TextDocument): boolean {
    const judges = judgesOf(
      vscode.extensions.all.filter(({ id }) => id !== this.#self).map(known),
      languageId,
    );
    // Those that run elsewhere than this extension are not among them.
    const isPart = judges === "none" && vscode.env.remoteName !== undefined;
    return this.#silence.mayEnd(languageId, isPart ? "possible" : judges);
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #heard(uris: readonly vscode.Uri[]): void {
    const keys = new Set(uris.map((uri) => uri.toString()));
    for (const { uri, languageId } of vscode.workspace.textDocuments) {
      const key = uri.toString();
      if (!keys.has(key)) continue;
      const problems = vscode.languages.getDiagnostics(uri);
      const own = problems.filter(({ source }) => source === findingSource);
      const words = own.map((one) => JSON.stringify([one.range, one.message, one.relatedInformation])).join();
      this.#silence.reported({ key, languageId, own: words, hasOthers: own.length < problems.length });
    }
  }
}

function known({ isActive, packageJSON }: vscode.Extension<unknown>): JudgingExtension {
  const { isBuiltin, main, browser, activationEvents, contributes } = packageJSON as {
    readonly isBuiltin?: boolean;
    readonly main?: string;
    readonly browser?: string;
    readonly activationEvents?: readonly string[];
    readonly contributes?: { readonly languages?: readonly { readonly id: string }[] };
  };
  return {
    isActive,
    isBuiltin: isBuiltin === true,
    hasCode: main !== undefined || browser !== undefined,
    activationEvents: activationEvents ?? [],
    languages: (contributes?.languages ?? []).map(({ id }) => id),
  };
}
