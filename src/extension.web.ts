import * as vscode from "vscode";
import { systemClock } from "./base/clock.ts";
import { DisposableStore } from "./base/disposable.ts";
import { indexHere } from "./chat/indexSeat.ts";
import type { CompletionTrace } from "./completion/outcome.ts";
import { SecretScan } from "./context/secretScan.ts";
import { BrowserModels, explainMissingCommands, sayMissing } from "./editor/browserHost.ts";
import { editorFolder } from "./editor/chat/editorFolder.ts";
import { chatsFolder, registerChat } from "./editor/chat/registerChat.ts";
import { registerCommands } from "./editor/commands.ts";
import { filePolicy } from "./editor/filePolicy.ts";
import { IgnoredFiles } from "./editor/ignoredFiles.ts";
import { ModelControl } from "./editor/modelControl.ts";
import { ModelErrorReports } from "./editor/modelErrorReports.ts";
import { placeText } from "./editor/place.ts";
import { registerCompletion } from "./editor/registerCompletion.ts";
import { ServerKeys } from "./editor/secrets.ts";
import { registerServer } from "./editor/server/registerServer.ts";
import { chatServer, ServerContext } from "./editor/serverContext.ts";
import { Settings } from "./editor/settings.ts";
import { Snooze } from "./editor/snooze.ts";
import type { Status } from "./editor/status.ts";
import { StatusBar } from "./editor/statusBar.ts";
import { StatusTracker } from "./editor/statusTracker.ts";
import { keptTaste } from "./editor/taste.ts";
import { usableFiles } from "./editor/usableFiles.ts";
import { WhyNothing } from "./editor/whyNothing.ts";
import { usualContext } from "./model/catalogue.ts";
import { grammarFileName, runtimeFileName } from "./syntax/languages.ts";
import { TreeSitterSyntax } from "./syntax/treeSitterSyntax.ts";

/** What tests may look at. */
export interface WispWebApi {
  /** Newest first. */
  readonly traces: () => readonly CompletionTrace[];
  readonly status: () => Status;
}

/**
 * Composition root of the build for VS Code in a browser: suggestions and chat come from a server. What needs programs
 * or a disk (the engine, finding and fixing bugs with their checks) is not in it and says so.
 */
export async function activate(context: vscode.ExtensionContext): Promise<WispWebApi> {
  const disposables = new DisposableStore();
  context.subscriptions.push(disposables);
  const clock = systemClock;
  const log = disposables.add(vscode.window.createOutputChannel("Wisp", { log: true }));

  const settings = disposables.add(new Settings(log, 1));
  const keys = new ServerKeys(context.secrets);
  const snooze = disposables.add(new Snooze(clock, () => Date.now()));
  const reports = disposables.add(new ModelErrorReports(log));
  const control = disposables.add(
    new ModelControl({ embedded: undefined, settings, keys, reports, clock, log }),
  );
  const serverContext = disposables.add(
    new ServerContext({
      server: () => chatServer(settings.machine, keys, clock),
      backend: control.backend,
      log,
    }),
  );
  const models = new BrowserModels(settings, context.globalState);
  const grammar = (name: string): Promise<Uint8Array> =>
    Promise.resolve(
      vscode.workspace.fs.readFile(vscode.Uri.joinPath(context.extensionUri, "dist", "grammars", name)),
    );
  const grammars = {
    runtime: () => grammar(runtimeFileName),
    grammar: (name: Parameters<typeof grammarFileName>[0]) => grammar(grammarFileName(name)),
  };
  const syntax = disposables.add(new TreeSitterSyntax(grammars, log));
  const ignored = disposables.add(new IgnoredFiles(log));
  const taste = keptTaste(context.globalState);
  const { completion, events } = registerCompletion(
    { self: context.extension.id, control, settings, snooze, reports, ignored, syntax, taste, clock, log },
    disposables,
  );

  const place = placeText({ remoteName: vscode.env.remoteName, isLocal: true, inBrowser: true });
  const bar = disposables.add(new StatusBar("wisp.showMenu", place));
  const sources = { clock, settings, snooze, control, reports, download: models };
  const status = disposables.add(new StatusTracker(sources, (now) => bar.show(now)));
  const why = disposables.add(new WhyNothing(completion, events, taste));
  registerCommands(
    { settings, snooze, keys, events, control, reports, models, why, completion, taste, channel: log },
    disposables,
  );
  const serverParts = { settings, keys, memory: context.globalState, clock, log, place, inBrowser: true };
  registerServer(serverParts, disposables);
  const secrets = new SecretScan();
  const mayUse = filePolicy(settings, ignored);
  registerChat(
    {
      context,
      log,
      folder: editorFolder(chatsFolder(context)),
      startIndex: indexHere,
      model: () => control.backend,
      modelName: () => control.name,
      onModelChange: control.onChange,
      contextTokens: () => serverContext.tokens ?? usualContext,
      mayUse,
      findFiles: usableFiles(settings, ignored, { mayUse }),
      maskSecrets: (text) => secrets.mask(text),
      propose: async () => sayMissing("Apply"),
      slash: async () => undefined,
    },
    disposables,
  );
  await explainMissingCommands(context, disposables);

  await control.configure();
  status.refresh();
  void models.firstRun().catch((error: unknown) => log.error(`The first question failed: ${String(error)}`));
  return { traces: () => completion.traces, status: () => status.current };
}
