import { withdrawn } from "../base/withdrawn.ts";
import type { Offered } from "../context/cursorHints.ts";
import type { FimRequest } from "../model/modelClient.ts";
import { asModelError, type ModelError } from "../model/modelErrors.ts";
import type { Ahead } from "./ahead.ts";
import { addAlternatives } from "./alternatives.ts";
import { type AnswerSituation, answerSituation } from "./answerSituation.ts";
import type { CompletionQuery } from "./completionApi.ts";
import type { CompletionCache } from "./completionCache.ts";
import type { CompletionParts } from "./completionParts.ts";
import type { Place } from "./continuation.ts";
import type { CursorParser } from "./cursorParser.ts";
import type { Debouncer } from "./debouncer.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import type { Flight } from "./flight.ts";
import type { FlightEnd } from "./flightListener.ts";
import { withdrawnBecause } from "./flights.ts";
import { Foresight } from "./foresight.ts";
import type { Generations } from "./generations.ts";
import { guided, type Healed } from "./healing.ts";
import { Pause } from "./pause.ts";
import { type Answer, type Presenter, type Request, silent } from "./presenter.ts";
import type { Prompts } from "./prompts.ts";
import type { RequestBuilder } from "./requestBuilder.ts";
import { quietAt, quietPlace } from "./triggerFilter.ts";

/** How long is waited for the members behind a dot, most of it while the debounce lasts anyway. */
const offeredDeadlineMs = 160;
/** Of the wanted latency; the rest passes before the first token of a generation and on the way to the screen. */
const shareUntilHurry = 0.6;
/** An answer that takes this many times the wanted latency is kept for later, but surprises nobody. */
const tooLateFactor = 30;

export interface AskingTools {
  readonly parts: CompletionParts;
  readonly cache: CompletionCache;
  readonly presenter: Presenter;
  readonly debouncer: Debouncer;
  readonly parser: CursorParser;
  readonly requests: RequestBuilder;
  readonly generations: Generations;
  readonly ahead: Ahead;
  readonly prompts: Prompts;
  readonly tell: (error: ModelError) => void;
}

/** A request as it goes to the model. */
export interface Question {
  readonly request: Request;
  readonly situation: AnswerSituation;
  readonly prompt: FimRequest;
  readonly askedAt: number;
  /** Aborts when a newer request comes. */
  readonly newest: AbortController;
}

/** The part of the way on which the model is asked, or an answer that is on its way is taken. The newest request wins. */
export class Asking {
  readonly #tools: AskingTools;
  readonly #foresight: Foresight;
  #newest: AbortController | undefined;

  constructor(tools: AskingTools) {
    this.#tools = tools;
    this.#foresight = new Foresight(tools);
  }

  /** Ends what waits. */
  stop(): void {
    this.#newest?.abort(withdrawn);
  }

  /** What was seen of answers says nothing of another model's. */
  forget(): void {
    this.#foresight.forget();
  }

  /** The answer of a generation that is under way, when it writes what the user types. */
  async joined(request: Request): Promise<Answer | undefined> {
    const { flights } = this.#tools.generations;
    const flight = flights.current;
    if (!flight || request.query.trigger === "explicit") return undefined;
    const typed = flight.typedAt(request.place);
    if (typed === undefined || (flight.isForRest && typed !== "")) return undefined;
    flight.typedAlong = typed.length;
    const newest = this.takeTurn();
    this.#restsAfter(new Pause(request, this.#tools.debouncer, this.#tools.parts), flight, newest.signal);
    const end = await flights.wait(flight, this.#comesAt(request.place, flight, typed), {
      signal: request.signal,
      newest: newest.signal,
      hurryAt: flight.startedAt + shareUntilHurry * request.settings.targetLatencyMs,
      hurry: typed === "" ? "lines" : "heads",
    });
    request.trace.stage("join");
    if (typeof end === "string") return silent(end);
    if (end?.kind === "failed") return this.failed(end.error);
    if (end?.kind !== "answer") return undefined;
    const hit = this.#tools.cache.find(request.place);
    return hit && this.#tools.presenter.present(request, hit.answer, hit, typed === "" ? "model" : "joined");
  }

  /** A beginning that is shown may not fit where the editor has closed what was typed; what goes on with it may. */
  async #comesAt(place: Place, flight: Flight, typed: string): Promise<FlightEnd | undefined> {
    const end = await flight.endOrDisagreement(typed);
    const { cache } = this.#tools;
    if (end?.kind === "answer")
      await flight.comes(() => flight.isAnswered || cache.find(place) !== undefined);
    return end;
  }

  /**
   * What was written for a typist who rests, beside the answer that was not sure enough, as soon as its first part can be
   * shown; undefined where nothing was.
   */
  async rested(request: Request, signal: AbortSignal): Promise<Answer | undefined> {
    const { cache, generations, presenter } = this.#tools;
    const [{ place }, { current }] = [request, generations.flights];
    if (current?.typedAt(place) === "") {
      current.hurry("lines");
      await current.comes(() => !!cache.get(place)?.rested?.text);
    }
    const rested = cache.get(place)?.rested;
    if (signal.aborted || !rested) return signal.aborted ? silent("cancelled") : undefined;
    const answer = presenter.present(request, rested, { typed: 0, replaceRight: 0 }, "model");
    if (answer?.kind !== "shown") return answer;
    // What was shown is what grows, and what is found where it is taken or typed through.
    cache.put(place, rested);
    if (current) current.isForRest = false;
    return answer;
  }

  /** The answer of a generation of its own, after the debounce. */
  async asked(request: Request): Promise<Answer> {
    const { query, effective, settings, trace } = request;
    const { document } = effective;
    const newest = this.takeTurn();
    const signal = AbortSignal.any([newest.signal, request.signal]);
    const askedAt = this.#tools.parts.clock.now();
    const stopped = this.#stopRunning(query.trigger);
    const parsing = this.#tools.parser.at(document, signal);
    const offering = this.#offered(document, signal);
    const pause = new Pause(request, this.#tools.debouncer, this.#tools.parts);
    const prompt = await this.#tools.prompts.at(document, settings, signal);
    trace.stage("prompt");
    const quiet = quietPlace(document, settings);
    const mayRead = !signal.aborted && query.trigger === "automatic" && !quiet;
    const healing = this.#tools.prompts.healed(prompt, document);
    const foreseen = mayRead ? this.#tools.ahead.readOnce(healing.prompt) : Promise.resolve([]);
    const syntax = await parsing;
    // A full stop in a string or comment asks for no member.
    const offered = (syntax?.context.place ?? "code") === "code" ? await offering : undefined;
    if (offered) trace.offered(offered);
    const refused = query.trigger === "explicit" ? undefined : quietAt(syntax, settings, quiet);
    const situation = {
      ...answerSituation(document, settings, query.trigger, syntax),
      ...(offered && (offered.isConstruction ? { constructible: offered } : { offered })),
    };
    const asking = { request, situation, prompt, askedAt, newest };
    const outlook = this.#foresight.outlook(asking, foreseen, healing);
    const seen = refused ? undefined : await pause.end(outlook, signal);
    await stopped;
    trace.stage("debounce");
    if (signal.aborted || refused) {
      syntax?.dispose();
      return silent(refused ?? withdrawnBecause(newest.signal));
    }
    if (seen?.kind === "hopeless") return this.#foresight.givenUp(asking, seen);
    const answer = await this.#generated(asking, seen?.sureness ? pause : undefined, signal);
    if (answer) return answer;
    if (query.trigger !== "explicit") return silent("empty-answer");
    await this.#tools.generations.flights.sample(addAlternatives(this.#tools, asking, signal));
    const hit = this.#tools.cache.find(request.place);
    return (
      (hit && this.#tools.presenter.present(request, hit.answer, hit, "model")) ?? silent("empty-answer")
    );
  }

  /**
   * Asks from the beginning of a half-typed word first, and as it stands where the model writes another word.
   * @param early given where the typist may still be typing: what needs many lines then waits for the pause's end.
   */
  async #generated(
    question: Question,
    early: Pause | undefined,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const { request, situation, prompt, newest } = question;
    const held = this.#tools.parts.holdToMembers && situation.offered;
    const healing =
      (held && guided(prompt, held)) || this.#tools.prompts.healed(prompt, request.effective.document);
    const flight = this.#start(question, healing, early !== undefined);
    if (early) this.#restsAfter(early, flight, signal);
    const answer = await this.#awaited(question, flight);
    if (answer !== "differs" && answer !== "unfinished") return answer;
    await flight.drained;
    if (answer === "unfinished") await early?.rest(signal);
    const again = signal.aborted ? undefined : await this.#parsed(question, signal);
    if (!again) return silent(withdrawnBecause(newest.signal));
    const other = answer === "differs" ? { prompt, lead: "" } : healing;
    const whole = await this.#awaited(again, this.#start(again, other, false));
    return whole === "differs" || whole === "unfinished" ? undefined : whole;
  }

  /** Asked before the debounce, so that a language server has answered when it ends. */
  #offered({ position, ...document }: DocumentSnapshot, signal: AbortSignal): Promise<Offered | undefined> {
    const query = { ...document, line: position.line };
    return this.#tools.parts.hints?.offered(query, offeredDeadlineMs, signal) ?? Promise.resolve(undefined);
  }

  /** The question with a view of the parser that lasts as long as another generation; undefined when withdrawn. */
  async #parsed(question: Question, signal: AbortSignal): Promise<Question | undefined> {
    const { syntax: _, ...situation } = question.situation;
    const syntax = await this.#tools.parser.at(question.request.effective.document, signal);
    if (!signal.aborted) return { ...question, situation: { ...situation, ...(syntax && { syntax }) } };
    syntax?.dispose();
    return undefined;
  }

  /** A flight that started early is an ordinary one from the end of the pause on, unless a further key comes. */
  #restsAfter(pause: Pause, flight: Flight, signal: AbortSignal): void {
    void pause.rest(signal).then(() => {
      if (!signal.aborted) flight.isEarly = false;
    });
  }

  #stopRunning(trigger: CompletionQuery["trigger"]): Promise<boolean> {
    const { flights } = this.#tools.generations;
    const { current } = flights;
    if (current && !current.isAnswered && !current.isBegun && trigger === "automatic")
      this.#tools.debouncer.wasted({ isSure: current.isEarly });
    return flights.stop();
  }

  /** Undefined where the user asked for alternatives and waits for them too. */
  async #awaited(
    { request, askedAt, newest }: Question,
    flight: Flight,
  ): Promise<Answer | "differs" | "unfinished" | undefined> {
    const { query, settings, trace, place } = request;
    const { clock } = this.#tools.parts;
    const end = await this.#tools.generations.flights.wait(flight, flight.answered, {
      signal: request.signal,
      newest: newest.signal,
      ...(query.trigger === "automatic" && {
        hurryAt: askedAt + shareUntilHurry * settings.targetLatencyMs,
      }),
    });
    trace.stage("model");
    if (typeof end === "string") return silent(end);
    if (!end || end.kind === "cancelled") return silent(withdrawnBecause(newest.signal));
    if (end.kind === "failed") return this.failed(end.error);
    if (end.kind === "differs" || end.kind === "unfinished") return end.kind;
    if (query.trigger === "explicit") return undefined;
    if (clock.now() - askedAt > tooLateFactor * settings.targetLatencyMs) return silent("too-late");
    const hit = this.#tools.cache.find(place);
    return hit && this.#tools.presenter.present(request, hit.answer, hit, "model");
  }

  #start({ request, situation }: Question, { prompt: unsized, lead }: Healed, isEarly: boolean): Flight {
    const { place, trace, query, settings } = request;
    const maxTokens = this.#tools.requests.maxTokens(situation.mode, settings);
    const prompt = { ...unsized, maxTokens };
    trace.asked(prompt);
    const flight = this.#tools.generations.start({
      place,
      situation,
      prompt,
      lead,
      isEarly,
      quietness: query.trigger === "explicit" ? 0 : settings.quietness,
      restedQuietness: request.restedQuietness,
      mayGoOn: query.trigger === "automatic" && settings.maxLines > 1,
      onDigest: (digest) => trace.digested(digest),
    });
    trace.usage = () => flight.usage;
    this.#foresight.wrote(flight);
    void flight.answered.then((end) => {
      if (end.kind === "unfinished") this.#foresight.setAside(place, end.text);
    });
    if (lead !== "") void flight.drained.then(() => this.#tools.prompts.wrote(prompt, flight.written));
    return flight;
  }

  failed(error: unknown): Answer {
    const modelError = asModelError(error);
    this.#tools.tell(modelError);
    return { kind: "silent", reason: "model-error", detail: modelError.message };
  }

  /** Withdraws the request that waits; the controller aborts when the next one comes. */
  takeTurn(): AbortController {
    this.#newest?.abort(withdrawn);
    this.#newest = new AbortController();
    return this.#newest;
  }
}
