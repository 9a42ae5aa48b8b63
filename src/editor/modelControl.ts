import * as vscode from "vscode";
import type { Clock } from "../base/clock.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import { Emitter } from "../base/emitter.ts";
import type { Log } from "../base/log.ts";
import { WispError } from "../base/wispError.ts";
import type { EngineConfig, EngineWork } from "../engine/protocol.ts";
import type { EngineProcess } from "../model/engineProcess.ts";
import { ModelError } from "../model/modelErrors.ts";
import type { Route } from "../model/resilientClient.ts";
import { noModel } from "../model/serverProfile.ts";
import { Backend } from "./backend.ts";
import { engineClient, resilientClient } from "./clients.ts";
import type { ModelErrorReports } from "./modelErrorReports.ts";
import { engineInBrowser, noAddress, noEngine, wrongChoice } from "./nobodyAnswers.ts";
import type { ServerKeys } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import type { MachineSettings } from "./settingValues.ts";
import type { StandingIn } from "./status.ts";

/** The model that the settings name. */
export interface ChosenModel {
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Undefined while its file is not, or not wholly, on disk. */
  readonly path: string | undefined;
  /** Of the adapter that goes with it in this workspace. */
  readonly adapterPath?: string;
  /** Why the adapter that the settings name is not used. */
  readonly adapterProblem?: WispError;
}

/** The engine of this machine and the models on its disk. */
export interface EmbeddedModels {
  readonly engine: EngineProcess;
  /** Whether this package has an engine at all. */
  hasEngine(): Promise<boolean>;
  /** Undefined when the settings name a model that nobody knows. */
  chosen(machine: MachineSettings): Promise<ChosenModel | undefined>;
  /** The same without an adapter. */
  plain(machine: MachineSettings): Promise<ChosenModel | undefined>;
  /** What lets the engine use a graphics processor, where the user has got it. */
  gpuPackage(): Promise<EngineConfig["gpuPackage"]>;
  /** Where the engine keeps evaluated prompts. */
  readonly promptFolder: string;
  /** Where the engine keeps copies of models that are fitted to the processor. */
  readonly fittedFolder: string;
  /** Names of the models that the settings may name. */
  readonly known: readonly string[];
}

export interface ModelControlOptions {
  /** Undefined in a browser, where no program can be started. */
  readonly embedded: EmbeddedModels | undefined;
  readonly settings: Settings;
  readonly keys: ServerKeys;
  readonly reports: ModelErrorReports;
  readonly clock: Clock;
  readonly log: Log;
}

/** A sentence takes so long to read. */
const readingMs = 6_000;

/** Brings the model that the settings name behind the one client, and tells what becomes of its engine. */
export class ModelControl implements Disposable {
  readonly backend = new Backend();
  readonly #options: ModelControlOptions;
  readonly #engine: EngineProcess | undefined;
  readonly #disposables = new DisposableStore();
  readonly #changed = new Emitter<void>();
  #name: string | undefined;
  #profile: string | undefined;
  #standIn: StandingIn | undefined;
  #hasEngine = false;
  #gpuPackage: EngineConfig["gpuPackage"];
  #configurations = 0;

  /** Fires when the model or the engine's state has changed. */
  readonly onChange = this.#changed.listen;

  constructor(options: ModelControlOptions) {
    const { embedded, reports, settings } = options;
    this.#options = options;
    this.#engine = embedded?.engine;
    this.#disposables.add(this.backend);
    this.#disposables.add(this.#changed);
    if (this.#engine) this.#follow(this.#engine);
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

  /** What makes suggestions in the place of the server. */
  get standIn(): StandingIn | undefined {
    return this.#standIn;
  }

  get isStarting(): boolean {
    const state = this.#engine?.state.type;
    return state === "starting" || state === "restarting";
  }

  /** Whether the embedded engine could answer: asking ahead costs the user nothing but time of the machine. */
  get hasEngine(): boolean {
    return this.#hasEngine;
  }

  get enginePid(): number | undefined {
    return this.#engine?.pid;
  }

  /** What the engine's requests with a number above `after` cost; none while it does not run. */
  async engineWork(after: number): Promise<readonly EngineWork[]> {
    if (this.#engine?.state.type !== "ready") return [];
    const answer = await this.#engine.ask({ method: "GET", path: `/work?after=${after}` });
    const { work } = JSON.parse(await answer.text()) as { readonly work: readonly EngineWork[] };
    return work;
  }

  /** Reads the settings; starts nothing. */
  async configure(): Promise<void> {
    const turn = ++this.#configurations;
    const { settings, keys, embedded, reports } = this.#options;
    const { machine } = settings;
    reports.clear();
    const [model, hasEngine = false, gpuPackage] = await Promise.all([
      this.#chosen(machine),
      embedded?.hasEngine(),
      embedded?.gpuPackage(),
    ]);
    if (turn !== this.#configurations) return;
    this.#gpuPackage = gpuPackage;
    this.#standIn = undefined;
    if (machine.backend === "server") this.#useServer(machine.server, keys, hasEngine ? model : undefined);
    else this.#useEngine(model, hasEngine);
    this.#changed.fire();
  }

  /** A models folder that cannot be read is told, and takes nothing else down: servers and the chat need none. */
  async #chosen(machine: MachineSettings): Promise<ChosenModel | undefined> {
    const { embedded, reports } = this.#options;
    try {
      return await embedded?.chosen(machine);
    } catch (error) {
      if (!(error instanceof WispError)) throw error;
      reports.report(new ModelError("bad-model-file", error.message, error.hint, error));
      return { id: machine.model.id, name: machine.model.id, path: undefined };
    }
  }

  /** Ends the engine and forgets its crashes; the next request starts it. */
  restart(): void {
    this.#options.reports.clear();
    this.#engine?.restart();
  }

  /** Resolves when the engine's process is gone. */
  async stop(): Promise<void> {
    await this.#engine?.stop();
  }

  dispose(): void {
    this.#disposables.dispose();
    this.#engine?.dispose();
  }

  #follow(engine: EngineProcess): void {
    this.#disposables.add(
      engine.onState((state) => {
        if (state.type === "failed") this.#options.reports.report(state.error);
        this.#changed.fire();
      }),
    );
    this.#disposables.add(
      engine.onCrash((reason) => {
        const title = `Wisp: The engine stopped (${reason}). It is started again by itself.`;
        const location = vscode.ProgressLocation.Notification;
        void vscode.window.withProgress({ location, title }, () => this.#settled(engine));
      }),
    );
  }

  /** Resolves when the engine has failed for good, else when it runs and the user had time to read that it stopped. */
  #settled(engine: EngineProcess): Promise<void> {
    return new Promise((resolve) => {
      const listening = engine.onState(({ type }) => {
        if (type === "ready") this.#options.clock.after(readingMs, settle);
        else if (type === "failed" || type === "stopped") settle();
      });
      const settle = (): void => {
        listening.dispose();
        resolve();
      };
    });
  }

  #useServer(server: MachineSettings["server"], keys: ServerKeys, model: ChosenModel | undefined): void {
    this.#hasEngine = false;
    this.#profile = server.profile;
    this.#name = server.profile ?? (server.url ? new URL(server.url).host : "server");
    if (!server.url) this.#options.reports.report(noAddress());
    const engine = this.#engine;
    const mayStandIn = server.fallback === "embedded" && engine && model?.path !== undefined;
    engine?.configure(mayStandIn ? this.#engineConfig(model, model.path) : undefined);
    const make = mayStandIn ? engineClient(engine, model.id, this.#options) : undefined;
    if (mayStandIn && server.completionModel === noModel)
      this.#standIn = { model: model.name, why: "declined" };
    const onRoute = (route: Route, isSlow: boolean): void => {
      const why = isSlow ? "slow" : "away";
      this.#standIn = route === "fallback" && model ? { model: model.name, why } : undefined;
      this.#options.log.info(
        `${this.#name}: ${this.#standIn ? `${why}; ${model?.name} stands in` : "back"}.`,
      );
      this.#changed.fire();
    };
    this.backend.use(resilientClient(server, keys, { make, name: model?.name, onRoute }, this.#options));
  }

  #engineConfig(
    { id: modelId, adapterPath }: ChosenModel,
    modelPath: string,
  ): Parameters<EngineProcess["configure"]>[0] {
    const { embedded, settings } = this.#options;
    const { keepPrompts, ...engine } = settings.machine.engine;
    const promptFolder = keepPrompts ? embedded?.promptFolder : undefined;
    return {
      modelId,
      modelPath,
      ...(adapterPath !== undefined && { adapterPath }),
      ...engine,
      ...(this.#gpuPackage && { gpuPackage: this.#gpuPackage }),
      ...(promptFolder !== undefined && { promptFolder }),
      ...(embedded && { fittedFolder: embedded.fittedFolder }),
    };
  }

  #useEngine(model: ChosenModel | undefined, hasEngine: boolean): void {
    this.#profile = undefined;
    const { settings, embedded, reports } = this.#options;
    const engine = this.#engine;
    const modelPath = model?.path;
    this.#hasEngine = hasEngine && modelPath !== undefined;
    this.#name = modelPath === undefined ? undefined : model?.name;
    if (!model || modelPath === undefined || !hasEngine || !engine) {
      engine?.configure(undefined);
      const known = embedded?.known ?? [];
      const wrong = hasEngine ? wrongChoice(settings.machine.model, model, known) : undefined;
      if (wrong) reports.report(wrong);
      const fail = wrong && (() => Promise.reject(wrong));
      this.backend.use(hasEngine ? fail : () => Promise.reject(engine ? noEngine() : engineInBrowser()));
      return;
    }
    engine.configure(this.#engineConfig(model, modelPath));
    const { adapterProblem } = model;
    if (adapterProblem)
      reports.report(
        new ModelError("bad-adapter", `${adapterProblem.message} It is not used.`, adapterProblem.hint),
      );
    this.backend.use(engineClient(engine, model.id, this.#options));
  }
}
