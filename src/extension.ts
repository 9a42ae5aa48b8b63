import { realpath } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { systemClock } from "./base/clock.ts";
import { DisposableStore } from "./base/disposable.ts";
import { folderOnDisk } from "./chat/folderOnDisk.ts";
import { indexInThread } from "./chat/indexThread.ts";
import type { CompletionTrace } from "./completion/outcome.ts";
import type { WorkFigures } from "./completion/workMeter.ts";
import { SecretScan } from "./context/secretScan.ts";
import { adaptableFolder } from "./editor/adapter/adaptableFolder.ts";
import { registerAdapter } from "./editor/adapter/registerAdapter.ts";
import { registerAssist } from "./editor/assist/registerAssist.ts";
import { chatsFolder, registerChat } from "./editor/chat/registerChat.ts";
import { registerCommands } from "./editor/commands.ts";
import { EngineContext } from "./editor/engineContext.ts";
import { filePolicy } from "./editor/filePolicy.ts";
import { GpuCommands } from "./editor/gpuCommands.ts";
import { IgnoredFiles } from "./editor/ignoredFiles.ts";
import { embeddedModels, modelsFolder } from "./editor/modelChoice.ts";
import { ModelCommands } from "./editor/modelCommands.ts";
import { ModelControl } from "./editor/modelControl.ts";
import { ModelDownload } from "./editor/modelDownload.ts";
import { ModelErrorReports } from "./editor/modelErrorReports.ts";
import { placeText } from "./editor/place.ts";
import { Power } from "./editor/power.ts";
import { registerCompletion } from "./editor/registerCompletion.ts";
import { ServerKeys } from "./editor/secrets.ts";
import { registerServer } from "./editor/server/registerServer.ts";
import { chatServer, ServerContext } from "./editor/serverContext.ts";
import { Settings } from "./editor/settings.ts";
import { Snooze } from "./editor/snooze.ts";
import { SpeedCheck } from "./editor/speedCheck.ts";
import type { Status } from "./editor/status.ts";
import { StatusBar } from "./editor/statusBar.ts";
import { StatusTracker } from "./editor/statusTracker.ts";
import { keptTaste } from "./editor/taste.ts";
import { usableFiles } from "./editor/usableFiles.ts";
import { WhyNothing } from "./editor/whyNothing.ts";
import type { EngineWork } from "./engine/protocol.ts";
import { type CatalogueEntry, usualContext } from "./model/catalogue.ts";
import { hubEndpoint } from "./model/endpoint.ts";
import { gpuPackageFor } from "./model/gpuPackage.ts";
import { GpuSupport } from "./model/gpuSupport.ts";
import { ModelStore } from "./model/modelStore.ts";
import { readPowerSource } from "./model/powerSource.ts";
import { grammarsInFolder } from "./syntax/grammarFiles.ts";
import { TreeSitterSyntax } from "./syntax/treeSitterSyntax.ts";

/** What tests and the inspector may look at. */
export interface WispApi {
  /** Newest first. */
  readonly traces: () => readonly CompletionTrace[];
  readonly status: () => Status;
  readonly enginePid: () => number | undefined;
  /** What completion has cost so far, in tokens. */
  readonly work: () => WorkFigures;
  /** What the engine's latest requests cost, those with a number above `after`. */
  readonly engineWork: (after: number) => Promise<readonly EngineWork[]>;
  /** Milliseconds that the activation took. */
  readonly activationMs: () => number;
}

/** Resolves when everything that outlives a disposal (the engine's process) has ended. */
let stop: (() => Promise<void>) | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<WispApi> {
  const startedAt = performance.now();
  const channel = vscode.window.createOutputChannel("Wisp", { log: true });
  context.subscriptions.push(channel);
  try {
    const api = await start(context, channel);
    const activationMs = performance.now() - startedAt;
    channel.info(`Wisp is active after ${Math.round(activationMs)} ms.`);
    return { ...api, activationMs: () => activationMs };
  } catch (error) {
    // The editor itself shows nothing when an extension fails to activate.
    channel.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    void vscode.window.showErrorMessage(`Wisp could not start: ${String(error)}`);
    throw error;
  }
}

export async function deactivate(): Promise<void> {
  await stop?.();
  stop = undefined;
}

async function start(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
): Promise<Omit<WispApi, "activationMs">> {
  const disposables = new DisposableStore();
  context.subscriptions.push(disposables);
  const clock = systemClock;
  const dist = context.asAbsolutePath("dist");

  const settings = disposables.add(new Settings(log, availableParallelism()));
  const keys = new ServerKeys(context.secrets);
  const snooze = disposables.add(new Snooze(clock, () => Date.now()));
  const reports = disposables.add(new ModelErrorReports(log));
  const store = new ModelStore({
    folder: modelsFolder((error) => {
      log.warn(error.message);
      void vscode.window.showWarningMessage(`Wisp: ${error.message} ${error.hint}`);
    }),
    endpoint: () => hubEndpoint(settings.machine.downloadEndpoint, process.env),
    clock,
    log,
  });
  const gpu = new GpuSupport(store, gpuPackageFor(process.platform, process.arch));
  const embedded = embeddedModels(store, {
    entryPath: join(dist, "engine", "main.mjs"),
    promptFolder: join(context.globalStorageUri.fsPath, "prompts"),
    workspaceFolder: () => adaptableFolder()?.fsPath,
    gpuPackage: () => gpu.installed(),
    clock,
    log,
  });
  const control = disposables.add(new ModelControl({ embedded, settings, keys, reports, clock, log }));
  const { engine } = embedded;
  const engineContext = disposables.add(new EngineContext({ engine, backend: control.backend, clock, log }));
  const serverContext = disposables.add(
    new ServerContext({
      server: () => chatServer(settings.machine, keys, clock),
      backend: control.backend,
      log,
    }),
  );
  stop = () => control.stop();

  const syntax = disposables.add(new TreeSitterSyntax(grammarsInFolder(join(dist, "grammars")), log));
  const ignored = disposables.add(new IgnoredFiles(log));
  const taste = keptTaste(context.globalState);
  const onBattery = () => settings.machine.onBattery;
  const { saving } = disposables.add(new Power({ read: () => readPowerSource(), onBattery, clock, log }));
  const { completion, events } = registerCompletion(
    {
      self: context.extension.id,
      control,
      settings,
      snooze,
      reports,
      ignored,
      syntax,
      taste,
      saving,
      clock,
      log,
    },
    disposables,
  );

  const download = disposables.add(new ModelDownload(log));
  const memory = context.globalState;
  const use = (entry: CatalogueEntry): Promise<void> => models.use(entry);
  const check = disposables.add(new SpeedCheck({ control, settings, memory, use, saving, clock, log }));
  const speed = () => check.speed;
  const models = new ModelCommands({ settings, store, control, download, memory, speed, log });
  const forgetSpeed = () => check.forget();
  const gpuParts = { gpu, engine, control, settings, download, forgetSpeed, memory, clock, log };
  const gpuCommands = new GpuCommands(gpuParts);
  const isLocal = context.extension.extensionKind === vscode.ExtensionKind.UI;
  const place = placeText({ remoteName: vscode.env.remoteName, isLocal, inBrowser: false });
  if (place) log.info(`Wisp runs ${place}: the engine, and every request to a server.`);
  const bar = disposables.add(new StatusBar("wisp.showMenu", place));
  const sources = { clock, settings, snooze, control, reports, download };
  const status = disposables.add(new StatusTracker(sources, (now) => bar.show(now)));
  const why = disposables.add(new WhyNothing(completion, events, taste));
  registerCommands(
    {
      settings,
      snooze,
      keys,
      events,
      control,
      reports,
      models,
      gpu: gpuCommands,
      why,
      completion,
      taste,
      channel: log,
    },
    disposables,
  );
  registerAdapter({ context, embedded, settings, control, log }, disposables);
  const serverParts = { settings, keys, memory: context.globalState, clock, log, place, inBrowser: false };
  registerServer(serverParts, disposables);

  const secrets = new SecretScan();
  const mayUse = filePolicy(settings, ignored, realpath);
  const assumedTokens = (): number => settings.machine.engine.contextSize || usualContext;
  /** By the engine, by the server, or by both where one may stand in for the other. */
  const toldTokens = (): number | undefined => {
    const engine = control.hasEngine || control.standIn ? engineContext.tokens : undefined;
    const told = [engine, serverContext.tokens].filter((tokens) => tokens !== undefined);
    return told.length > 0 ? Math.min(...told) : undefined;
  };
  const conversing = {
    context,
    log,
    syntax,
    memory: context.workspaceState,
    model: () => control.backend,
    modelName: () => control.name,
    onModelChange: control.onChange,
    contextTokens: () => toldTokens() ?? assumedTokens(),
    fixCandidates: () => settings.machine.fixCandidates,
    checkCommand: (uri: vscode.Uri) => settings.checkCommand(uri),
    mayUse,
    findFiles: usableFiles(settings, ignored, { mayUse, realPath: realpath }),
    maskSecrets: (text: string) => secrets.mask(text),
  };
  const keeping = {
    folder: folderOnDisk(chatsFolder(context).fsPath),
    startIndex: indexInThread(join(dist, "chat", "indexWorker.cjs")),
  };
  const acting = {
    propose: (code: string, paths: readonly string[]) => assist.applyCode(code, paths),
    slash: (name: string, rest: string) => assist.slash(name, rest),
  };
  const chat = registerChat({ ...conversing, ...keeping, ...acting }, disposables);
  const assist = registerAssist(
    {
      ...conversing,
      clock,
      self: context.extension.id,
      // Code is looked at in parts of a size that a model handles well, however much more a server would take.
      contextTokens: () =>
        control.hasEngine
          ? conversing.contextTokens()
          : Math.min(conversing.contextTokens(), assumedTokens()),
      askChat: (title, question, about) => chat.ask(title, question, about),
    },
    disposables,
  );
  stop = async () => {
    await Promise.all([control.stop(), chat.flush()]);
  };

  await control.configure();
  status.refresh();
  void models.firstRun().catch((error: unknown) => log.error(`The first question failed: ${String(error)}`));
  void gpuCommands
    .renewOutdated()
    .catch((error: unknown) => log.error(`The GPU support was not renewed: ${String(error)}`));
  return {
    traces: () => completion.traces,
    status: () => status.current,
    enginePid: () => control.enginePid,
    work: () => completion.work,
    engineWork: (after) => control.engineWork(after),
  };
}
