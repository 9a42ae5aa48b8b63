import type { Clock } from "../base/clock.ts";
import type { FimRequest, ModelClient, TokenProbability } from "../model/modelClient.ts";
import type { ModelError } from "../model/modelErrors.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import type { CachedAnswer, CompletionCache, Worth } from "./completionCache.ts";
import type { Place } from "./continuation.ts";
import { awaitsMembers, cachedAnswer, type Digest, digest, digestBeginning } from "./digest.ts";
import type { Flight } from "./flight.ts";
import { Flights } from "./flights.ts";
import { type Outlook, outlookOf } from "./outlook.ts";
import { hasUnlikelyLine, mayBeShown } from "./quietness.ts";
import type { RequestBuilder } from "./requestBuilder.ts";
import type { Taste } from "./taste.ts";
import type { WorkMeter } from "./workMeter.ts";

/** Slower machines write what was asked for and nothing beyond: hardly a token comes between two keys there. */
const leastTokensPerSecond = 8;
const tokensBeyond = 40;
const tokensEarly = 4;
/** Before a pause, and where nobody has asked yet, an answer has to be likelier by this factor. */
const surer = 1.2;
/** What has come as far as this is cheaper to end than to begin again. */
const tokensOfBet = 6;
const charactersPerToken = 3.3;

export interface Generation {
  readonly place: Place;
  readonly situation: AnswerSituation;
  readonly prompt: FimRequest;
  /** Text left of the cursor that the prompt leaves out and the model has to write first. */
  readonly lead?: string;
  /** Started before a pause: what needs many lines is not worth it yet. */
  readonly isEarly?: boolean;
  /** Nobody has asked for it yet: it has to begin surer. */
  readonly isBet?: boolean;
  readonly quietness: number;
  /** The lower bar for a typist who rests; absent where a rest brings nothing. */
  readonly restedQuietness?: number | undefined;
  /** Whether what follows the answer is of use too, when the machine has the time for it. */
  readonly mayGoOn: boolean;
  readonly onDigest?: (digest: Digest) => void;
}

/** Starts generations and keeps what they bring, whoever still waits for it. */
export class Generations {
  readonly flights: Flights;
  readonly #cache: CompletionCache;
  readonly #requests: RequestBuilder;
  readonly #meter: WorkMeter;
  readonly #taste: Taste;
  readonly #onGrown: (place: Place, answer: CachedAnswer) => void;
  readonly #onFailure: (error: ModelError) => void;

  /**
   * @param onGrown is called when an answer that was already given has grown.
   * @param onFailure of what went wrong behind an answer that was already given.
   */
  constructor(
    model: ModelClient,
    clock: Clock,
    cache: CompletionCache,
    requests: RequestBuilder,
    meter: WorkMeter,
    taste: Taste,
    onGrown: (place: Place, answer: CachedAnswer) => void,
    onFailure: (error: ModelError) => void,
  ) {
    this.flights = new Flights(model, clock);
    this.#cache = cache;
    this.#requests = requests;
    this.#meter = meter;
    this.#taste = taste;
    this.#onGrown = onGrown;
    this.#onFailure = onFailure;
  }

  /** Whether the machine has time for work that nobody has asked for yet. */
  get mayRisk(): boolean {
    return this.isFast && this.#meter.mayRisk(tokensBeyond);
  }

  /** The same where it is probably of use. */
  get mayRiskLittle(): boolean {
    return this.isFast && this.#meter.mayRisk(tokensEarly);
  }

  /**
   * Whether decoding may begin before a pause, which is for nothing when the typist goes on with something else: as a slow
   * machine's text comes too late for the next key, it waits for the pause.
   */
  get mayHurry(): boolean {
    const { speed } = this.#requests;
    return speed.decode >= leastTokensPerSecond && this.#meter.mayRisk(tokensEarly);
  }

  get isFast(): boolean {
    const { speed } = this.#requests;
    return speed.isKnown && speed.decode >= leastTokensPerSecond;
  }

  /** What the tokens with which an answer may begin, and what was `written` to its prompt before, say of it. */
  outlook(
    foreseen: readonly TokenProbability[],
    lead: string,
    situation: AnswerSituation,
    quietness: number,
    written: readonly TokenProbability[] = [],
  ): Outlook {
    return outlookOf(foreseen, lead, situation, quietness, this.#taste, written);
  }

  /** Keeps for `place` what comes of an answer of which no more than the hopeless beginning will ever be known. */
  giveUp(
    {
      place,
      situation,
      quietness,
      onDigest,
    }: Pick<Generation, "place" | "situation" | "quietness" | "onDigest">,
    { text, tokens }: Extract<Outlook, { kind: "hopeless" }>,
  ): void {
    const answer = digest(text, tokens, situation, quietness, this.#taste);
    onDigest?.(answer);
    // Looking again costs next to nothing, and what stands far away or in other files may have changed by then.
    this.#cache.put(place, { ...cachedAnswer(answer, situation), isProvisional: true });
  }

  /** Takes over the situation's syntax and disposes it in the end. */
  start({
    place,
    situation,
    prompt,
    lead = "",
    isEarly = false,
    isBet = false,
    quietness,
    restedQuietness,
    mayGoOn,
    onDigest,
  }: Generation): Flight {
    const worth: Worth = { tokens: 0, shownTokens: 0, keptTokens: 0 };
    let isForRest = false;
    /** Whether what is kept ends within its line, which then is shown when it is whole. */
    let isPart = false;
    const digested = (
      raw: string,
      tokens: Parameters<typeof digest>[1],
      bar = quietness,
      how: typeof digest = digest,
    ): Digest => {
      worth.tokens = tokens.length || Math.ceil(raw.length / charactersPerToken);
      const answer = how(raw, tokens, situation, bar, this.#taste);
      if (typeof answer.result === "string") {
        this.#meter.kept(worth.tokens - worth.keptTokens);
        worth.keptTokens = worth.tokens;
      }
      return answer;
    };
    const kept = (answer: Digest): CachedAnswer => {
      const isLostBet = isBet && restedQuietness === undefined && typeof answer.result !== "string";
      return { ...cachedAnswer(answer, situation), worth, ...(isLostBet && { isLostBet }) };
    };
    /** What is shown of a line grows to the whole; where that cannot be shown, the place is answered so from now on. */
    const cameToEnd = (answer: Digest): void => {
      isPart = false;
      if (!this.#grow(place, situation, answer, "shown")) this.#cache.put(place, kept(answer));
    };
    const keepForRest = (raw: string, tokens: Parameters<typeof digest>[1]): void => {
      const answer = digested(raw, tokens, restedQuietness);
      const atOnce = this.#cache.get(place);
      if (atOnce?.silent)
        this.#cache.put(place, { ...atOnce, rested: { ...cachedAnswer(answer, situation), worth } });
      else if (isPart) cameToEnd(answer);
      else this.#grow(place, situation, answer);
      isPart = false;
    };
    /** Whether an answer for a typist who rests goes on; of one that does not, the beginning may be sure enough. */
    const lasts = (raw: string, tokens: Parameters<typeof digest>[1]): boolean => {
      const may = mayBeShown(raw, tokens, situation, restedQuietness ?? quietness, this.#taste);
      if (!may) keepForRest(raw, tokens);
      return may;
    };
    const flight = this.flights.start(
      place,
      situation,
      prompt,
      {
        prospect: (raw, tokens) => {
          const may = (bar: number): boolean => mayBeShown(raw, tokens, situation, bar, this.#taste);
          if (isForRest) return lasts(raw, tokens) ? "open" : "hopeless";
          if (flight.isAnswered || quietness === 0) return "open";
          if (may(quietness)) {
            // A bet that is lost is not remembered: it says nothing of what is shown to who asks.
            const isDecided = isBet && restedQuietness === undefined && tokens.length <= tokensOfBet;
            return isDecided && !may(Math.min(1, surer * quietness)) ? "hopeless" : "open";
          }
          const answer = digested(raw, tokens);
          onDigest?.(answer);
          if (flight.isBegun) {
            cameToEnd(answer);
            return "hopeless";
          }
          this.#cache.put(place, kept(answer));
          if (restedQuietness === undefined || typeof answer.result === "string") return "hopeless";
          isForRest = !flight.isEarly && !awaitsMembers(situation);
          return isForRest && lasts(raw, tokens) ? "later" : "hopeless";
        },
        isCut: (raw, tokens) =>
          hasUnlikelyLine(raw, tokens, isForRest ? (restedQuietness ?? quietness) : quietness),
        isEnough: (raw, tokens) => {
          const { result } = digest(raw, tokens, situation, quietness, this.#taste);
          // What the parser wants behind it (`;` behind a head is a declaration) is not what comes.
          return typeof result === "string" && raw.includes(result.trim());
        },
        isUnsure: (raw, tokens) =>
          tokens.length <= tokensOfBet &&
          !mayBeShown(raw, tokens, situation, Math.min(1, surer * quietness), this.#taste) &&
          // Its beginning can be shown, which is soon decided.
          typeof digest(raw, tokens, situation, quietness, this.#taste).result !== "string",
        begun: (raw, tokens) => {
          const atOnce = this.#cache.get(place);
          if (tokens.length === 0 || quietness === 0 || atOnce?.rested?.text) return undefined;
          const bar = isForRest ? restedQuietness : quietness;
          const answer = digested(raw, tokens, bar, digestBeginning);
          if (typeof answer.result !== "string") return undefined;
          onDigest?.(answer);
          isPart = true;
          const part = { ...cachedAnswer(answer, situation), worth, isPart };
          if (flight.isBegun && !atOnce?.silent) this.#grow(place, situation, answer, "shown", isPart);
          else this.#cache.put(place, isForRest && atOnce ? { ...atOnce, rested: part } : part);
          return raw.length - raw.trimStart().length + answer.result.trim().length;
        },
        answered: (raw, tokens) => {
          const answer = digested(raw, tokens);
          onDigest?.(answer);
          if (flight.isBegun) cameToEnd(answer);
          else this.#cache.put(place, kept(answer));
          if (typeof answer.result !== "string") {
            if (flight.isBegun) return false;
            const isUnsure = answer.result.dropped === "low-confidence";
            if (isUnsure && restedQuietness !== undefined && !awaitsMembers(situation))
              keepForRest(raw, tokens);
            return false;
          }
          if (situation.lineRight.trim() !== "") return false;
          // The rest of a block of which a part is shown was asked for; lines beyond a line are a bet.
          if (situation.mode === "block") return flight.isBegun || this.#meter.mayRisk(tokensBeyond);
          return mayGoOn && (!flight.isEarly || flight.typedAlong > 0) && this.mayRisk;
        },
        grown: (raw, tokens) => {
          if (isForRest) keepForRest(raw, tokens);
          else this.#grow(place, situation, digested(raw, tokens));
        },
      },
      { lead, isEarly },
    );
    void flight.drained.then((failure) => {
      this.#meter.spent(flight.usage);
      this.#requests.learn(prompt, flight.usage);
      situation.syntax?.dispose();
      if (isPart) this.#dropPart(place);
      // Who asked has its answer, or a part of it, already.
      if (failure && (flight.isAnswered || flight.isBegun)) this.#onFailure(failure);
    });
    return flight;
  }

  /** Nobody writes on at it, so the place has to be asked again. */
  #dropPart(place: Place): void {
    const { rested: _, ...atOnce } = this.#cache.get(place) ?? { isPart: true };
    if ("text" in atOnce && !atOnce.isPart) this.#cache.put(place, atOnce);
    else this.#cache.delete(place);
  }

  /** False where it is not longer than what there was. @param how "kept": behind a line it is for the next key. */
  #grow(
    place: Place,
    { mode }: AnswerSituation,
    { result, ownLength, confidence }: Digest,
    how: "shown" | "kept" = mode === "block" ? "shown" : "kept",
    isPart = false,
  ): boolean {
    const before = this.#cache.get(place);
    if (!before || before.silent || typeof result !== "string") return false;
    if (result.length <= before.text.length || !result.startsWith(before.text)) return false;
    const shownLength = how === "shown" ? result.length : before.shownLength;
    const { ownLength: _, isPart: __, ...rest } = before;
    const answer = {
      ...rest,
      ...(isPart && { isPart }),
      text: result,
      shownLength,
      ...(ownLength !== undefined && { ownLength }),
      ...(how === "shown" && confidence !== undefined && { confidence }),
    };
    this.#cache.put(place, answer);
    if (shownLength > before.shownLength) this.#onGrown(place, answer);
    return true;
  }
}
