import path from "node:path";
import { pathToFileURL } from "node:url";
import { systemClock } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import type { CompletionQuery } from "../../src/completion/completionApi.ts";
import { CompletionService } from "../../src/completion/completionService.ts";
import type { CompletionSettings } from "../../src/completion/completionSettings.ts";
import { namesMissing } from "../../src/completion/namesThatExist.ts";
import type { ContextQuery } from "../../src/context/contextProvider.ts";
import type { CursorHints } from "../../src/context/cursorHints.ts";
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
import { type CaseSources, type SourceName, WorkspaceSources } from "./workspaceSources.ts";

export interface PipelineOptions {
  readonly model: ModelClient;
  readonly syntax: SyntaxService;
  readonly log: Log;
  /** False shows whatever the pipeline would else hold back for lack of confidence. */
  readonly gate: boolean;
  /** Whether the typist is at rest where nothing is sure enough at once; false when absent. */
  readonly rested?: boolean;
  /** Overrides how quiet the default settings are, 0 to 1. */
  readonly quietness?: number;
  readonly sources: readonly SourceName[];
  /** Tells whether the last answer was replayed, so that its time says nothing. */
  readonly replayed?: () => boolean;
}

/** The extension's own pipeline with its default settings, at each case's cursor as after a typed character. */
export class PipelinePredictor implements Predictor {
  readonly #options: PipelineOptions;
  readonly #set: EvalSet;
  readonly #disk: WorkspaceOnDisk;
  readonly #sources: WorkspaceSources;

  constructor(set: EvalSet, options: PipelineOptions) {
    this.#options = options;
    this.#set = set;
    this.#disk = new WorkspaceOnDisk(set);
    this.#sources = new WorkspaceSources(set, options.syntax, options.log, options.sources);
  }

  async predict(each: EvalCase, signal: AbortSignal): Promise<Prediction> {
    const folder = await this.#disk.layOut(each);
    const uriOf = (file: string): string => pathToFileURL(path.join(folder, file)).href;
    const files = this.#set.workspaces.get(each.workspace) ?? [];
    const documents = openDocumentsOf(each, files, uriOf);
    // A service of its own per case, so that no case profits from what another one has left behind.
    const model = new CountingModel(this.#options.model);
    const document = snapshotOf(each, uriOf(each.path));
    const query = { ...document, line: document.position.line };
    const sources = await this.#sources.at(each, query, documents);
    const service = this.#service(model, sources);
    const start = performance.now();
    // The file has been open for a while, as in an editor: what is measured is the answer, not the reading of all of it.
    await service.warm(document);
    signal.throwIfAborted();
    const asked = performance.now();
    const asking: CompletionQuery = {
      document,
      trigger: "automatic",
      situation: { cursorCount: 1, hasSelection: false, lastChange: { kind: "typing", stale: false } },
    };
    const { suggestions: first, outcome } = await service.provide(asking, signal);
    const latency = rounded(performance.now() - asked);
    const [trace] = service.traces;
    // What is shown in time grows while it is read.
    await service.whole();
    const { suggestions: grown } = await service.provide({ ...asking, hasGrown: true }, signal);
    const suggestions = first.length > 0 && grown.length > 0 ? grown : first;
    service.dispose();
    signal.throwIfAborted();
    if (outcome.kind === "silent" && outcome.reason === "model-error") {
      throw new Error(`The model failed at ${each.id}: ${outcome.detail}`);
    }
    const replayed = this.#options.replayed?.() ?? false;
    const tokens = replayed ? { generated: model.generated } : await model.tokens(signal);
    const [suggestion] = suggestions;
    const completion = suggestion?.text.slice(suggestion.replaceLeft).replaceAll("\r\n", "\n") ?? "";
    return {
      id: each.id,
      completion,
      ...(replayed ? { replayed } : { latency_ms: latency }),
      ...(suggestion && (await nameMark(sources.judge, query, completion, signal))),
      shown: suggestion !== undefined,
      replace: suggestion?.replaceRight ?? 0,
      ...(trace?.confidence !== undefined && { confidence: trace.confidence }),
      ...(outcome.kind === "silent" && { reason: outcome.reason }),
      ...(outcome.kind === "silent" && outcome.detail && { detail: outcome.detail }),
      ...(tokens && { tokens }),
      ...(trace &&
        !replayed && {
          stages: {
            read: rounded(asked - start),
            ...Object.fromEntries(trace.stages.map(({ name, ms }) => [name, rounded(ms)])),
          },
        }),
      ...(trace && { steps: trace.steps }),
      ...(trace?.candidates && { candidates: trace.candidates }),
      ...(trace?.rawText !== undefined && { raw: trace.rawText }),
      ...(trace?.prompt && { context_paths: trace.prompt.contextPaths }),
    };
  }

  async dispose(): Promise<void> {
    this.#sources.dispose();
    await this.#disk.dispose();
  }

  #service(model: ModelClient, sources: CaseSources): CompletionService {
    const { syntax, log, gate, rested, quietness } = this.#options;
    const settings = { ...defaultSettings(gate), ...(quietness !== undefined && { quietness }) };
    return new CompletionService({
      model,
      syntax,
      log,
      clock: systemClock,
      settings: () => settings,
      snoozedUntil: () => 0,
      isIgnored: () => false,
      contextProviders: sources.providers,
      ...(sources.hints && { hints: sources.hints }),
      holdToMembers: this.#options.sources.includes("guided"),
      ...(rested && { restMs: 0 }),
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

/** Whether a shown member exists; nothing where the receiver's members are not all known. */
async function nameMark(
  judge: CursorHints,
  query: ContextQuery,
  text: string,
  signal: AbortSignal,
): Promise<Pick<Prediction, "unknown_name"> | undefined> {
  const offered = await judge.offered(query, judgeDeadlineMs, signal);
  return offered?.members.isComplete ? { unknown_name: namesMissing(text, { offered }) } : undefined;
}

const judgeDeadlineMs = 2_000;
