import * as vscode from "vscode";
import type { Clock } from "../base/clock.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import { Emitter } from "../base/emitter.ts";
import type { Log } from "../base/log.ts";
import { EngineProcess } from "../model/engineProcess.ts";
import { ModelError } from "../model/modelErrors.ts";
import type { ModelStore } from "../model/modelStore.ts";
import type { Route } from "../model/resilientClient.ts";
import { Backend } from "./backend.ts";
import { engineClient, resilientClient } from "./clients.ts";
import { type ChosenModel, chosenModel, exists } from "./modelChoice.ts";
import type { ModelErrorReports } from "./modelErrorReports.ts";
import type { ServerKeys } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import type { MachineSettings } from "./settingValues.ts";

export interface ModelControlOptions {
  /** The engine's bundle; a package without an engine lacks the file. */
  readonly engineEntry: string;
  readonly settings: Settings;
  readonly store: ModelStore;
  readonly keys: ServerKeys;
  readonly reports: ModelErrorReports;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings the model that the settings name behind the one client, and tells what becomes of its engine. */
export class ModelControl implements Disposable {
  readonly backend = new Backend();
  readonly #options: ModelControlOptions;
  readonly #engine: EngineProcess;
  readonly #disposables = new DisposableStore();
  readonly #changed = new Emitter<void>();
  #name: string | undefined;
  #profile: string | undefined;
  #standIn: string | undefined;
  #hasEngine = false;
  #configurations = 0;

  /** Fires when the model or the engine's state has changed. */
  readonly onChange = this.#changed.listen;

  constructor(options: ModelControlOptions) {
    const { engineEntry, clock, log, reports, settings } = options;
    this.#options = options;
    this.#engine = new EngineProcess({ entryPath: engineEntry, config: undefined, clock, log });
    this.#disposables.add(this.backend);
    this.#disposables.add(this.#changed);
    this.#disposables.add(
      this.#engine.onState((state) => {
        if (state.type === "failed") reports.report(state.error);
        this.#changed.fire();
      }),
    );
    this.#disposables.add(
      this.#engine.onCrash((reason) => {
        void vscode.window.showWarningMessage(
          `Wisp: The engine stopped (${reason}). It is started again by itself.`,
        );
      }),
    );
    this.#disposables.add(this.backend.onAnswer(() => reports.clear()));
    this.#disposables.add(settings.onChange(() => void this.configure()));
  }

  /** Of the model or the server, for people; undefined while there is none to ask. */
  get name(): string | undefined {
    return this.#name;
  }

  /** Name of the server profile in use. */
  get profile(): string | undefined {
    return this.#profile;
  }

  /** The model that answers because the server does not. */
  get standIn(): string | undefined {
    return this.#standIn;
  }

  get isStarting(): boolean {
    return this.#engine.state.type === "starting" || this.#engine.state.type === "restarting";
  }

  /** Whether the embedded engine could answer: asking ahead costs the user nothing but time of the machine. */
  get hasEngine(): boolean {
    return this.#hasEngine;
  }

  get enginePid(): number | undefined {
    return this.#engine.pid;
  }

  /** Reads the settings; starts nothing. */
  async configure(): Promise<void> {
    const turn = ++this.#configurations;
    const { settings, keys, store, reports } = this.#options;
    const { machine } = settings;
    reports.clear();
    const [model, hasEngine] = await Promise.all([
      chosenModel(machine, store),
      exists(this.#options.engineEntry),
    ]);
    if (turn !== this.#configurations) return;
    this.#standIn = undefined;
    if (machine.backend === "server") this.#useServer(machine.server, keys, hasEngine ? model : undefined);
    else this.#useEngine(model, hasEngine);
    this.#changed.fire();
  }

  /** Ends the engine and forgets its crashes; the next request starts it. */
  restart(): void {
    this.#options.reports.clear();
    this.#engine.restart();
  }

  /** Resolves when the engine's process is gone. */
  async stop(): Promise<void> {
    await this.#engine.stop();
  }

  dispose(): void {
    this.#disposables.dispose();
    this.#engine.dispose();
  }

  #useServer(server: MachineSettings["server"], keys: ServerKeys, model: ChosenModel | undefined): void {
    this.#hasEngine = false;
    this.#profile = server.profile;
    this.#name = server.profile ?? (server.url ? new URL(server.url).host : "server");
    if (!server.url) this.#options.reports.report(noAddress());
    const mayStandIn = server.fallback === "embedded" && model?.path !== undefined;
    this.#engine.configure(mayStandIn ? this.#engineConfig(model.id, model.path) : undefined);
    const make = mayStandIn ? engineClient(this.#engine, model.id, this.#options) : undefined;
    const onRoute = (route: Route): void => {
      this.#standIn = route === "fallback" ? model?.name : undefined;
      this.#options.log.info(`${this.#name}: ${route === "fallback" ? `${model?.name} stands in` : "back"}.`);
      this.#changed.fire();
    };
    this.backend.use(resilientClient(server, keys, { make, onRoute }, this.#options));
  }

  #engineConfig(modelId: string, modelPath: string): Parameters<EngineProcess["configure"]>[0] {
    const { threads, contextSize, idleUnloadMs, gpu } = this.#options.settings.machine.engine;
    return { modelId, modelPath, threads, contextSize, idleUnloadMs, gpu };
  }

  #useEngine(model: ChosenModel | undefined, hasEngine: boolean): void {
    this.#profile = undefined;
    const { settings, store, reports } = this.#options;
    const modelPath = model?.path;
    this.#hasEngine = hasEngine && modelPath !== undefined;
    this.#name = modelPath === undefined ? undefined : model?.name;
    if (!model || modelPath === undefined || !hasEngine) {
      this.#engine.configure(undefined);
      const wrong = hasEngine ? wrongChoice(settings.machine.model, model, store) : undefined;
      if (wrong) reports.report(wrong);
      const fail = wrong && (() => Promise.reject(wrong));
      this.backend.use(hasEngine ? fail : noEngine);
      return;
    }
    this.#engine.configure(this.#engineConfig(model.id, modelPath));
    this.backend.use(engineClient(this.#engine, model.id, this.#options));
  }
}

/** What is wrong with the settings' choice; undefined where the model is only not on disk yet. */
function wrongChoice(
  { id, path }: MachineSettings["model"],
  model: ChosenModel | undefined,
  store: ModelStore,
): ModelError | undefined {
  if (path !== undefined) {
    return new ModelError("bad-model-file", `The model file ${path} is not there.`, "Choose another model.");
  }
  if (model) return undefined;
  const known = store.catalogue.map((entry) => entry.id).join(", ");
  return new ModelError("bad-model-file", `There is no model “${id}” in the catalogue.`, `Known: ${known}.`);
}

function noAddress(): ModelError {
  return new ModelError(
    "unreachable",
    "wisp.backend is “server”, but no server's address is set.",
    "Run “Wisp: Connect to a Server…”, or set wisp.server.url.",
  );
}

async function noEngine(): Promise<never> {
  throw new ModelError(
    "unreachable",
    "This package of Wisp has no engine for this machine.",
    "Install the package for your platform, or set wisp.backend to server.",
  );
}
