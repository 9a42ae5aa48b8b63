import type { Offered } from "../context/cursorHints.ts";
import type { FimRequest } from "../model/modelClient.ts";
import type { ModelError } from "../model/modelErrors.ts";
import type { CursorSyntax } from "../syntax/syntaxService.ts";
import type { Ahead } from "./ahead.ts";
import { sampleAlternatives, withAlternatives } from "./alternatives.ts";
import { type AnswerSituation, answerSituation } from "./answerSituation.ts";
import type { CompletionQuery } from "./completionApi.ts";
import type { CompletionCache } from "./completionCache.ts";
import type { CompletionParts } from "./completionParts.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import type { CursorParser } from "./cursorParser.ts";
import type { Debouncer } from "./debouncer.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import type { FileGates } from "./fileGates.ts";
import { asModelError, type Flight } from "./flight.ts";
import { withdrawnBecause } from "./flights.ts";
import type { Generations } from "./generations.ts";
import { guided, type Healed, HealingMemory, healed } from "./healing.ts";
import { isInComment } from "./lineScan.ts";
import type { SilentReason } from "./outcome.ts";
import { type Answer, type Presenter, type Request, silent } from "./presenter.ts";
import type { RequestBuilder } from "./requestBuilder.ts";
import { sharingRule } from "./sharing.ts";
import { sleep } from "./sleep.ts";

/** How long is waited for the members behind a dot, most of it while the debounce lasts anyway. */
const offeredDeadlineMs = 160;
/** An answer that takes this many times the wanted latency is kept for later, but surprises nobody. */
const tooLateFactor = 30;
/** On battery a pause has to be longer before it costs anything. */
const quietPatience = 2;

export interface AskingTools {
  readonly parts: CompletionParts;
  readonly cache: CompletionCache;
  readonly presenter: Presenter;
  readonly debouncer: Debouncer;
  readonly parser: CursorParser;
  readonly requests: RequestBuilder;
  readonly generations: Generations;
  readonly ahead: Ahead;
  readonly files: FileGates;
  readonly tell: (error: ModelError) => void;
}

/** A request as it goes to the model. */
interface Question {
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
  readonly #healing = new HealingMemory();
  #newest: AbortController | undefined;

  constructor(tools: AskingTools) {
    this.#tools = tools;
  }

  /** Ends what waits. */
  stop(): void {
    this.#newest?.abort();
  }

  /** The answer of a generation that is under way, when it writes what the user types. */
  async joined(request: Request): Promise<Answer | undefined> {
    const { flights } = this.#tools.generations;
    const flight = flights.current;
    if (!flight || request.query.trigger === "explicit") return undefined;
    const typed = flight.typedAt(request.place);
    if (typed === undefined) return undefined;
    const newest = this.takeTurn();
    const end = await flights.wait(flight, flight.endOrDisagreement(typed), {
      signal: request.signal,
      newest: newest.signal,
      hurryAt: flight.startedAt + request.settings.targetLatencyMs,
    });
    request.trace.stage("join");
    if (typeof end === "string") return silent(end);
    if (end === undefined || end.kind === "cancelled" || end.kind === "differs") return undefined;
    if (end.kind === "failed") return this.failed(end.error);
    const hit = this.#tools.cache.find(request.place);
    return hit && this.#tools.presenter.present(request, hit.answer, hit, typed === "" ? "model" : "joined");
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
    const waited = this.#debounced(request, signal);
    const prompt = await this.prompt(document, settings, signal);
    trace.stage("prompt");
    const mayBeComment = !settings.inComments && isInComment(document.languageId, document.prefix);
    if (!signal.aborted && query.trigger === "automatic" && !mayBeComment)
      this.#tools.ahead.readOnce(this.#healed(prompt, document).prompt);
    await waited;
    await stopped;
    const syntax = await parsing;
    trace.stage("debounce");
    const offered = await offering;
    const refused = this.#refused(request, syntax, mayBeComment);
    if (signal.aborted || refused) {
      syntax?.dispose();
      return silent(refused ?? withdrawnBecause(newest.signal));
    }
    const situation = {
      ...answerSituation(document, settings, query.trigger, syntax),
      ...(offered && { offered }),
    };
    const asking = { request, situation, prompt, askedAt, newest };
    const answer = await this.#generated(asking, signal);
    if (answer) return answer;
    if (query.trigger !== "explicit") return silent("empty-answer");
    await this.#addAlternatives(request, prompt, signal);
    const hit = this.#tools.cache.find(request.place);
    return (
      (hit && this.#tools.presenter.present(request, hit.answer, hit, "model")) ?? silent("empty-answer")
    );
  }

  /** Asks from the beginning of a half-typed word first, and as it stands where the model writes another word. */
  async #generated(
    { request, situation, prompt, askedAt, newest }: Question,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const { document } = request.effective;
    const held = this.#tools.parts.holdToMembers && situation.offered;
    const healing = (held && guided(prompt, held)) || this.#healed(prompt, document);
    const flight = this.#start(request, situation, healing.prompt, healing.lead);
    const answer = await this.#awaited(request, flight, askedAt, newest);
    if (answer !== "differs") return answer;
    await flight.drained;
    if (signal.aborted) return silent(withdrawnBecause(newest.signal));
    const again = await this.#parsed(situation, document, signal);
    if (signal.aborted) {
      again.syntax?.dispose();
      return silent(withdrawnBecause(newest.signal));
    }
    const plain = await this.#awaited(request, this.#start(request, again, prompt, ""), askedAt, newest);
    return plain === "differs" ? undefined : plain;
  }

  /** Asked before the debounce, so that a language server has answered when it ends. */
  #offered({ position, ...document }: DocumentSnapshot, signal: AbortSignal): Promise<Offered | undefined> {
    const query = { ...document, line: position.line };
    return this.#tools.parts.hints?.offered(query, offeredDeadlineMs, signal) ?? Promise.resolve(undefined);
  }

  /** The prompt without the word that is half typed, unless the model is known to want another word there. */
  #healed(prompt: FimRequest, { prefix, suffix }: DocumentSnapshot): Healed {
    const plain = { prompt, lead: "" };
    if (this.#tools.parts.tokenHealing === false || /^[\p{L}\p{N}_$]/u.test(suffix)) return plain;
    const healing = healed(prompt, prefix);
    return this.#healing.mayHelp(healing) ? healing : plain;
  }

  /** The situation with a view of the parser that lasts as long as another generation. */
  async #parsed(
    { syntax: _, ...situation }: AnswerSituation,
    document: DocumentSnapshot,
    signal: AbortSignal,
  ): Promise<AnswerSituation> {
    const syntax = await this.#tools.parser.at(document, signal);
    return { ...situation, ...(syntax && { syntax }) };
  }

  #stopRunning(trigger: CompletionQuery["trigger"]): Promise<boolean> {
    const { flights } = this.#tools.generations;
    if (flights.current && !flights.current.isAnswered && trigger === "automatic")
      this.#tools.debouncer.wasted();
    return flights.stop();
  }

  #debounced({ query, effective, settings }: Request, signal: AbortSignal): Promise<void> {
    if (query.trigger === "explicit") return Promise.resolve();
    const { prefix } = effective.document;
    const lineLeft = prefix.slice(prefix.lastIndexOf("\n") + 1);
    const { clock, saving } = this.#tools.parts;
    const waitMs = this.#tools.debouncer.waitMs({ lineLeft, bounds: settings.debounce });
    return sleep(clock, saving?.() === "quiet" ? waitMs * quietPatience : waitMs, signal);
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
  ): Promise<Answer | "differs" | undefined> {
    const { query, settings, trace, place } = request;
    const { clock } = this.#tools.parts;
    const end = await this.#tools.generations.flights.wait(flight, flight.answered, {
      signal: request.signal,
      newest: newest.signal,
      ...(query.trigger === "automatic" && { hurryAt: askedAt + settings.targetLatencyMs }),
    });
    trace.stage("model");
    if (typeof end === "string") return silent(end);
    if (!end || end.kind === "cancelled") return silent(withdrawnBecause(newest.signal));
    if (end.kind === "failed") return this.failed(end.error);
    if (end.kind === "differs") return "differs";
    if (query.trigger === "explicit") return undefined;
    if (clock.now() - askedAt > tooLateFactor * settings.targetLatencyMs) return silent("too-late");
    const hit = this.#tools.cache.find(place);
    return hit && this.#tools.presenter.present(request, hit.answer, hit, "model");
  }

  #start(request: Request, situation: AnswerSituation, unsized: FimRequest, lead: string): Flight {
    const { place, trace, query, settings } = request;
    const maxTokens = this.#tools.requests.maxTokens(situation.mode, settings);
    const prompt = { ...unsized, maxTokens };
    trace.asked(prompt);
    const flight = this.#tools.generations.start({
      place,
      situation,
      prompt,
      lead,
      quietness: query.trigger === "explicit" ? 0 : settings.quietness,
      mayGoOn: query.trigger === "automatic" && settings.maxLines > 1,
      onDigest: ({ raw, steps, candidates }) => {
        trace.rawText = raw;
        trace.candidates = candidates;
        trace.steps.push(...steps);
      },
    });
    trace.usage = () => flight.usage;
    if (lead !== "") void flight.drained.then(() => this.#healing.wrote(prompt, flight.written));
    return flight;
  }

  /** Further samples for a user who asked, one generation after the other; without them the first answer stands. */
  async #addAlternatives(
    { place, trace, effective, settings }: Request,
    prompt: FimRequest,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#tools.generations.flights.current?.drained;
    if (signal.aborted) return;
    const syntax = await this.#tools.parser.at(effective.document, signal);
    const situation = answerSituation(effective.document, settings, "explicit", syntax);
    try {
      const maxTokens = this.#tools.requests.maxTokens(situation.mode, settings);
      const sized = { ...prompt, maxTokens };
      const texts = await sampleAlternatives(this.#tools.parts.model, sized, situation, signal);
      const answer = this.#tools.cache.get(place);
      if (answer && !signal.aborted) this.#tools.cache.put(place, withAlternatives(answer, texts));
    } catch (error) {
      trace.steps.push("alternatives-failed");
      this.#tools.tell(asModelError(error));
    } finally {
      syntax?.dispose();
      trace.stage("alternatives");
    }
  }

  prompt(document: DocumentSnapshot, settings: CompletionSettings, signal: AbortSignal): Promise<FimRequest> {
    const mayShare = sharingRule(this.#tools.files, settings, this.#tools.parts.isIgnored);
    return this.#tools.requests.build(document, settings, mayShare, signal);
  }

  failed(error: unknown): Answer {
    const modelError = asModelError(error);
    this.#tools.tell(modelError);
    return { kind: "silent", reason: "model-error", detail: modelError.message };
  }

  /** Withdraws the request that waits; the controller aborts when the next one comes. */
  takeTurn(): AbortController {
    this.#newest?.abort();
    this.#newest = new AbortController();
    return this.#newest;
  }
}
