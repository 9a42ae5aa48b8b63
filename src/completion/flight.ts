import type { Clock } from "../base/clock.ts";
import { withdrawn } from "../base/withdrawn.ts";
import type { FimRequest, FinishReason, ModelClient, TokenProbability, Usage } from "../model/modelClient.ts";
import { asModelError, type ModelError } from "../model/modelErrors.ts";
import { type AnswerSituation, goingOnBelow } from "./answerSituation.ts";
import { agrees, type Place, typedSince } from "./continuation.ts";
import type { FlightEnd, FlightListener, FlightWays, Hurry, Prospect } from "./flightListener.ts";
import { LeadFilter } from "./healing.ts";
import { Paced } from "./paced.ts";
import { Progress } from "./progress.ts";
import { StreamCost } from "./streamCost.ts";
import { headEnd, type Trim, trimStream, trimUnfinishedLine, wholePart } from "./streamTrimmer.ts";
import { isOpen } from "./validText.ts";

/** Typed or taken: a block that was accepted counts as well. */
const mostTypedWhileRunning = 400;
/** What is whole so soon is not shown in parts. */
const wholeWithinMs = 150;
/** Lines that are generated beyond a line that was wanted. */
const streakLines = 4;

/** One generation under way. It outlives the request that started it, so that a later one can take its answer. */
export class Flight {
  readonly place: Place;
  readonly situation: AnswerSituation;
  readonly request: FimRequest;
  /** On the clock. */
  readonly startedAt: number;
  /** The typist may still be typing: what is unsure or needs further lines is set aside. */
  isEarly: boolean;
  /** So many characters of what it writes have been typed since. */
  typedAlong = 0;
  /** The answer is certain. */
  isAnswered = false;
  /** The beginning of a line that was still being written was handed over. */
  isBegun = false;
  /** Somebody waits for whose taste it has taken too long. */
  hurried: Hurry | undefined;
  /** It is written for a typist who rests, and for nobody who types on. */
  isForRest = false;
  /** All tokens that have come, the lead's too. */
  readonly spelled: TokenProbability[] = [];
  /** Resolves as soon as the answer is certain, which may be before the stream has ended. */
  readonly answered: Promise<FlightEnd>;
  /** Resolves when the model is free again, to what went wrong. */
  readonly drained: Promise<ModelError | undefined>;
  readonly #listener: FlightListener;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #progress = new Progress();
  readonly #tokens: TokenProbability[] = [];
  readonly #lead: LeadFilter;
  #resolve: (end: FlightEnd) => void;
  #raw = "";
  readonly #cost = new StreamCost();
  /** Whether the first line is whole, or all there is of it. */
  #isWhole = false;
  readonly #beginning: Paced;
  /** How much of the raw text has been handed to the listener. */
  #certain = 0;
  /** How what follows the answer is trimmed, once there is an answer. */
  #rest: AnswerSituation | undefined;

  constructor(
    model: ModelClient,
    place: Place,
    situation: AnswerSituation,
    request: FimRequest,
    listener: FlightListener,
    clock: Clock,
    { lead, isEarly }: FlightWays,
  ) {
    this.place = place;
    this.situation = situation;
    this.request = request;
    this.#listener = listener;
    this.#clock = clock;
    this.startedAt = clock.now();
    this.#beginning = new Paced(clock, wholeWithinMs, () => this.#begin());
    this.isEarly = isEarly;
    this.#lead = new LeadFilter(lead);
    const answer = Promise.withResolvers<FlightEnd>();
    this.answered = answer.promise;
    this.#resolve = answer.resolve;
    this.drained = this.#read(model);
  }

  /** What the generation cost; where the stream was cut before the backend told, the tokens that came and their time. */
  get usage(): Usage {
    return this.#cost.usage(this.#tokens.length);
  }

  /** All that the model has written, what stands in the document already included. */
  get written(): string {
    return this.#lead.isOpen ? this.#lead.beginning : this.#lead.text + this.#raw;
  }

  cancel(): void {
    this.#controller.abort(withdrawn);
  }

  /**
   * Time is up: the whole lines that are there count as the answer, else what can be shown of the first one. More follows.
   * @param how "heads" for who is typing it meanwhile: then a head counts too, before its block is there
   */
  hurry(how: Hurry): void {
    this.hurried = how;
    this.#answerEarly(how);
    this.#beginning.want();
  }

  /** What the user has typed since the start when the answer may still fit, else undefined. */
  typedAt(place: Place): string | undefined {
    if (this.#controller.signal.aborted) return undefined;
    const typed = typedSince(this.place, place, mostTypedWhileRunning);
    return typed !== undefined && agrees(this.#raw, typed) ? typed : undefined;
  }

  /**
   * Resolves to the end, or to undefined as soon as the stream disagrees with what was typed. Where the answer is
   * there already but typed to its end, waits for what follows.
   */
  async endOrDisagreement(typed: string): Promise<FlightEnd | undefined> {
    const end = this.answered.then(async (answer) => {
      await this.comes(() => this.#certain > typed.trimEnd().length);
      return answer;
    });
    const disagreement = this.comes(() => !agrees(this.#raw, typed));
    return Promise.race([end, disagreement.then(() => (agrees(this.#raw, typed) ? end : undefined))]);
  }

  /** Resolves as soon as `isThere`, which is asked whenever something has come, and at the end. */
  comes(isThere: () => boolean): Promise<void> {
    return this.#progress.comes(isThere);
  }

  async #read(model: ModelClient): Promise<ModelError | undefined> {
    let finish: FinishReason = "cancelled";
    let failure: ModelError | undefined;
    try {
      for await (const event of model.complete(this.request, this.#controller.signal)) {
        if (event.type === "done") {
          this.#cost.told(event.usage);
          finish = event.finishReason;
          continue;
        }
        if (this.#controller.signal.aborted || event.candidate !== 0) continue;
        this.#take(event.text, event.tokens ?? []);
      }
    } catch (error) {
      failure = this.#controller.signal.aborted ? undefined : asModelError(error);
      if (failure) this.#resolve({ kind: "failed", error: failure });
    }
    if (finish !== "cancelled" && !this.#controller.signal.aborted) this.#finish(finish);
    this.#resolve({ kind: "cancelled" });
    this.#beginning.dispose();
    this.#progress.end();
    return failure;
  }

  #take(written: string, probabilities: readonly TokenProbability[]): void {
    this.#cost.came(this.#clock.now());
    this.spelled.push(...probabilities);
    const behind = this.#lead.take(written, probabilities);
    if (behind === "differs") {
      this.#breakOff({ kind: "differs" });
      return;
    }
    const { text, tokens } = behind;
    this.#raw += text;
    this.#tokens.push(...tokens);
    if (this.#rest) this.#growWhereWhole(text);
    else {
      const trim = this.#trim(text, this.situation);
      if (trim) this.#answer(trim.end, trim.reason === "line-end");
      else this.#goOn(text, this.#listener.prospect(this.#raw, this.#tokens));
    }
    this.#progress.tell();
  }

  #goOn(added: string, prospect: Prospect): void {
    // A line has just ended that was wanted alone and does not stand alone.
    const isHead = added.includes("\n") && this.situation.mode === "line" && this.#raw.trim() !== "";
    if (prospect !== "open") this.#giveUp(prospect);
    else if (this.#listener.isCut(this.#raw, this.#tokens)) this.#answer(this.#raw.length, false);
    else if (this.isEarly && isHead) {
      if (this.typedAlong > 0) this.#answerEarly("heads");
      if (!this.isAnswered) this.#setAside();
    } else if (this.isEarly && this.#listener.isUnsure(this.#raw, this.#tokens)) this.#setAside();
    else if (this.hurried || this.isBegun) {
      if (added.includes("\n")) this.#answerEarly(this.hurried ?? "lines");
      this.#beginning.want();
    }
  }

  #setAside(): void {
    this.#breakOff({ kind: "unfinished", text: this.#raw.trimEnd() });
  }

  /** Nothing is shown at once. What there may be later is written to its end all the same. */
  #giveUp(prospect: "later" | "hopeless"): void {
    this.isAnswered = true;
    this.#certain = this.#raw.length;
    this.#resolve({ kind: "answer" });
    this.isForRest = prospect === "later";
    if (this.isForRest) this.#rest = this.situation;
    else this.#controller.abort(withdrawn);
  }

  /** Lines are looked at once, when they end. */
  #trim(added: string, situation: AnswerSituation): Trim | undefined {
    return added.includes("\n") ? trimStream(this.#raw, situation) : trimUnfinishedLine(this.#raw, situation);
  }

  #breakOff(end: FlightEnd): void {
    this.#resolve(end);
    this.#controller.abort(withdrawn);
  }

  #answer(end: number, mayGoOn: boolean): void {
    this.isAnswered = this.#isWhole = true;
    this.#certain = end;
    const goesOn = this.#listener.answered(this.#raw.slice(0, end), this.#tokens);
    this.#resolve({ kind: "answer" });
    if (!goesOn || !mayGoOn) {
      this.#controller.abort(withdrawn);
      return;
    }
    const { mode, mostLines } = this.situation;
    const lines = this.#raw.slice(0, end).split("\n").length + Math.min(streakLines, mostLines);
    const isBehindLine = mode === "line" && this.#raw[end] === "\n";
    this.#rest = isBehindLine ? goingOnBelow(this.situation, lines) : this.situation;
  }

  #answerEarly(hurried: Hurry): void {
    if (this.isAnswered) return;
    const { mode } = this.situation;
    const end = mode === "block" ? this.#raw.lastIndexOf("\n") : headEnd(this.#raw, this.situation);
    const whole = this.#raw.slice(0, Math.max(0, end));
    if (whole.trim() === "" || (mode === "block" && isOpen(whole, this.situation))) return;
    if (mode === "line") {
      // Who has typed the head already waits for what comes behind it.
      const isTyped = whole.trimEnd().length <= this.typedAlong;
      if (hurried === "lines" || isTyped || !this.#listener.isEnough(whole, this.#tokens)) return;
    }
    this.#answer(end, true);
  }

  /** Who may still be typing sees the whole line when it is there. */
  #begin(): void {
    const isWanted = this.hurried || this.isBegun;
    if (!isWanted || this.#isWhole || this.isEarly || this.#controller.signal.aborted) return;
    const end = this.#listener.begun(this.#raw, this.#tokens);
    if (end === undefined || end <= this.#certain) return;
    this.isBegun = true;
    this.#certain = end;
    this.#resolve({ kind: "answer" });
    this.#progress.tell();
  }

  #growWhereWhole(text: string): void {
    if (!this.#rest) return;
    const trim = this.#trim(text, this.#rest);
    if (trim || this.#listener.isCut(this.#raw, this.#tokens)) {
      this.#grow(trim?.end ?? this.#raw.length, true);
      this.#controller.abort(withdrawn);
    } else if (this.#listener.prospect(this.#raw, this.#tokens) === "hopeless")
      this.#controller.abort(withdrawn);
    else if (text.includes("\n")) {
      // What is open would be closed for the parser, and what follows would no longer go on with it.
      const end = this.#raw.lastIndexOf("\n");
      if (!isOpen(this.#raw.slice(0, end), this.#rest)) this.#grow(end, false);
    } else if (this.hurried || this.isBegun) this.#beginning.want();
  }

  #grow(end: number, isLast: boolean): void {
    if (end <= this.#certain && !isLast) return;
    this.#isWhole = true;
    this.#certain = Math.max(end, this.#certain);
    // What turned out unsure was not shown, so it may turn out to be of no use too.
    this.#listener.grown(this.#raw.slice(0, this.isForRest ? end : this.#certain), this.#tokens, isLast);
  }

  /** The stream has ended by itself. With a line end behind it, the last line counts as finished too. */
  #finish(reason: FinishReason): void {
    if (this.#lead.isOpen) {
      this.#breakOff({ kind: "differs" });
      return;
    }
    const trim = reason === "stop" ? trimStream(`${this.#raw}\n`, this.#rest ?? this.situation) : undefined;
    const end =
      reason === "length" ? wholePart(this.#raw) : Math.min(this.#raw.length, trim?.end ?? this.#raw.length);
    if (this.isAnswered) {
      if (this.#rest) this.#grow(end, true);
    } else this.#answer(end, false);
  }
}
