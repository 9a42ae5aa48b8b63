import type { Clock } from "../base/clock.ts";
import type { Asking } from "./asking.ts";
import type { CompletionParts } from "./completionParts.ts";
import type { Answer, Request } from "./presenter.ts";
import { sleep } from "./sleep.ts";

/** Who rests is thinking and may look at something less sure: the bar then, of the usual one. */
const restedBar = 0.36;
/** The editor's own wait and a moment, in which what was foreseen of the answer may end it. */
const lookMs = 60;
/** Who wants it quieter than this, as with the setting "quiet", is left to think. */
const quietest = 0.6;

/** What a typist is offered who rests where nothing was sure enough to be shown at once. */
export class Rest {
  readonly #asking: Pick<Asking, "asked" | "takeTurn">;
  readonly #clock: Clock;
  readonly #parts: Pick<CompletionParts, "restMs" | "saving" | "snoozedUntil">;
  #resting = new AbortController();

  constructor(
    { clock, ...parts }: Pick<CompletionParts, "clock" | "restMs" | "saving" | "snoozedUntil">,
    asking: Pick<Asking, "asked" | "takeTurn">,
  ) {
    this.#clock = clock;
    this.#parts = parts;
    this.#asking = asking;
  }

  /** Ends the rest that lasts: what was asked for holds no longer. */
  stop(): void {
    this.#resting.abort();
  }

  /** `first`, or what is sure enough for somebody who has not typed on by the end of the rest. */
  async after(request: Request, first: Answer): Promise<Answer> {
    const { restMs, saving, snoozedUntil } = this.#parts;
    const { query, settings, trace } = request;
    const isUnsure = first.kind === "silent" && first.reason === "low-confidence";
    if (!isUnsure || restMs === undefined || query.trigger === "explicit" || settings.quietness > quietest)
      return first;
    if ((saving?.() ?? "nothing") !== "nothing") return first;
    if (request.signal.aborted) return first;
    this.#resting = new AbortController();
    const signal = AbortSignal.any([this.#asking.takeTurn().signal, this.#resting.signal, request.signal]);
    await sleep(this.#clock, trace.startedAt + restMs - this.#clock.now(), signal);
    if (signal.aborted || snoozedUntil() > Date.now()) return first;
    trace.stage("rest");
    const quietness = restedBar * settings.quietness;
    const second = await this.#asking.asked({
      ...request,
      settings: { ...settings, quietness, debounce: { minMs: lookMs, maxMs: lookMs } },
    });
    // Whoever types on meanwhile has still seen nothing because nothing was sure enough.
    return second.kind === "silent" && second.reason !== "model-error" ? first : second;
  }
}
