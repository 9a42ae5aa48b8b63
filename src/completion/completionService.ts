import { Emitter, type Listen } from "../base/emitter.ts";
import type { FimRequest } from "../model/modelClient.ts";
import type { ModelError } from "../model/modelErrors.ts";
import type { CursorSyntax } from "../syntax/syntaxService.ts";
import { Ahead } from "./ahead.ts";
import { sampleAlternatives, withAlternatives } from "./alternatives.ts";
import { type AnswerSituation, answerSituation } from "./answerSituation.ts";
import type { CompletionApi, CompletionQuery, CompletionResult } from "./completionApi.ts";
import { CompletionCache } from "./completionCache.ts";
import type { CompletionParts } from "./completionParts.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import { placeOf } from "./continuation.ts";
import { CursorParser } from "./cursorParser.ts";
import { Debouncer } from "./debouncer.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import { FileGates } from "./fileGates.ts";
import { asModelError, type Flight } from "./flight.ts";
import { withdrawnBecause } from "./flights.ts";
import { Generations } from "./generations.ts";
import { isInComment } from "./lineScan.ts";
import type { CompletionTrace, SilentReason } from "./outcome.ts";
import { OutcomeLog } from "./outcomeLog.ts";
import { type Answer, Presenter, type Request, silent } from "./presenter.ts";
import { RequestBuilder } from "./requestBuilder.ts";
import { withSelectedSuggestion } from "./selectedSuggestion.ts";
import { sharingRule } from "./sharing.ts";
import { sleep } from "./sleep.ts";
import { TraceBuilder } from "./traceBuilder.ts";
import { calmGate, silencesKnownAnswers, situationGate } from "./triggerFilter.ts";
import { type WorkFigures, WorkMeter } from "./workMeter.ts";

/** An answer that takes this many times the wanted latency is kept for later, but surprises nobody. */
const tooLateFactor = 20;

/** From a keystroke to ghost text. Holds at most one generation and one waiting request; the newest wins. */
export class CompletionService implements CompletionApi {
  readonly onTrace: Listen<CompletionTrace>;
  readonly #parts: CompletionParts;
  readonly #log = new OutcomeLog();
  readonly #files = new FileGates();
  readonly #cache = new CompletionCache();
  readonly #meter = new WorkMeter();
  readonly #grown = new Emitter<string>();
  readonly onGrown: Listen<string> = this.#grown.listen;
  readonly #presenter: Presenter;
  readonly #debouncer: Debouncer;
  readonly #parser: CursorParser;
  readonly #requests: RequestBuilder;
  readonly #generations: Generations;
  readonly #ahead: Ahead;
  #newest: AbortController | undefined;
  #lastTrace = 0;

  constructor(parts: CompletionParts) {
    this.#parts = parts;
    this.#debouncer = new Debouncer(parts.clock);
    this.#presenter = new Presenter(this.#cache, this.#debouncer, this.#meter);
    this.#parser = new CursorParser(parts.syntax, parts.clock, parts.log);
    this.#requests = new RequestBuilder(parts.contextProviders, parts.clock, parts.log);
    this.#generations = new Generations(
      parts.model,
      parts.clock,
      this.#cache,
      this.#requests,
      this.#meter,
      (place, answer) => this.#presenter.grown(place, answer) && this.#grown.fire(place.uri),
    );
    this.#ahead = new Ahead(parts, this.#cache, this.#generations, this.#parser);
    this.onTrace = this.#log.onTrace;
  }

  get traces(): readonly CompletionTrace[] {
    return this.#log.traces;
  }

  /** What completion has cost so far, in tokens. */
  get work(): WorkFigures {
    return this.#meter.figures;
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
    const { current } = this.#generations.flights;
    if (current || this.#files.reason(document, settings) || this.#isSnoozed()) return;
    await this.#ahead.read(async (signal) => {
      const ignored = settings.respectGitignore && (await this.#parts.isIgnored(document.path, document.uri));
      return ignored ? undefined : this.#build(document, settings, signal);
    });
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
    this.#ahead.stop();
    this.#generations.flights.current?.cancel();
    this.#grown.dispose();
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
    if (query.trigger === "automatic") this.#debouncer.keystroke();
    const effective = withSelectedSuggestion(query);
    if (!effective) return silent("suggest-widget-conflict");
    const { document } = effective;
    // Where there is a parser it decides about comments, once it has looked.
    const inComments = settings.inComments || this.#parser.supports(document.languageId);
    const calm = calmGate({ ...query, document }, { inComments });
    trace.stage("gates");
    const request = { query, effective, place: placeOf(document), settings, trace, signal };
    if (!calm || !silencesKnownAnswers(calm)) {
      const known = this.#presenter.known(request);
      trace.stage("known");
      if (known) return this.#followed(request, known);
    }
    if (calm && calm !== "after-accept") return this.#quiet(calm);
    const joined = await this.#joined(request);
    if (joined) return this.#followed(request, joined);
    if (calm) return this.#quiet(calm);
    this.#ahead.stop();
    return this.#followed(request, await this.#asked(request));
  }

  #quiet(reason: SilentReason): Answer {
    this.#ahead.stop();
    return silent(reason);
  }

  /** Sees to what comes after a suggestion that is shown now; while one is typed through that is under way. */
  #followed(request: Request, answer: Answer): Answer {
    if (answer.kind !== "shown" || answer.source === "typed-through") return answer;
    const { settings, effective } = request;
    const [shown] = answer.suggestions;
    if (!shown || request.query.trigger === "explicit") return answer;
    const text = shown.text.slice(effective.lead.length).replaceAll("\r\n", "\n");
    this.#ahead.prepare(request, text, shown.replaceRight, (document, signal) =>
      this.#build(document, settings, signal),
    );
    return answer;
  }

  #snoozeGate({ trigger }: CompletionQuery): SilentReason | undefined {
    return trigger === "automatic" && this.#isSnoozed() ? "snoozed" : undefined;
  }

  #isSnoozed(): boolean {
    return this.#parts.snoozedUntil() > Date.now();
  }

  async #joined(request: Request): Promise<Answer | undefined> {
    const { flights } = this.#generations;
    const flight = flights.current;
    if (!flight || request.query.trigger === "explicit") return undefined;
    const typed = flight.typedAt(request.place);
    if (typed === undefined) return undefined;
    const newest = this.#supersede();
    const end = await flights.wait(flight, flight.endOrDisagreement(typed), request.signal, newest.signal);
    request.trace.stage("join");
    if (typeof end === "string") return silent(end);
    if (end === undefined || end.kind === "cancelled") return undefined;
    if (end.kind === "failed") return this.#failed(end.error);
    const hit = this.#cache.find(request.place);
    return hit && this.#presenter.present(request, hit.answer, hit, typed === "" ? "model" : "joined");
  }

  async #asked(request: Request): Promise<Answer> {
    const { query, effective, settings, trace } = request;
    const { document } = effective;
    const newest = this.#supersede();
    const signal = AbortSignal.any([newest.signal, request.signal]);
    const askedAt = this.#parts.clock.now();
    const stopped = this.#stopRunning(query.trigger);
    const parsing = this.#parser.at(document, signal);
    const waited = this.#debounced(request, signal);
    const prompt = await this.#build(document, settings, signal);
    trace.stage("prompt");
    const mayBeComment = !settings.inComments && isInComment(document.languageId, document.prefix);
    if (!signal.aborted && query.trigger === "automatic" && !mayBeComment)
      void this.#ahead.read(() => prompt);
    await waited;
    await stopped;
    const syntax = await parsing;
    trace.stage("debounce");
    const refused = this.#refused(request, syntax, mayBeComment);
    if (signal.aborted || refused) {
      syntax?.dispose();
      return silent(refused ?? withdrawnBecause(newest.signal));
    }
    const situation = answerSituation(document, settings, query.trigger, syntax);
    const maxTokens = this.#requests.maxTokens(situation.mode, settings);
    const flight = this.#start(request, situation, { ...prompt, maxTokens });
    const answer = await this.#awaited(request, flight, askedAt, newest);
    if (query.trigger !== "explicit" || answer) return answer ?? silent("empty-answer");
    await this.#addAlternatives(request, flight, signal);
    const hit = this.#cache.find(request.place);
    return (hit && this.#presenter.present(request, hit.answer, hit, "model")) ?? silent("empty-answer");
  }

  #stopRunning(trigger: CompletionQuery["trigger"]): Promise<boolean> {
    const { flights } = this.#generations;
    if (flights.current && !flights.current.isAnswered && trigger === "automatic") this.#debouncer.wasted();
    return flights.stop();
  }

  #debounced({ query, effective, settings }: Request, signal: AbortSignal): Promise<void> {
    if (query.trigger === "explicit") return Promise.resolve();
    const { prefix } = effective.document;
    const lineLeft = prefix.slice(prefix.lastIndexOf("\n") + 1);
    return sleep(this.#parts.clock, this.#debouncer.waitMs({ lineLeft, bounds: settings.debounce }), signal);
  }

  /** The parser's word on comments, or that of a quick look where there is no parser's. */
  #refused(
    { query, settings }: Request,
    syntax: CursorSyntax | undefined,
    mayBeComment: boolean,
  ): SilentReason | undefined {
    if (settings.inComments || query.trigger === "explicit") return undefined;
    const inComment = syntax ? syntax.context.place === "comment" : mayBeComment;
    return inComment ? "in-comment" : undefined;
  }

  /** Undefined where the user asked for alternatives and waits for them too. */
  async #awaited(
    request: Request,
    flight: Flight,
    askedAt: number,
    newest: AbortController,
  ): Promise<Answer | undefined> {
    const { query, settings, trace, place } = request;
    const { clock } = this.#parts;
    const leftMs = Math.max(0, settings.targetLatencyMs - (clock.now() - askedAt));
    const hurry = query.trigger === "automatic" ? clock.after(leftMs, () => flight.hurry()) : undefined;
    const end = await this.#generations.flights.wait(flight, flight.answered, request.signal, newest.signal);
    hurry?.dispose();
    trace.stage("model");
    if (typeof end === "string") return silent(end);
    if (!end || end.kind === "cancelled") return silent(withdrawnBecause(newest.signal));
    if (end.kind === "failed") return this.#failed(end.error);
    if (query.trigger === "explicit") return undefined;
    if (clock.now() - askedAt > tooLateFactor * settings.targetLatencyMs) return silent("too-late");
    const hit = this.#cache.find(place);
    return hit && this.#presenter.present(request, hit.answer, hit, "model");
  }

  #start(request: Request, situation: AnswerSituation, prompt: FimRequest): Flight {
    const { place, trace, query, settings } = request;
    trace.asked(prompt);
    const flight = this.#generations.start({
      place,
      situation,
      prompt,
      quietness: query.trigger === "explicit" ? 0 : settings.quietness,
      mayGoOn: query.trigger === "automatic" && settings.maxLines > 1,
      onDigest: ({ raw, steps }) => {
        trace.rawText = raw;
        trace.steps.push(...steps);
      },
    });
    trace.usage = () => flight.usage;
    return flight;
  }

  /** Further samples for a user who asked, one generation after the other; without them the first answer stands. */
  async #addAlternatives(
    { place, trace, effective, settings }: Request,
    first: Flight,
    signal: AbortSignal,
  ): Promise<void> {
    await first.drained;
    if (signal.aborted) return;
    const syntax = await this.#parser.at(effective.document, signal);
    const situation = answerSituation(effective.document, settings, "explicit", syntax);
    try {
      const texts = await sampleAlternatives(this.#parts.model, first.request, situation, signal);
      const answer = this.#cache.get(place);
      if (answer && !signal.aborted) this.#cache.put(place, withAlternatives(answer, texts));
    } catch (error) {
      trace.steps.push("alternatives-failed");
      this.#tell(asModelError(error));
    } finally {
      syntax?.dispose();
      trace.stage("alternatives");
    }
  }

  #build(document: DocumentSnapshot, settings: CompletionSettings, signal: AbortSignal): Promise<FimRequest> {
    const mayShare = sharingRule(this.#files, settings, this.#parts.isIgnored);
    return this.#requests.build(document, settings, mayShare, signal);
  }

  #supersede(): AbortController {
    this.#newest?.abort();
    this.#newest = new AbortController();
    return this.#newest;
  }

  #failed(error: unknown): Answer {
    const modelError = asModelError(error);
    this.#tell(modelError);
    return { kind: "silent", reason: "model-error", detail: modelError.message };
  }

  #tell(error: ModelError): void {
    this.#parts.log.error(`Completion failed (${error.code}): ${error.message}`);
    this.#parts.onModelError(error);
  }
}
