import * as vscode from "vscode";
import type { Clock } from "../base/clock.ts";
import type { DisposableStore } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import type { Saving } from "../completion/completionParts.ts";
import { CompletionService } from "../completion/completionService.ts";
import type { Taste } from "../completion/taste.ts";
import { SimilarSnippets } from "../context/similarSnippets.ts";
import type { SyntaxService } from "../syntax/syntaxService.ts";
import { cursorHints } from "./context/cursorHints.ts";
import { EditorEvents } from "./editorEvents.ts";
import { GrowingGhost } from "./growingGhost.ts";
import type { IgnoredFiles } from "./ignoredFiles.ts";
import { InlineCompletionProvider } from "./inlineCompletionProvider.ts";
import type { ModelControl } from "./modelControl.ts";
import type { ModelErrorReports } from "./modelErrorReports.ts";
import { RecentDocuments } from "./recentDocuments.ts";
import type { Settings } from "./settings.ts";
import type { Snooze } from "./snooze.ts";
import { Warmer } from "./warmer.ts";

const everywhere = { pattern: "**" };

export interface CompletionParts {
  /** Wisp's own id. */
  readonly self: string;
  readonly control: ModelControl;
  readonly settings: Settings;
  readonly snooze: Snooze;
  readonly reports: ModelErrorReports;
  readonly ignored: IgnoredFiles;
  readonly syntax: SyntaxService;
  readonly taste: Taste;
  /** Absent where the machine's battery cannot be seen. */
  readonly saving?: () => Saving;
  readonly clock: Clock;
  readonly log: Log;
}

/** Builds the way from a keystroke to ghost text and registers it. */
export function registerCompletion(
  { self, control, settings, snooze, reports, ignored, syntax, taste, saving, clock, log }: CompletionParts,
  disposables: DisposableStore,
): { readonly completion: CompletionService; readonly events: EditorEvents } {
  const recent = disposables.add(new RecentDocuments());
  const completion = disposables.add(
    new CompletionService({
      model: control.backend,
      clock,
      log,
      settings: (document) => settings.completion(document),
      snoozedUntil: () => snooze.until,
      isIgnored: (_path, uri) => ignored.isIgnored(uri),
      contextProviders: [new SimilarSnippets(recent)],
      onModelError: (error) => reports.report(error),
      syntax,
      taste,
      hints: cursorHints({ settings, ignored, syntax, clock, log }, disposables),
      holdToMembers: true,
      restMs: 700,
      ...(saving && { saving }),
    }),
  );
  disposables.add(settings.onChange(() => completion.forget()));
  let model = control.name;
  disposables.add(
    control.onChange(() => {
      if (control.name !== model) completion.forget();
      model = control.name;
    }),
  );
  const events = disposables.add(new EditorEvents(completion));
  const provider = new InlineCompletionProvider(completion, events, log);
  disposables.add(vscode.languages.registerInlineCompletionItemProvider(everywhere, provider));
  disposables.add(new GrowingGhost(completion, provider, everywhere, self, { clock, log }));
  disposables.add(new Warmer(completion, control, clock));
  return { completion, events };
}
