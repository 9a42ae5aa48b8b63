import { Emitter } from "../base/emitter.ts";
import { remainingText } from "./addedEnding.ts";
import type { CompletionQuery, Suggestion } from "./completionApi.ts";
import type { CachedAnswer, CompletionCache } from "./completionCache.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import type { Continuation, Place } from "./continuation.ts";
import { CurrentSuggestion } from "./currentSuggestion.ts";
import type { Debouncer } from "./debouncer.ts";
import type { SilentReason, SuggestionSource } from "./outcome.ts";
import { withLineEnds } from "./postprocess.ts";
import { RejectionMemory } from "./rejectionMemory.ts";
import type { Effective } from "./selectedSuggestion.ts";
import { type Shown, ShownSuggestions } from "./shownSuggestions.ts";
import type { Taste } from "./taste.ts";
import type { TraceBuilder } from "./traceBuilder.ts";
import type { WorkMeter } from "./workMeter.ts";

export type Answer =
  | { readonly kind: "silent"; readonly reason: SilentReason; readonly detail?: string }
  | {
      readonly kind: "shown";
      readonly source: SuggestionSource;
      readonly suggestions: readonly Suggestion[];
    };

/** One request on its way through the pipeline. */
export interface Request {
  readonly query: CompletionQuery;
  readonly effective: Effective;
  readonly place: Place;
  readonly settings: CompletionSettings;
  /** The lower bar for a typist who rests where nothing is sure enough at once; absent where a rest brings nothing. */
  readonly restedQuietness?: number | undefined;
  readonly trace: TraceBuilder;
  readonly signal: AbortSignal;
}

export function silent(reason: SilentReason): Answer {
  return { kind: "silent", reason };
}

/** Turns answers into suggestions and remembers what is on the screen, what was taken and what was dismissed. */
export class Presenter {
  readonly #current = new CurrentSuggestion();
  readonly #shown = new ShownSuggestions();
  readonly #rejections = new RejectionMemory();
  readonly #cache: CompletionCache;
  readonly #debouncer: Debouncer;
  readonly #meter: WorkMeter;
  readonly #taste: Taste;
  readonly #growing = new Emitter<string>();
  /** Whether what is current is longer than what is shown. */
  #hasGrown = false;

  /** Tells the document's URI when text has come behind what is shown in it. */
  readonly onGrown = this.#growing.listen;

  constructor(cache: CompletionCache, debouncer: Debouncer, meter: WorkMeter, taste: Taste) {
    this.#cache = cache;
    this.#debouncer = debouncer;
    this.#meter = meter;
    this.#taste = taste;
  }

  /** Text has come behind what is shown for `place`; the next key shows it, or the editor is made to ask for it. */
  grown(place: Place, answer: CachedAnswer): void {
    const { text, shownLength, ownLength, confidence, isPart = false } = answer;
    const current = this.#current.grow(place, text.slice(0, shownLength), ownLength, confidence);
    if (!current) return;
    this.#shown.grow(current.suggestion.id, { text: current.text, confidence: current.confidence, isPart });
    this.#account(answer, answer.shownLength);
    this.#hasGrown = true;
    this.#growing.fire(place.uri);
  }

  /** What is on the screen is no longer what would be answered. */
  forget(): void {
    this.#current.clear();
  }

  /** False when no such suggestion was shown. */
  accepted(id: number, acceptedChars?: number): boolean {
    const shown = this.#shown.get(id);
    if (!shown) return false;
    this.#rejections.forget(shown.uri, shown.prefix, shown.text);
    this.#learn(shown, true);
    if (acceptedChars === undefined || acceptedChars >= shown.text.length) this.#current.clear();
    return true;
  }

  /** False when no such suggestion was shown. */
  rejected(id: number): boolean {
    const shown = this.#shown.get(id);
    if (!shown) return false;
    this.#rejections.add(shown.uri, shown.prefix, shown.text, shown.isPart);
    this.#learn(shown, false);
    this.#current.clear();
    return true;
  }

  /** Only the first thing that happens to a suggestion says something about it. */
  #learn(shown: Shown, isTaken: boolean): void {
    if (shown.confidence === undefined || shown.isJudged) return;
    shown.isJudged = true;
    this.#taste.learn(shown.confidence, isTaken);
  }

  /** What is on the screen or was answered before; costs no wait. */
  known(request: Request): Answer | undefined {
    const { place, query } = request;
    const continued = query.trigger === "automatic" && this.continued(request);
    if (continued) return continued;
    const passed = this.#current.passedAt(place);
    const shown = passed && this.#shown.get(passed.suggestion.id);
    if (shown) this.#learn(shown, false);
    const hit = this.#cache.find(place);
    // Who has just taken something looks what comes behind it, so that may be less sure.
    const isTaken = query.situation.lastChange?.kind === "accept" && request.restedQuietness !== undefined;
    if (hit?.answer.isLostBet && isTaken) return undefined;
    if (!hit || hit.answer.isProvisional || (query.trigger === "explicit" && !hit.answer.alternatives))
      return undefined;
    return this.present(request, hit.answer, hit, "cache");
  }

  /** What is on the screen, with what has come behind it. */
  continued(request: Request): Answer | undefined {
    const continued = this.#current.continuedAt(request.place);
    if (!continued) return undefined;
    const { current, continuation } = continued;
    const { typed } = continuation;
    // The editor keeps what is left of a suggestion of which a word was taken.
    const isTaken = request.query.situation.lastChange?.kind === "accept";
    const rest = isTaken
      ? current.text.slice(typed)
      : this.#rest(request, current, continuation, current.text.length);
    if (rest.trim() === "") return undefined;
    request.trace.confidence = current.confidence;
    // Without its ending it is another text, behind which something else comes.
    const isSame = rest.length === current.text.length - typed;
    const own = (current.ownLength ?? current.text.length) - typed;
    const { id } = current.suggestion;
    return isSame
      ? this.#show(request, [rest], continuation, this.#hasGrown ? "grown" : "typed-through", { id })
      : this.#show(request, [rest], continuation, "cache", { own });
  }

  present(
    request: Request,
    answer: CachedAnswer,
    at: Continuation,
    source: SuggestionSource,
  ): Answer | undefined {
    const { query, effective, trace } = request;
    trace.confidence = answer.confidence;
    if (answer.silent) return silent(answer.silent);
    const end = at.typed < answer.shownLength ? answer.shownLength : answer.text.length;
    const { uri, prefix } = effective.document;
    const rest = this.#rest(request, answer, at, end);
    if (rest.trim() === "") return undefined;
    if (query.trigger === "automatic" && this.#rejections.has(uri, prefix, rest, answer.isPart))
      return silent("rejected-before");
    this.#account(answer, end);
    const others = query.trigger === "explicit" && at.typed === 0 ? (answer.alternatives ?? []) : [];
    const own = (answer.ownLength ?? end) - at.typed;
    return this.#show(request, [rest, ...others], at, source, { own, isPart: answer.isPart ?? false });
  }

  #rest(
    { place, effective }: Request,
    answer: Pick<CachedAnswer, "text" | "ownLength">,
    { typed, replaceRight }: Continuation,
    end: number,
  ): string {
    const { languageId } = effective.document;
    return remainingText(answer, typed, place.head.slice(0, replaceRight), end, languageId);
  }

  #account({ worth, text }: CachedAnswer, end: number): void {
    if (!worth || text.length === 0) return;
    const shown = (worth.tokens * end) / text.length;
    if (shown <= worth.shownTokens) return;
    this.#meter.used(shown - worth.shownTokens);
    worth.shownTokens = shown;
  }

  #show(
    { place, effective, trace }: Request,
    texts: readonly string[],
    { replaceRight }: Continuation,
    source: SuggestionSource,
    /** `id` of what is shown already; `own`: characters of the first text that the model wrote; `isPart`: more is coming. */
    {
      id,
      own,
      isPart = false,
    }: { readonly id?: number; readonly own?: number; readonly isPart?: boolean } = {},
  ): Answer {
    const { document, lead, replaceLeft } = effective;
    this.#hasGrown = false;
    const suggestions = texts.map((text, index) => {
      const suggestion: Suggestion = {
        text: lead + withLineEnds(text, document.eol),
        replaceLeft,
        replaceRight,
        id: index === 0 && id !== undefined ? id : this.#shown.nextId(),
      };
      this.#shown.remember(suggestion, {
        uri: document.uri,
        prefix: document.prefix,
        text,
        confidence: trace.confidence,
        isPart,
        isJudged: false,
      });
      return suggestion;
    });
    const [suggestion] = suggestions;
    const [text = ""] = texts;
    // Typing through keeps the place where the text began, so that deleting within it finds it again.
    if (suggestion && id === undefined) {
      const confidence = trace.confidence === undefined ? {} : { confidence: trace.confidence };
      const ownLength = Math.min(text.length, own ?? text.length);
      this.#current.show({ place, text, ownLength, suggestion, ...confidence });
      this.#debouncer.shown();
    }
    return { kind: "shown", source, suggestions };
  }
}
