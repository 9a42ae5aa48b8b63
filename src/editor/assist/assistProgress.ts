import * as vscode from "vscode";
import type { Log } from "../../base/log.ts";
import { WispError } from "../../base/wispError.ts";

/** Runs with a cancellable notification; a failure of the model is shown with what to do and gives undefined. */
export async function withProgress<T>(
  title: string,
  log: Log,
  run: (report: (message: string) => void, signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      try {
        return await run((message) => progress.report({ message }), abort.signal);
      } catch (error) {
        if (abort.signal.aborted) return undefined;
        if (!(error instanceof WispError)) throw error;
        log.error(`${title}: ${error.code}: ${error.message}`);
        void vscode.window.showErrorMessage(`${error.message} ${error.hint}`);
        return undefined;
      }
    },
  );
}
