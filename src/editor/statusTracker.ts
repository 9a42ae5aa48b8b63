import * as vscode from "vscode";
import type { Clock } from "../base/clock.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import { Lasting } from "../base/lasting.ts";
import type { ModelControl } from "./modelControl.ts";
import type { ModelDownload } from "./modelDownload.ts";
import type { ModelErrorReports } from "./modelErrorReports.ts";
import type { Settings } from "./settings.ts";
import type { Snooze } from "./snooze.ts";
import { type Status, statusOf } from "./status.ts";

export interface StatusSources {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly snooze: Snooze;
  readonly control: ModelControl;
  readonly reports: ModelErrorReports;
  readonly download: Pick<ModelDownload, "share" | "onChange">;
}

/** While somebody types most answers are over sooner; to show each would make the status bar flicker, and keep the host busy. */
const thinkingAfterMs = 1_000;

/** Puts together what the status bar says, whenever something that it depends on has changed. */
export class StatusTracker implements Disposable {
  readonly #sources: StatusSources;
  readonly #show: (status: Status) => void;
  readonly #disposables = new DisposableStore();
  #thinking = false;

  constructor(sources: StatusSources, show: (status: Status) => void) {
    this.#sources = sources;
    this.#show = show;
    for (const { onChange } of [
      sources.settings,
      sources.snooze,
      sources.control,
      sources.reports,
      sources.download,
    ]) {
      this.#disposables.add(onChange(this.refresh));
    }
    const thinking = this.#disposables.add(
      new Lasting(sources.clock, thinkingAfterMs, (lasts) => {
        this.#thinking = lasts;
        this.refresh();
      }),
    );
    this.#disposables.add(sources.control.backend.onBusy((busy) => thinking.set(busy)));
    this.#disposables.add(vscode.window.onDidChangeActiveTextEditor(this.refresh));
    this.#disposables.add(vscode.workspace.onDidOpenTextDocument(this.refresh));
  }

  readonly refresh = (): void => this.#show(this.current);

  get current(): Status {
    const { settings, snooze, control, reports, download } = this.#sources;
    const language = activeLanguage(settings);
    return statusOf({
      enabled: settings.completion(language?.document ?? { uri: "untitled:", languageId: "*" }).enabled,
      snoozedUntil: snooze.until,
      now: Date.now(),
      download: download.share,
      model: control.name,
      profile: control.profile,
      standIn: control.standIn,
      error: reports.current,
      languageId: language?.id,
      languageEnabled: language?.enabled ?? true,
      starting: control.isStarting,
      thinking: this.#thinking,
    });
  }

  dispose(): void {
    this.#disposables.dispose();
  }
}

export interface ActiveLanguage {
  readonly id: string;
  readonly enabled: boolean;
  readonly document: { readonly uri: string; readonly languageId: string };
}

/** The language of the active editor and whether suggestions are on for it. */
export function activeLanguage(settings: Settings): ActiveLanguage | undefined {
  const document = vscode.window.activeTextEditor?.document;
  if (!document || document.uri.scheme === "output") return undefined;
  const place = { uri: document.uri.toString(), languageId: document.languageId };
  const { enableByLanguage } = settings.completion(place);
  const enabled = enableByLanguage[document.languageId] ?? enableByLanguage["*"] ?? true;
  return { id: document.languageId, enabled, document: place };
}
