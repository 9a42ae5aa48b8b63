import * as vscode from "vscode";
import { Emitter } from "../base/emitter.ts";
import type { Log } from "../base/log.ts";
import type { DownloadProgress, DownloadResult } from "../model/downloadProgress.ts";
import type { DownloadRequest } from "../model/modelDownload.ts";
import { progressText, sizeText } from "./modelTexts.ts";

/** What is downloaded, and who brings it. */
export interface WantedDownload {
  /** For people. */
  readonly name: string;
  readonly sizeBytes: number;
  bring(request: DownloadRequest): Promise<DownloadResult>;
}

/** One download at a time, with a notification that shows how far it is and can cancel it. */
export class ModelDownload implements vscode.Disposable {
  readonly #log: Log;
  readonly #changed = new Emitter<void>();
  readonly #abort = new AbortController();
  #share: number | undefined;

  readonly onChange = this.#changed.listen;

  constructor(log: Log) {
    this.#log = log;
  }

  /** 0 to 1 while a download runs. */
  get share(): number | undefined {
    return this.#share;
  }

  /**
   * @returns the path, or undefined when the user has cancelled.
   * @throws {ModelStoreError}
   */
  async run(wanted: WantedDownload): Promise<string | undefined> {
    if (this.#share !== undefined) {
      void vscode.window.showInformationMessage(
        "Wisp: Another download is under way; wait for it or cancel it.",
      );
      return undefined;
    }
    this.#setShare(0);
    this.#log.info(`Downloading ${wanted.name} (${sizeText(wanted.sizeBytes)}).`);
    try {
      const result = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: `Wisp: ${wanted.name}`, cancellable: true },
        (progress, token) => this.#withProgress(wanted, progress, token),
      );
      if (result.status === "ready") return result.path;
      this.#log.info(`The download was cancelled after ${sizeText(result.receivedBytes)}; they are kept.`);
      return undefined;
    } finally {
      this.#setShare(undefined);
    }
  }

  dispose(): void {
    this.#abort.abort();
    this.#changed.dispose();
  }

  async #withProgress(
    wanted: WantedDownload,
    progress: vscode.Progress<{ message?: string; increment?: number }>,
    token: vscode.CancellationToken,
  ): Promise<DownloadResult> {
    const cancel = new AbortController();
    const cancellation = token.onCancellationRequested(() => cancel.abort());
    let shown = 0;
    const report = (now: DownloadProgress): void => {
      const share = now.totalBytes > 0 ? now.receivedBytes / now.totalBytes : 0;
      // While the hash is computed the bytes are counted anew; the bar stays full.
      const percent = now.phase === "verifying" ? 100 : 100 * share;
      progress.report({ message: progressText(now), increment: Math.max(0, percent - shown) });
      shown = Math.max(shown, percent);
      this.#setShare(percent / 100);
    };
    try {
      const signal = AbortSignal.any([cancel.signal, this.#abort.signal]);
      return await wanted.bring({ signal, onProgress: report });
    } finally {
      cancellation.dispose();
    }
  }

  #setShare(share: number | undefined): void {
    const before = this.#share === undefined ? undefined : Math.floor(100 * this.#share);
    this.#share = share;
    if (before !== (share === undefined ? undefined : Math.floor(100 * share))) this.#changed.fire();
  }
}
