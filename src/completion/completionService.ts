import type { Listen } from "../base/emitter.ts";
import type { FimRequest } from "../model/modelClient.ts";
import { sampleAlternatives, withAlternatives } from "./alternatives.ts";
import { type AnswerSituation, answerSituation } from "./answerSituation.ts";
import type { CompletionApi, CompletionQuery, CompletionResult } from "./completionApi.ts";
import { CompletionCache } from "./completionCache.ts";
import type { CompletionParts } from "./completionParts.ts";
import { placeOf } from "./continuation.ts";
import { Debouncer } from "./debouncer.ts";
import { cachedAnswer, digest } from "./digest.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import { FileGates } from "./fileGates.ts";
import { asModelError, type Flight } from "./flight.ts";
import { Flights, withdrawnBecause } from "./flights.ts";
import type { CompletionTrace, SilentReason } from "./outcome.ts";
import { OutcomeLog } from "./outcomeLog.ts";
import { type Answer, Presenter, type Request, silent } from "./presenter.ts";
import { RequestBuilder } from "./requestBuilder.ts";
import { withSelectedSuggestion } from "./selectedSuggestion.ts";
import { sleep } from "./sleep.ts";
import { TraceBuilder } from "./traceBuilder.ts";
import { calmGate, silencesKnownAnswers, situationGate } from "./triggerFilter.ts";

/** From a keystroke to ghost text. Holds at most one generation and one waiting request; the newest wins. */
export class CompletionService implements CompletionApi {
  readonly onTrace: Listen<CompletionTrace>;
  readonly #parts: CompletionParts;
  readonly #log = new OutcomeLog();
  readonly #files = new FileGates();
  readonly #cache = new CompletionCache();
  readonly #presenter: Presenter;
  readonly #debouncer: Debouncer;
  readonly #flights: Flights;
  readonly #requests: RequestBuilder;
  #newest: AbortController | undefined;
  #warming: AbortController | undefined;
  #lastTrace = 0;

  constructor(parts: CompletionParts) {
    this.#parts = parts;
    this.#debouncer = new Debouncer(parts.clock);
    this.#presenter = new Presenter(this.#cache, this.#debouncer);
    this.#flights = new Flights(parts.model, parts.clock);
    this.#requests = new RequestBuilder(parts.contextProviders, parts.clock, parts.log);
    this.onTrace = this.#log.onTrace;
  }

  get traces(): readonly CompletionTrace[] {
    return this.#log.traces;
  }

  async provide(query: CompletionQuery, signal: AbortSignal): Promise<CompletionResult> {
    const trace = new TraceBuilder(++this.#lastTrace, query, this.#parts.clock);
    let answer: Answer;
    try {
      answer = await this.#answer(query, trace, signal);
    } catch (error) {
      answer = this.#failed(error);
    }
    trace.stage("answer");
    const suggestions = answer.kind === "shown" ? answer.suggestions : [];
    const outcome =
      answer.kind === "shown"
        ? { kind: answer.kind, source: answer.source, text: suggestions[0]?.text ?? "" }
        : answer;
    this.#log.add(trace.build(outcome));
    return { suggestions, outcome };
  }

  /** Evaluates the prompt ahead when a document is opened or the cursor rests; never throws. */
  async warm(document: DocumentSnapshot): Promise<void> {
    const settings = this.#parts.settings(document);
    if (this.#flights.current || this.#files.reason(document, settings) || this.#isSnoozed()) return;
    const warming = this.#rewarm();
    try {
      if (settings.respectGitignore && (await this.#parts.isIgnored(document.path, document.uri))) return;
      const { mode } = answerSituation(document, settings, "automatic");
      const request = await this.#requests.build(document, settings, mode, warming.signal);
      if (!warming.signal.aborted) await this.#parts.model.prefill(request, warming.signal);
    } catch (error) {
      if (!warming.signal.aborted) this.#parts.log.debug(`Warming up failed: ${String(error)}`);
    }
  }

  accepted(id: number, acceptedChars?: number): void {
    if (this.#presenter.accepted(id, acceptedChars)) this.#debouncer.accepted();
  }

  rejected(id: number): void {
    if (this.#presenter.rejected(id)) this.#debouncer.rejected();
  }

  /** Ends what runs; later calls of `provide` still work. */
  dispose(): void {
    this.#newest?.abort();
    this.#warming?.abort();
    this.#flights.current?.cancel();
    this.#log.dispose();
  }

  async #answer(query: CompletionQuery, trace: TraceBuilder, signal: AbortSignal): Promise<Answer> {
    const settings = this.#parts.settings(query.document);
    const gated =
      this.#files.reason(query.document, settings) ?? this.#snoozeGate(query) ?? situationGate(query);
    if (gated) return silent(gated);
    if (settings.respectGitignore) {
      const { path, uri } = query.document;
      const ignored = this.#parts.isIgnored(path, uri);
      if (ignored !== false && (await ignored)) return silent("ignored-file");
    }
    this.#warming?.abort();
    if (query.trigger === "automatic") this.#debouncer.keystroke();
    const effective = withSelectedSuggestion(query);
    if (!effective) return silent("suggest-widget-conflict");
    const calm = calmGate({ ...query, document: effective.document }, settings);
    trace.stage("gates");
    const request = { query, effective, place: placeOf(effective.document), settings, trace, signal };
    if (!calm || !silencesKnownAnswers(calm)) {
      const known = this.#presenter.known(request);
      trace.stage("known");
      if (known) return known;
    }
    if (calm) return silent(calm);
    return (await this.#joined(request)) ?? (await this.#asked(request));
  }

  #snoozeGate({ trigger }: CompletionQuery): SilentReason | undefined {
    return trigger === "automatic" && this.#isSnoozed() ? "snoozed" : undefined;
  }

  #isSnoozed(): boolean {
    return this.#parts.snoozedUntil() > Date.now();
  }

  async #joined(request: Request): Promise<Answer | undefined> {
    const flight = this.#flights.current;
    if (!flight || request.query.trigger === "explicit") return undefined;
    const typed = flight.typedAt(request.place);
    if (typed === undefined) return undefined;
    const newest = this.#supersede();
    const end = await this.#flights.wait(
      flight,
      flight.endOrDisagreement(typed),
      request.signal,
      newest.signal,
    );
    request.trace.stage("join");
    if (typeof end === "string") return silent(end);
    if (end === undefined || end.kind === "cancelled") return undefined;
    if (end.kind === "failed") return this.#failed(end.error);
    const hit = this.#cache.find(request.place);
    return hit && this.#presenter.present(request, hit.answer, hit, typed === "" ? "model" : "joined");
  }

  async #asked(request: Request): Promise<Answer> {
    const { query, effective, settings, trace, place } = request;
    const newest = this.#supersede();
    const signal = AbortSignal.any([newest.signal, request.signal]);
    const situation = answerSituation(effective.document, settings, query.trigger);
    const lineLeft = situation.lineLeft;
    const running = this.#flights.current;
    const stopped = this.#flights.stop();
    if (running && query.trigger === "automatic") this.#debouncer.wasted();
    const waitMs =
      query.trigger === "explicit" ? 0 : this.#debouncer.waitMs({ lineLeft, bounds: settings.debounce });
    const waited = sleep(this.#parts.clock, waitMs, signal);
    const prompt = await this.#requests.build(effective.document, settings, situation.mode, signal);
    trace.stage("prompt");
    if (!signal.aborted && waitMs > 0) this.#prefill(prompt);
    await waited;
    await stopped;
    trace.stage("debounce");
    if (signal.aborted) return silent(withdrawnBecause(newest.signal));
    trace.asked(prompt);
    const flight = this.#start(request, situation, prompt);
    const end = await this.#flights.wait(flight, flight.answered, request.signal, newest.signal);
    trace.stage("model");
    if (typeof end === "string") return silent(end);
    trace.usage = flight.usage;
    if (!end || end.kind === "cancelled") return silent(withdrawnBecause(newest.signal));
    if (end.kind === "failed") return this.#failed(end.error);
    if (query.trigger === "explicit") await this.#addAlternatives(request, situation, prompt, flight, signal);
    const hit = this.#cache.find(place);
    return (hit && this.#presenter.present(request, hit.answer, hit, "model")) ?? silent("empty-answer");
  }

  /** Starts a generation whose answer enters the cache, whoever still waits for it. */
  #start({ place, trace, query, settings }: Request, situation: AnswerSituation, prompt: FimRequest): Flight {
    const quietness = query.trigger === "explicit" ? 0 : settings.quietness;
    const flight = this.#flights.start(place, situation, prompt);
    void flight.drained.then(() => this.#requests.learn(prompt, flight.usage));
    void flight.answered.then((end) => {
      if (end.kind !== "answer") return;
      const digested = digest(end.raw, end.tokens, situation, quietness);
      trace.rawText = digested.raw;
      trace.steps.push(...digested.steps);
      this.#cache.put(place, cachedAnswer(digested));
    });
    return flight;
  }

  /** Further samples for a user who asked, one generation after the other. */
  async #addAlternatives(
    { place, trace }: Request,
    situation: AnswerSituation,
    prompt: FimRequest,
    first: Flight,
    signal: AbortSignal,
  ): Promise<void> {
    await first.drained;
    if (signal.aborted) return;
    const texts = await sampleAlternatives(this.#parts.model, prompt, situation, signal);
    trace.stage("alternatives");
    const answer = this.#cache.find(place)?.answer;
    if (answer && !signal.aborted) this.#cache.put(place, withAlternatives(answer, texts));
  }

  #supersede(): AbortController {
    this.#newest?.abort();
    this.#newest = new AbortController();
    return this.#newest;
  }

  #rewarm(): AbortController {
    this.#warming?.abort();
    this.#warming = new AbortController();
    return this.#warming;
  }

  /** Evaluates the prompt while the user may still type; the next key ends it. */
  #prefill(prompt: FimRequest): void {
    const { signal } = this.#rewarm();
    this.#parts.model.prefill(prompt, signal).catch((error: unknown) => {
      if (!signal.aborted) this.#parts.log.debug(`Prefill failed: ${String(error)}`);
    });
  }

  #failed(error: unknown): Answer {
    const modelError = asModelError(error);
    this.#parts.log.error(`Completion failed (${modelError.code}): ${modelError.message}`);
    this.#parts.onModelError(modelError);
    return { kind: "silent", reason: "model-error", detail: modelError.message };
  }
}
