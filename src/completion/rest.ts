import type { Clock } from "../base/clock.ts";
import { withdrawn } from "../base/withdrawn.ts";
import type { Asking } from "./asking.ts";
import type { CompletionParts } from "./completionParts.ts";
import type { Answer, Request } from "./presenter.ts";
import { sleep } from "./sleep.ts";

/** Who rests is thinking and may look at something less sure: the bar then, of the usual one. */
const restedBar = 0.36;
/** Who has just taken a text reads it, and looks what comes: that is a rest so soon. */
const restAfterTakingMs = 250;
/** The editor's own wait and a moment, in which what was foreseen of the answer may end it. */
const lookMs = 60;
/** Who wants it quieter than this, as with the setting "quiet", is left to think. */
const quietest = 0.6;

/** What a typist is offered who rests where nothing was sure enough to be shown at once. */
export class Rest {
  readonly #asking: Pick<Asking, "asked" | "rested" | "takeTurn">;
  readonly #clock: Clock;
  readonly #parts: Pick<CompletionParts, "restMs" | "saving" | "snoozedUntil">;
  #resting = new AbortController();

  constructor(
    { clock, ...parts }: Pick<CompletionParts, "clock" | "restMs" | "saving" | "snoozedUntil">,
    asking: Pick<Asking, "asked" | "rested" | "takeTurn">,
  ) {
    this.#clock = clock;
    this.#parts = parts;
    this.#asking = asking;
  }

  /** Ends the rest that lasts: what was asked for holds no longer. */
  stop(): void {
    this.#resting.abort(withdrawn);
  }

  /** The lower bar for whoever rests at this request; undefined where a rest brings nothing. */
  quietness({ query, settings }: Pick<Request, "query" | "settings">): number | undefined {
    const { restMs, saving } = this.#parts;
    const isWanted = restMs !== undefined && query.trigger === "automatic" && settings.quietness <= quietest;
    return isWanted && (saving?.() ?? "nothing") === "nothing" ? restedBar * settings.quietness : undefined;
  }

  /** `first`, or what is sure enough for somebody who has not typed on by the end of the rest. */
  async after(request: Request, first: Answer): Promise<Answer> {
    const { restMs = 0, snoozedUntil } = this.#parts;
    const { settings, trace, restedQuietness: quietness } = request;
    const isUnsure = first.kind === "silent" && first.reason === "low-confidence";
    if (!isUnsure || quietness === undefined || request.signal.aborted) return first;
    this.#resting = new AbortController();
    const signal = AbortSignal.any([this.#asking.takeTurn().signal, this.#resting.signal, request.signal]);
    const { lastChange } = request.query.situation;
    const isTaken = lastChange?.kind === "accept" && !lastChange.stale;
    const wait = isTaken ? Math.min(restAfterTakingMs, restMs) : restMs;
    await sleep(this.#clock, trace.startedAt + wait - this.#clock.now(), signal);
    if (signal.aborted || snoozedUntil() > Date.now()) return first;
    trace.stage("rest");
    const { restedQuietness: _, ...rested } = {
      ...request,
      settings: { ...settings, quietness, debounce: { minMs: lookMs, maxMs: lookMs } },
    };
    const second = (await this.#asking.rested(rested, signal)) ?? (await this.#asking.asked(rested));
    // Whoever types on meanwhile has still seen nothing because nothing was sure enough.
    return second.kind === "silent" && second.reason !== "model-error" ? first : second;
  }
}
