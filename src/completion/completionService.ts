import type { Listen } from "../base/emitter.ts";
import type { ModelError } from "../model/modelErrors.ts";
import { Ahead } from "./ahead.ts";
import { Asking } from "./asking.ts";
import type { CompletionApi, CompletionQuery, CompletionResult } from "./completionApi.ts";
import { CompletionCache } from "./completionCache.ts";
import type { CompletionParts } from "./completionParts.ts";
import { placeOf } from "./continuation.ts";
import { CursorParser } from "./cursorParser.ts";
import { Debouncer } from "./debouncer.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import { FileGates } from "./fileGates.ts";
import { withdrawnBecause } from "./flights.ts";
import { Generations } from "./generations.ts";
import { namesMissing } from "./namesThatExist.ts";
import type { CompletionTrace, SilentReason } from "./outcome.ts";
import { OutcomeLog } from "./outcomeLog.ts";
import { type Answer, Presenter, type Request, silent } from "./presenter.ts";
import { Prompts } from "./prompts.ts";
import { RequestBuilder } from "./requestBuilder.ts";
import { Rest } from "./rest.ts";
import { withSelectedSuggestion } from "./selectedSuggestion.ts";
import { Taste } from "./taste.ts";
import { TraceBuilder } from "./traceBuilder.ts";
import { calmGate, silencesKnownAnswers, situationGate } from "./triggerFilter.ts";
import { type WorkFigures, WorkMeter } from "./workMeter.ts";

/** The editor goes on painting what it has while a server that is asked for members takes its time. */
const membersDeadlineMs = 160;
const nameDue = /(?:\.|->|::|\bnew\s+)[\p{L}\p{N}_$]*$/u;

/** From a keystroke to ghost text. Holds at most one generation and one waiting request; the newest wins. */
export class CompletionService implements CompletionApi {
  readonly onTrace: Listen<CompletionTrace>;
  readonly onGrown: Listen<string>;
  readonly #parts: CompletionParts;
  readonly #log = new OutcomeLog();
  readonly #files = new FileGates();
  readonly #cache = new CompletionCache();
  readonly #meter = new WorkMeter();
  readonly #presenter: Presenter;
  readonly #debouncer: Debouncer;
  readonly #parser: CursorParser;
  readonly #prompts: Prompts;
  readonly #generations: Generations;
  readonly #ahead: Ahead;
  readonly #asking: Asking;
  readonly #rest: Rest;
  #lastTrace = 0;

  constructor(parts: CompletionParts) {
    this.#parts = parts;
    this.#debouncer = new Debouncer(parts.clock);
    const taste = parts.taste ?? new Taste();
    this.#presenter = new Presenter(this.#cache, this.#debouncer, this.#meter, taste);
    this.#parser = new CursorParser(parts.syntax, parts.clock, parts.log);
    const requests = new RequestBuilder(parts.contextProviders, parts.clock, parts.log);
    this.#prompts = new Prompts(parts, requests, this.#files);
    this.#generations = new Generations(
      parts.model,
      parts.clock,
      this.#cache,
      requests,
      this.#meter,
      taste,
      (place, answer) => this.#presenter.grown(place, answer),
      (error) => this.#tell(error),
    );
    this.#ahead = new Ahead(parts, this.#cache, this.#generations, this.#parser);
    this.#asking = new Asking({
      parts,
      cache: this.#cache,
      presenter: this.#presenter,
      debouncer: this.#debouncer,
      parser: this.#parser,
      requests,
      generations: this.#generations,
      ahead: this.#ahead,
      prompts: this.#prompts,
      tell: (error) => this.#tell(error),
    });
    this.#rest = new Rest(parts, this.#asking);
    this.onTrace = this.#log.onTrace;
    this.onGrown = this.#presenter.onGrown;
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
      answer = this.#asking.failed(error);
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

  /** Parses and evaluates the prompt of the next key ahead when a document is opened or the cursor rests; never throws. */
  async warm(document: DocumentSnapshot): Promise<void> {
    const settings = this.#parts.settings(document);
    const { current } = this.#generations.flights;
    const isSaving = (this.#parts.saving?.() ?? "nothing") !== "nothing";
    if (current || isSaving || this.#files.reason(document, settings) || this.#isSnoozed()) return;
    await this.#ahead.read(async (signal) => {
      const ignored = settings.respectGitignore && (await this.#parts.isIgnored(document.path, document.uri));
      if (ignored) return undefined;
      // The first parse of a file may take longer than a key's request waits for it.
      void this.#parser.at(document, signal).then((syntax) => syntax?.dispose());
      return this.#prompts.ofNextKey(document, settings, signal);
    });
  }

  /** Resolves when what was given for the last query grows no more. */
  async whole(): Promise<void> {
    const { current } = this.#generations.flights;
    await current?.comes(() => current.isAnswered && !current.isBegun && current.situation.mode === "line");
  }

  accepted(id: number, acceptedChars?: number): void {
    if (this.#presenter.accepted(id, acceptedChars)) this.#debouncer.accepted();
  }

  putAway(): void {
    this.#presenter.forget();
  }

  rejected(id: number): void {
    if (this.#presenter.rejected(id)) this.#debouncer.rejected();
  }

  /** Forgets answers: another model, or other settings, may answer otherwise at the same places. */
  forget(): void {
    this.#generations.flights.current?.cancel();
    this.#cache.clear();
    this.#presenter.forget();
    this.#ahead.forget();
    this.#asking.forget();
    this.#prompts.forget();
    this.#rest.stop();
  }

  /** Ends what runs; later calls of `provide` still work. */
  dispose(): void {
    this.#asking.stop();
    this.#ahead.stop();
    this.#generations.flights.current?.cancel();
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
    if (query.trigger === "automatic" && !query.hasGrown) this.#debouncer.keystroke();
    const effective = withSelectedSuggestion(query);
    if (!effective) return silent("suggest-widget-conflict");
    const { document } = effective;
    // Where there is a parser it decides about comments and strings, once it has looked.
    const isParsed = this.#parser.supports(document.languageId);
    const inComments = settings.inComments || isParsed;
    const inStrings = settings.inStrings || isParsed;
    const calm = calmGate({ ...query, document }, { inComments, inStrings });
    trace.stage("gates");
    const restedQuietness = this.#rest.quietness({ query, settings });
    const request = { query, effective, place: placeOf(document), settings, restedQuietness, trace, signal };
    if (query.hasGrown) {
      if (calm && silencesKnownAnswers(calm)) return silent(calm);
      return this.#followed(request, this.#presenter.continued(request) ?? silent("superseded"));
    }
    let mayJoin = true;
    if (!calm || !silencesKnownAnswers(calm)) {
      const known = this.#presenter.known(request);
      const isWrong = known && (await this.#namesMissing(request, known));
      trace.stage("known");
      if (signal.aborted) return silent("cancelled");
      if (known && !isWrong) return this.#followed(request, known);
      if (isWrong) this.#presenter.forget();
      mayJoin = !isWrong;
    }
    if (calm && calm !== "after-accept") return this.#quiet(calm);
    const joined = mayJoin ? await this.#asking.joined(request) : undefined;
    if (joined && !(await this.#namesMissing(request, joined))) return this.#followed(request, joined);
    if (signal.aborted) return silent("cancelled");
    if (joined) this.#presenter.forget();
    this.#ahead.stopPreparing();
    if (calm) return this.#followed(request, await this.#afterAccept(request));
    return this.#followed(request, await this.#asking.asked(request));
  }

  /** Whether an answer names what does not exist: it may have been begun before the dot or the `new` was typed. */
  async #namesMissing({ effective, signal }: Request, known: Answer): Promise<boolean> {
    const { document, lead } = effective;
    const [shown] = known.kind === "shown" ? known.suggestions : [];
    if (!this.#parts.hints || !shown || !nameDue.test(document.prefix)) return false;
    const query = { ...document, line: document.position.line };
    const offered = await this.#parts.hints.offered(query, membersDeadlineMs, signal);
    if (!offered) return false;
    const named = offered.isConstruction ? { constructible: offered } : { offered };
    return namesMissing(shown.text.slice(lead.length), named);
  }

  /** What comes below the text that was just taken, where it was not prepared while that was read. */
  async #afterAccept(request: Request): Promise<Answer> {
    const { effective, settings, restedQuietness, trace } = request;
    const newest = this.#asking.takeTurn();
    const signal = AbortSignal.any([newest.signal, request.signal]);
    // It writes what comes after something else.
    await this.#generations.flights.stop();
    const prompt = await this.#prompts.at(effective.document, settings, signal);
    trace.stage("prompt");
    const flight = await this.#ahead.goOn(settings, effective.document, prompt, signal, { restedQuietness });
    if (!flight) return silent(signal.aborted ? withdrawnBecause(newest.signal) : "after-accept");
    trace.asked(flight.request);
    trace.usage = () => flight.usage;
    return (await this.#asking.joined(request)) ?? silent("after-accept");
  }

  #quiet(reason: SilentReason): Answer {
    this.#ahead.stop();
    return silent(reason);
  }

  /** Sees to what comes after a suggestion that is shown now; while one is typed through that is under way. */
  async #followed(request: Request, first: Answer): Promise<Answer> {
    const answer = await this.#rest.after(request, first);
    if (answer.kind !== "shown" || answer.source === "typed-through") return answer;
    const { settings, effective } = request;
    const [shown] = answer.suggestions;
    if (!shown || request.query.trigger === "explicit") return answer;
    const text = shown.text.slice(effective.lead.length).replaceAll("\r\n", "\n");
    this.#ahead.prepare(request, text, shown.replaceRight, (document, signal) =>
      this.#prompts.at(document, settings, signal, effective.document.position.line),
    );
    return answer;
  }

  #snoozeGate({ trigger }: CompletionQuery): SilentReason | undefined {
    if (trigger === "explicit") return undefined;
    if (this.#isSnoozed()) return "snoozed";
    return this.#parts.saving?.() === "off" ? "on-battery" : undefined;
  }

  #isSnoozed(): boolean {
    return this.#parts.snoozedUntil() > Date.now();
  }

  #tell(error: ModelError): void {
    this.#parts.log.error(`Completion failed (${error.code}): ${error.message}`);
    this.#parts.onModelError(error);
  }
}
