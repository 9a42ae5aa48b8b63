import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import { withdrawn } from "../base/withdrawn.ts";
import type { CompletionEvent } from "./modelClient.ts";

export interface Contender<Name> {
  readonly name: Name;
  readonly open: (signal: AbortSignal) => AsyncIterable<CompletionEvent>;
  /** Starts this long after the first one unless that has answered; undefined: only when it has failed. */
  readonly afterMs?: number | undefined;
  /** Without an event by then it has failed, with the error that `tooLate` makes. */
  readonly firstWithinMs?: number | undefined;
  /** Without its last event by then it has failed too. */
  readonly wholeWithinMs?: number | undefined;
  readonly tooLate?: (ms: number, hasBegun: boolean) => Error;
}

export type ContenderEnd =
  /** Its first event came, and it is the one that is read. */
  | "answered"
  /** The reader stopped or withdrew the request. */
  | "withdrawn"
  /** Another one was faster. */
  | "overtaken"
  | { readonly error: unknown };

export interface RaceOptions<Name> {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether the next contender may answer in place of one that failed so. */
  readonly mayStandIn: (error: unknown) => boolean;
  readonly onEnd: (name: Name, end: ContenderEnd) => void;
  readonly onWinner: (name: Name) => void;
}

type First<Name> = { runner: Runner<Name>; result: IteratorResult<CompletionEvent, unknown> };

/**
 * Asks the contenders in turn, the next one also when the one before is slow, and passes on the events of the
 * first that answers; the others' requests are closed (hedged requests: J. Dean, L. A. Barroso, The Tail at
 * Scale, CACM 2013). Throws the first one's error when all fail.
 */
export async function* race<Name>(
  contenders: readonly Contender<Name>[],
  options: RaceOptions<Name>,
): AsyncGenerator<CompletionEvent, void, undefined> {
  const { clock, signal, mayStandIn, onEnd, onWinner } = options;
  const waiting = [...contenders];
  const running = new Set<Runner<Name>>();
  let leadError: unknown;
  let winner: Runner<Name> | undefined;
  const start = (): void => {
    const next = waiting.shift();
    if (next) running.add(new Runner(next, clock, signal));
  };
  const left = Promise.withResolvers<"withdrawn">();
  const onAbort = (): void => left.resolve("withdrawn");
  signal.addEventListener("abort", onAbort, { once: true });
  start();
  try {
    while (!winner) {
      const hedge = waiting[0]?.afterMs;
      const alarm = new Alarm(clock, hedge);
      const first = await Promise.race([
        ...[...running].map((runner) => runner.first),
        alarm.rung,
        left.promise,
      ]);
      alarm.dispose();
      if (first === "withdrawn") {
        yield { type: "done", finishReason: "cancelled", usage: {} };
        return;
      }
      if (first === "rung") start();
      else if ("result" in first) winner = first.runner;
      else {
        running.delete(first.runner);
        first.runner.end();
        const isWithdrawn = signal.aborted;
        onEnd(first.runner.name, isWithdrawn ? "withdrawn" : { error: first.error });
        const isLead = first.runner.name === contenders[0]?.name;
        if (isLead) leadError = first.error;
        if (isWithdrawn || (isLead && !mayStandIn(first.error))) throw first.error;
        if (running.size === 0 && waiting.length === 0) throw leadError;
        if (running.size === 0) start();
      }
    }
    for (const runner of running) if (runner !== winner) overtake(runner, onEnd);
    yield* passOn(winner, options, () => onWinner((winner as Runner<Name>).name));
  } finally {
    signal.removeEventListener("abort", onAbort);
    for (const runner of running) {
      runner.end();
      if (!winner) onEnd(runner.name, "withdrawn");
    }
  }
}

async function* passOn<Name>(
  winner: Runner<Name>,
  { signal, onEnd }: RaceOptions<Name>,
  onAnswer: () => void,
): AsyncGenerator<CompletionEvent, void, undefined> {
  const first = await winner.first;
  if (!("result" in first)) throw first.error;
  let { result } = first;
  let end: ContenderEnd = "withdrawn";
  try {
    while (!result.done) {
      const event = result.value as CompletionEvent;
      if (!(event.type === "done" && event.finishReason === "cancelled")) {
        if (end !== "answered") onAnswer();
        end = "answered";
      }
      yield event;
      result = await winner.next();
    }
  } catch (error) {
    end = signal.aborted ? "withdrawn" : { error };
    throw error;
  } finally {
    onEnd(winner.name, end);
  }
}

function overtake<Name>(runner: Runner<Name>, onEnd: RaceOptions<Name>["onEnd"]): void {
  runner.end();
  onEnd(runner.name, "overtaken");
}

class Runner<Name> {
  readonly name: Name;
  readonly first: Promise<First<Name> | { runner: Runner<Name>; error: unknown }>;
  readonly #ended = new AbortController();
  readonly #events: AsyncIterator<CompletionEvent>;
  readonly #late: Promise<never>;
  readonly #timers: Disposable[] = [];

  constructor(contender: Contender<Name>, clock: Clock, signal: AbortSignal) {
    const { name, open, firstWithinMs, wholeWithinMs, tooLate } = contender;
    this.name = name;
    this.#events = open(AbortSignal.any([signal, this.#ended.signal]))[Symbol.asyncIterator]();
    const late = (ms: number | undefined, hasBegun: boolean): Promise<never> => {
      const { promise, reject } = Promise.withResolvers<never>();
      if (ms !== undefined && tooLate)
        this.#timers.push(clock.after(ms, () => reject(tooLate(ms, hasBegun))));
      // It may be late when nobody waits any more.
      promise.catch(() => {});
      return promise;
    };
    this.#late = late(wholeWithinMs, true);
    const opened = this.#events.next();
    this.first = Promise.race([opened, late(firstWithinMs, false), this.#late]).then(
      (result) => ({ runner: this, result }),
      (error: unknown) => ({ runner: this, error }),
    );
    // Whoever lost the race above may still fail, which nobody waits for.
    opened.catch(() => {});
  }

  next(): Promise<IteratorResult<CompletionEvent, unknown>> {
    const next = this.#events.next();
    next.catch(() => {});
    return Promise.race([next, this.#late]);
  }

  /** Closes the request; calling it twice is harmless. */
  end(): void {
    for (const timer of this.#timers) timer.dispose();
    this.#ended.abort(withdrawn);
    void this.#events.return?.().catch(() => {});
  }
}

class Alarm implements Disposable {
  readonly rung: Promise<"rung">;
  readonly #timer: Disposable | undefined;

  constructor(clock: Clock, ms: number | undefined) {
    const { promise, resolve } = Promise.withResolvers<"rung">();
    this.rung = promise;
    this.#timer = ms === undefined ? undefined : clock.after(ms, () => resolve("rung"));
  }

  dispose(): void {
    this.#timer?.dispose();
  }
}
