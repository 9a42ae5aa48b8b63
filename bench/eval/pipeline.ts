import path from "node:path";
import { pathToFileURL } from "node:url";
import { systemClock } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import { CompletionService } from "../../src/completion/completionService.ts";
import type { CompletionSettings } from "../../src/completion/completionSettings.ts";
import type { ContextProvider } from "../../src/context/contextProvider.ts";
import type { OpenDocuments } from "../../src/context/openDocuments.ts";
import { SimilarSnippets } from "../../src/context/similarSnippets.ts";
import { completionSettingsOf } from "../../src/editor/settingValues.ts";
import type { ModelClient } from "../../src/model/modelClient.ts";
import type { SyntaxService } from "../../src/syntax/syntaxService.ts";
import type { EvalCase, EvalSet } from "./cases.ts";
import { CountingModel } from "./countingModel.ts";
import type { Prediction } from "./predictions.ts";
import { type Predictor, rounded } from "./predictor.ts";
import { snapshotOf } from "./snapshot.ts";
import { openDocumentsOf } from "./sourceDocuments.ts";
import { WorkspaceOnDisk } from "./workspaceOnDisk.ts";

export interface PipelineOptions {
  readonly model: ModelClient;
  readonly syntax: SyntaxService;
  readonly log: Log;
  /** False shows whatever the pipeline would else hold back for lack of confidence. */
  readonly gate: boolean;
}

/** The extension's own pipeline with its default settings, at each case's cursor as after a typed character. */
export class PipelinePredictor implements Predictor {
  readonly #options: PipelineOptions;
  readonly #set: EvalSet;
  readonly #disk: WorkspaceOnDisk;

  constructor(set: EvalSet, options: PipelineOptions) {
    this.#options = options;
    this.#set = set;
    this.#disk = new WorkspaceOnDisk(set);
  }

  async predict(each: EvalCase, signal: AbortSignal): Promise<Prediction> {
    const folder = await this.#disk.layOut(each);
    const uriOf = (file: string): string => pathToFileURL(path.join(folder, file)).href;
    const files = this.#set.workspaces.get(each.workspace) ?? [];
    const documents = openDocumentsOf(each, files, uriOf);
    // A service of its own per case, so that no case profits from what another one has left behind.
    const model = new CountingModel(this.#options.model);
    const service = this.#service(model, documents);
    const document = snapshotOf(each, uriOf(each.path));
    const start = performance.now();
    const { suggestions, outcome } = await service.provide(
      {
        document,
        trigger: "automatic",
        situation: { cursorCount: 1, hasSelection: false, lastChange: { kind: "typing", stale: false } },
      },
      signal,
    );
    const latency = rounded(performance.now() - start);
    const [trace] = service.traces;
    service.dispose();
    signal.throwIfAborted();
    if (outcome.kind === "silent" && outcome.reason === "model-error") {
      throw new Error(`The model failed at ${each.id}: ${outcome.detail}`);
    }
    const tokens = await model.tokens(signal);
    const [suggestion] = suggestions;
    return {
      id: each.id,
      completion: suggestion?.text.slice(suggestion.replaceLeft).replaceAll("\r\n", "\n") ?? "",
      latency_ms: latency,
      shown: suggestion !== undefined,
      replace: suggestion?.replaceRight ?? 0,
      ...(trace?.confidence !== undefined && { confidence: trace.confidence }),
      ...(outcome.kind === "silent" && { reason: outcome.reason }),
      ...(outcome.kind === "silent" && outcome.detail && { detail: outcome.detail }),
      ...(tokens && { tokens }),
      ...(trace && { stages: Object.fromEntries(trace.stages.map(({ name, ms }) => [name, rounded(ms)])) }),
      ...(trace && { steps: trace.steps }),
      ...(trace?.rawText !== undefined && { raw: trace.rawText }),
      ...(trace?.prompt && { context_paths: trace.prompt.contextPaths }),
    };
  }

  dispose(): Promise<void> {
    return this.#disk.dispose();
  }

  #service(model: ModelClient, documents: OpenDocuments): CompletionService {
    const { syntax, log, gate } = this.#options;
    const settings = defaultSettings(gate);
    return new CompletionService({
      model,
      syntax,
      log,
      clock: systemClock,
      settings: () => settings,
      snoozedUntil: () => 0,
      isIgnored: () => false,
      contextProviders: contextProviders(documents),
      onModelError: (error) => log.error(error.message),
    });
  }
}

/** What a new user gets, but without waiting for further keys. */
function defaultSettings(gate: boolean): CompletionSettings {
  const settings = completionSettingsOf(
    () => undefined,
    () => {},
    false,
  );
  return { ...settings, debounce: { minMs: 0, maxMs: 0 }, ...(!gate && { quietness: 0 }) };
}

/** The sources of context that work without an editor. */
function contextProviders(documents: OpenDocuments): ContextProvider[] {
  return [new SimilarSnippets(documents)];
}
