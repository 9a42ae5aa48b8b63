import type { FimRequest, FinishReason, ModelClient, TokenProbability, Usage } from "../model/modelClient.ts";
import { ModelError } from "../model/modelErrors.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import { type Place, typedSince } from "./continuation.ts";
import { trimStream } from "./streamTrimmer.ts";

const mostTypedWhileRunning = 60;

export type FlightEnd =
  | { readonly kind: "answer"; readonly raw: string; readonly tokens: readonly TokenProbability[] }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly error: ModelError };

/** One generation under way. It outlives the request that started it, so that a later one can take its answer. */
export class Flight {
  readonly place: Place;
  readonly situation: AnswerSituation;
  readonly request: FimRequest;
  /** Resolves as soon as the answer is certain, which may be before the stream has ended. */
  readonly answered: Promise<FlightEnd>;
  /** Resolves when the model is free again. */
  readonly drained: Promise<void>;
  readonly #controller = new AbortController();
  readonly #progress = new Set<() => void>();
  #raw = "";
  #usage: Usage | undefined;

  constructor(model: ModelClient, place: Place, situation: AnswerSituation, request: FimRequest) {
    this.place = place;
    this.situation = situation;
    this.request = request;
    const answer = Promise.withResolvers<FlightEnd>();
    this.answered = answer.promise;
    this.drained = this.#read(model, answer.resolve);
  }

  get usage(): Usage | undefined {
    return this.#usage;
  }

  cancel(): void {
    this.#controller.abort();
  }

  /** What the user has typed since the start when the answer may still fit, else undefined. */
  typedAt(place: Place): string | undefined {
    if (this.#controller.signal.aborted) return undefined;
    const typed = typedSince(this.place, place, mostTypedWhileRunning);
    return typed !== undefined && this.#agrees(typed) ? typed : undefined;
  }

  /** Resolves to the end, or to undefined as soon as the stream disagrees with what was typed. */
  async endOrDisagreement(typed: string): Promise<FlightEnd | undefined> {
    const disagreement = Promise.withResolvers<undefined>();
    const check = () => {
      if (!this.#agrees(typed)) disagreement.resolve(undefined);
    };
    this.#progress.add(check);
    check();
    const end = await Promise.race([this.answered, disagreement.promise]);
    this.#progress.delete(check);
    return end;
  }

  #agrees(typed: string): boolean {
    const length = Math.min(typed.length, this.#raw.length);
    if (this.#raw.slice(0, length) === typed.slice(0, length)) return true;
    // A blank too many at the start is taken off later.
    const trimmed = this.#raw.trimStart();
    const least = Math.min(typed.length, trimmed.length);
    return trimmed.slice(0, least) === typed.slice(0, least);
  }

  async #read(model: ModelClient, resolve: (end: FlightEnd) => void): Promise<void> {
    const tokens: TokenProbability[] = [];
    let finish: FinishReason = "cancelled";
    try {
      for await (const event of model.complete(this.request, this.#controller.signal)) {
        if (event.type === "done") {
          this.#usage = event.usage;
          finish = event.finishReason;
          continue;
        }
        if (this.#controller.signal.aborted || event.candidate !== 0) continue;
        this.#raw += event.text;
        if (event.tokens) tokens.push(...event.tokens);
        for (const listener of [...this.#progress]) listener();
        const trim = trimStream(this.#raw, this.situation);
        if (!trim) continue;
        resolve({ kind: "answer", raw: this.#raw.slice(0, trim.end), tokens });
        this.#controller.abort();
      }
    } catch (error) {
      if (!this.#controller.signal.aborted) return resolve({ kind: "failed", error: asModelError(error) });
    }
    if (finish === "cancelled") return resolve({ kind: "cancelled" });
    // With a line end behind it, the last line counts as finished too.
    const whole = finish === "stop" ? trimStream(`${this.#raw}\n`, this.situation) : undefined;
    const raw =
      finish === "length" ? wholePart(this.#raw) : this.#raw.slice(0, whole?.end ?? this.#raw.length);
    resolve({ kind: "answer", raw, tokens });
  }
}

/** Generation stopped in the middle: without the last line, or the last word where there is only one line. */
function wholePart(raw: string): string {
  const lineEnd = raw.trimEnd().lastIndexOf("\n");
  return lineEnd > 0 && raw.slice(0, lineEnd).trim() !== ""
    ? raw.slice(0, lineEnd)
    : raw.replace(/[\w$]+$/, "");
}

export function asModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ModelError("server-error", message, "See Wisp's log for what happened.", error);
}
