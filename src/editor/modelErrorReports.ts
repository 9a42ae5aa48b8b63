import * as vscode from "vscode";
import type { Disposable } from "../base/disposable.ts";
import { Emitter } from "../base/emitter.ts";
import type { Log } from "../base/log.ts";
import type { ModelError, ModelErrorCode } from "../model/modelErrors.ts";

/** Buttons that help with an error, by the command that they run. */
const buttons: Partial<Record<ModelErrorCode, readonly (readonly [label: string, command: string])[]>> = {
  "no-model": [["Choose Model…", "wisp.chooseModel"]],
  "bad-model-file": [
    ["Choose Model…", "wisp.chooseModel"],
    ["Remove Models…", "wisp.removeModels"],
  ],
  "bad-adapter": [["Use Adapter…", "wisp.useAdapter"]],
  "out-of-memory": [["Choose Model…", "wisp.chooseModel"]],
  "no-fim": [["Choose Model…", "wisp.chooseModel"]],
  "engine-stopped": [["Restart", "wisp.restartEngine"]],
  unauthorized: [["Set Server Key…", "wisp.setServerKey"]],
  unreachable: [
    ["Switch Profile…", "wisp.switchProfile"],
    ["Open Settings", "wisp.openServerSettings"],
  ],
  "model-not-found": [
    ["Connect Again…", "wisp.connectServer"],
    ["Open Settings", "wisp.openServerSettings"],
  ],
};

/** Goes away by itself: told in the log and in the reason of the request. */
const passing = new Set<ModelErrorCode>(["timeout", "rate-limited", "engine-crashed", "context-overflow"]);

/** Shows each kind of failure once, until something has worked again or was changed. */
export class ModelErrorReports implements Disposable {
  readonly #log: Log;
  readonly #shown = new Set<ModelErrorCode>();
  readonly #changed = new Emitter<void>();
  #current: ModelError | undefined;

  readonly onChange = this.#changed.listen;

  constructor(log: Log) {
    this.#log = log;
  }

  /** What stands in the way of suggestions now. */
  get current(): ModelError | undefined {
    return this.#current;
  }

  report(error: ModelError): void {
    this.#log.warn(`${error.code}: ${error.message} ${error.hint}`);
    if (passing.has(error.code)) return;
    this.#current = error;
    this.#changed.fire();
    if (this.#shown.has(error.code) || error.code === "no-model") return;
    this.#shown.add(error.code);
    void this.#show(error);
  }

  clear(): void {
    this.#shown.clear();
    if (!this.#current) return;
    this.#current = undefined;
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #show({ code, message, hint }: ModelError): Promise<void> {
    const offered = [...(buttons[code] ?? []), ["Show Log", "wisp.showLog"] as const];
    const labels = offered.map(([label]) => label);
    const choice = await vscode.window.showErrorMessage(`Wisp: ${message} ${hint}`, ...labels);
    const command = offered.find(([label]) => label === choice)?.[1];
    if (command) await vscode.commands.executeCommand(command);
  }
}
