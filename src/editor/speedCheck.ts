import { cpus, totalmem } from "node:os";
import * as vscode from "vscode";
import type { Clock } from "../base/clock.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import { WhenIdle } from "../base/whenIdle.ts";
import type { Saving } from "../completion/completionParts.ts";
import { type CatalogueEntry, catalogue } from "../model/catalogue.ts";
import { readMachine } from "../model/machine.ts";
import { type MeasuredSpeed, recommend } from "../model/recommendation.ts";
import { measureSpeed } from "../model/speedTest.ts";
import type { ModelControl } from "./modelControl.ts";
import { sizeText } from "./modelTexts.ts";
import type { Settings } from "./settings.ts";

export interface SpeedCheckParts {
  readonly control: ModelControl;
  readonly settings: Settings;
  readonly memory: vscode.Memento;
  readonly use: (entry: CatalogueEntry) => Promise<void>;
  /** On battery machines are slower, and work that nobody asked for is not done. */
  readonly saving: () => Saving;
  readonly clock: Clock;
  readonly log: Log;
}

const key = "wisp.measuredSpeed";
/** The user has stopped typing for so long that five seconds of the machine are free. */
const idleMs = 8_000;

interface Kept {
  readonly machine: string;
  readonly speed: MeasuredSpeed;
}

/**
 * Measures the machine once, with the model that is there, while nobody types; then offers a larger model where it would
 * keep up. Measured again on another machine (settings may be synchronised) and never with a server.
 */
export class SpeedCheck implements Disposable {
  readonly #parts: SpeedCheckParts;
  readonly #disposables = new DisposableStore();
  readonly #idle: WhenIdle;

  constructor(parts: SpeedCheckParts) {
    this.#parts = parts;
    this.#idle = this.#disposables.add(new WhenIdle(parts.clock, idleMs, (signal) => this.#measure(signal)));
    this.#disposables.add(parts.control.backend.onAnswer(() => this.#wanted() && this.#idle.want()));
    this.#disposables.add(
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        // A log that grows is no typing, and the measurement writes into it itself.
        if (document.uri.scheme !== "output") this.#idle.happened();
      }),
    );
  }

  /** Of this machine; undefined before it was measured. */
  get speed(): MeasuredSpeed | undefined {
    const kept = this.#parts.memory.get<Kept>(key);
    return kept?.machine === thisMachine() ? kept.speed : undefined;
  }

  /** The model runs on something else now: it is measured anew. */
  async forget(): Promise<void> {
    await this.#parts.memory.update(key, undefined);
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #wanted(): boolean {
    const { backend, model } = this.#parts.settings.machine;
    const isMeasurable =
      backend === "embedded" && model.path === undefined && catalogue.some(({ id }) => id === model.id);
    return isMeasurable && !this.speed;
  }

  async #measure(signal: AbortSignal): Promise<void> {
    const { control, clock, memory, log, saving, settings } = this.#parts;
    if (!this.#wanted() || saving() !== "nothing") return;
    const modelId = settings.machine.model.id;
    try {
      const speed = await measureSpeed(control.backend, modelId, clock, signal);
      if (!speed) return;
      const { prefillTokensPerSecond: reading = 0, decodeTokensPerSecond: writing } = speed;
      log.info(
        `Measured: ${modelId} reads ${reading.toFixed(0)} and writes ${writing.toFixed(1)} tokens/s here.`,
      );
      await memory.update(key, { machine: thisMachine(), speed } satisfies Kept);
      await this.#offer(speed);
    } catch (error) {
      log.warn(`The speed of the model could not be measured: ${String(error)}`);
    }
  }

  async #offer(speed: MeasuredSpeed): Promise<void> {
    const { settings, use } = this.#parts;
    const { entry, keystrokeMs } = recommend(await readMachine(), speed);
    const present = catalogue.find(({ id }) => id === settings.machine.model.id);
    if (!present || entry.sizeBytes <= present.sizeBytes || keystrokeMs === undefined) return;
    const choice = await vscode.window.showInformationMessage(
      `Wisp measured this machine: ${entry.name} would answer in about ${keystrokeMs} ms, and what it suggests is ` +
        `taken more often. It is ${sizeText(entry.sizeBytes)} to download.`,
      "Use It",
      "Not Now",
    );
    if (choice === "Use It") await use(entry);
  }
}

function thisMachine(): string {
  const processors = cpus();
  return `${processors[0]?.model ?? "unknown"} × ${processors.length}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}
