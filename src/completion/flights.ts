import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import type { FimRequest, ModelClient } from "../model/modelClient.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import type { Place } from "./continuation.ts";
import { Flight } from "./flight.ts";
import type { FlightEnd, FlightListener, FlightWays, Hurry } from "./flightListener.ts";

/**
 * How long a generation that nobody waits for goes on: the editor withdraws a request at each key and asks again
 * 50 ms later, and that next request may join.
 */
const graceMs = 250;

/** At most one generation at a time. */
export class Flights {
  readonly #model: ModelClient;
  readonly #clock: Clock;
  #current: Flight | undefined;
  #sampling: Promise<void> = Promise.resolve();
  #waiting = 0;
  #grace: Disposable | undefined;

  constructor(model: ModelClient, clock: Clock) {
    this.#model = model;
    this.#clock = clock;
  }

  get current(): Flight | undefined {
    return this.#current;
  }

  /** Further answers are being written for a request, which end with it. */
  sample(work: Promise<void>): Promise<void> {
    this.#sampling = work;
    return work;
  }

  /** Cancels what runs; resolves when the model is free. True when a generation was thrown away. */
  async stop(): Promise<boolean> {
    const running = this.#current;
    running?.cancel();
    await Promise.all([running?.drained, this.#sampling]);
    if (!running) return false;
    if (this.#current === running) this.#current = undefined;
    return true;
  }

  start(
    place: Place,
    situation: AnswerSituation,
    request: FimRequest,
    listener: FlightListener,
    ways: FlightWays,
  ): Flight {
    const flight = new Flight(this.#model, place, situation, request, listener, this.#clock, ways);
    this.#current = flight;
    this.#waiting = 0;
    void flight.drained.then(() => {
      if (this.#current === flight) this.#current = undefined;
    });
    return flight;
  }

  /**
   * Waits for `end` of `flight` until the request is withdrawn (`signal`) or a newer one has come (`newest`). The
   * flight itself goes on for a grace, because the next request may take its answer.
   * @param hurryAt when, on the clock, what is there counts as the answer, by `hurry`.
   */
  async wait(
    flight: Flight,
    end: Promise<FlightEnd | undefined>,
    {
      signal,
      newest,
      hurryAt,
      hurry: how = "lines",
    }: { signal: AbortSignal; newest: AbortSignal; hurryAt?: number; hurry?: Hurry },
  ): Promise<FlightEnd | undefined | Withdrawn> {
    this.#waiting++;
    const hurry =
      hurryAt === undefined
        ? undefined
        : this.#clock.after(Math.max(0, hurryAt - this.#clock.now()), () => flight.hurry(how));
    const withdrawn = Promise.withResolvers<Withdrawn>();
    const either = AbortSignal.any([signal, newest]);
    const onAbort = () => withdrawn.resolve(withdrawnBecause(newest));
    if (either.aborted) onAbort();
    either.addEventListener("abort", onAbort, { once: true });
    const result = await Promise.race([end, withdrawn.promise]);
    either.removeEventListener("abort", onAbort);
    hurry?.dispose();
    this.#release(flight);
    return result;
  }

  #release(flight: Flight): void {
    if (this.#current !== flight) return;
    this.#waiting--;
    if (this.#waiting > 0) return;
    flight.hurried = undefined;
    // The one before this began with an earlier key.
    this.#grace?.dispose();
    this.#grace = this.#clock.after(graceMs, () => {
      // What goes on behind an answer ends by itself.
      if (this.#current === flight && this.#waiting === 0 && !flight.isAnswered && !flight.isBegun)
        flight.cancel();
    });
  }
}

export type Withdrawn = "cancelled" | "superseded";

export function withdrawnBecause(newest: AbortSignal): Withdrawn {
  return newest.aborted ? "superseded" : "cancelled";
}
