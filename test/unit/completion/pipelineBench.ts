import { silentLog } from "../../../src/base/log.ts";
import type { CompletionQuery } from "../../../src/completion/completionApi.ts";
import type { CompletionParts } from "../../../src/completion/completionParts.ts";
import { CompletionService } from "../../../src/completion/completionService.ts";
import type { CompletionSettings } from "../../../src/completion/completionSettings.ts";
import type { DocumentSnapshot } from "../../../src/completion/documentSnapshot.ts";
import type {
  CompletionEvent,
  FimRequest,
  ModelClient,
  TokenProbability,
  Usage,
} from "../../../src/model/modelClient.ts";
import type { ModelError } from "../../../src/model/modelErrors.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

export const defaultSettings: CompletionSettings = {
  enabled: true,
  enableByLanguage: { "*": true },
  maxLines: 8,
  debounce: { minMs: 75, maxMs: 400 },
  excludeGlobs: [],
  respectGitignore: true,
  inComments: true,
  inStrings: true,
  maxPromptTokens: 900,
  targetLatencyMs: 500,
  quietness: 0.5,
};

/** A model in memory that answers by `script`, one character at a time unless told otherwise, and counts what it is asked. */
export class ScriptedModel implements ModelClient {
  readonly requests: FimRequest[] = [];
  readonly prefills: FimRequest[] = [];
  running = 0;
  mostRunning = 0;
  probability = 1;
  probabilityOf: (character: string) => number = () => this.probability;
  script: (request: FimRequest) => string;
  /** What comes as one token. */
  split: (text: string) => Iterable<string> = (text) => text;
  /** When set, each token waits for a call of {@link step}. */
  stepwise = false;
  /** When set, a generation that is withdrawn ends only after it. */
  closing: Promise<void> | undefined;
  fail: ModelError | undefined;
  /** When set, the next token does not come any more. */
  breaks: ModelError | undefined;
  /** Fails only requests for which this holds. */
  failsFor: (request: FimRequest) => boolean = () => true;
  /** Characters that were taken from the model. */
  written = 0;
  /** What each generation tells that it cost. */
  usage: Usage = { promptTokens: 100 };
  /** Called before each token, for a test that lets time go by meanwhile. */
  onCharacter: () => void = () => {};
  readonly abortedPrefills: FimRequest[] = [];
  /** What a prefill tells of the first token. */
  foreseen: (request: FimRequest) => readonly TokenProbability[] | undefined = () => [];
  /** When set, a prefill lasts until it is aborted. */
  slowPrefill = false;
  readonly #steps: (() => void)[] = [];

  constructor(script: (request: FimRequest) => string) {
    this.script = script;
  }

  step(count = 1): void {
    for (let index = 0; index < count; index++) this.#steps.shift()?.();
  }

  async *complete(request: FimRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    this.requests.push(request);
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      if (this.fail && this.failsFor(request)) throw this.fail;
      for (const text of this.split(this.script(request))) {
        if (this.stepwise) await this.#next(signal);
        if (this.breaks) throw this.breaks;
        this.onCharacter();
        if (signal.aborted) {
          await this.closing;
          return yield { type: "done", finishReason: "cancelled", usage: {} };
        }
        this.written += text.length;
        yield {
          type: "delta",
          candidate: 0,
          text,
          tokens: [{ text, probability: this.probabilityOf(text) }],
        };
      }
      yield { type: "done", finishReason: "stop", usage: this.usage };
    } finally {
      this.running--;
    }
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#steps.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  async prefill(request: FimRequest, signal: AbortSignal): Promise<readonly TokenProbability[] | undefined> {
    this.prefills.push(request);
    if (!this.slowPrefill) return this.foreseen(request);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    this.abortedPrefills.push(request);
    return [];
  }

  async *chat(): AsyncIterable<CompletionEvent> {
    yield { type: "done", finishReason: "stop", usage: {} };
  }

  async countTokens(): Promise<undefined> {
    return undefined;
  }

  async weigh(): Promise<undefined> {
    return undefined;
  }
}

/** A request at the end of `prefix`. */
export function requestAt(prefix: string): FimRequest {
  const wanted = { maxTokens: 8, temperature: 0, candidates: 1, stop: [] };
  return { context: [], path: "a.ts", prefix, suffix: "", ...wanted };
}

export function documentAt(text: string, more: Partial<DocumentSnapshot> = {}): DocumentSnapshot {
  const cursor = text.indexOf("⟦⟧");
  const prefix = cursor < 0 ? text : text.slice(0, cursor);
  const suffix = cursor < 0 ? "" : text.slice(cursor + 2);
  const lines = prefix.split("\n");
  return {
    uri: "file:///w/a.ts",
    path: "a.ts",
    languageId: "typescript",
    version: 1,
    eol: "\n",
    prefix,
    suffix,
    position: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 },
    lineCount: lines.length + suffix.split("\n").length - 1,
    length: prefix.length + suffix.length,
    indentation: { insertSpaces: true, tabSize: 2 },
    ...more,
  };
}

export function queryAt(document: DocumentSnapshot, more: Partial<CompletionQuery> = {}): CompletionQuery {
  const situation = {
    cursorCount: 1,
    hasSelection: false,
    lastChange: { kind: "typing", stale: false },
  } as const;
  return { document, trigger: "automatic", situation, ...more };
}

/** Of a machine that writes faster than people type. */
export const fastUsage: Usage = { promptTokens: 100, completionTokens: 30, decodeMs: 1_000 };

export function bench(script: (request: FimRequest) => string, parts: Partial<CompletionParts> = {}) {
  const model = new ScriptedModel(script);
  const clock = new FakeClock();
  const service = new CompletionService({
    model,
    clock,
    log: silentLog,
    settings: () => defaultSettings,
    snoozedUntil: () => 0,
    isIgnored: () => false,
    contextProviders: [],
    onModelError: () => {},
    // Most scripts answer the document as it is.
    tokenHealing: false,
    ...parts,
  });
  const settle = async () => {
    for (let turn = 0; turn < 60; turn++) await Promise.resolve();
  };
  const ask = async (query: CompletionQuery, signal = new AbortController().signal) => {
    const asked = service.provide(query, signal);
    await settle();
    clock.advance(2_000);
    return asked;
  };
  return { model, clock, service, settle, ask };
}
