import type { Clock } from "../base/clock.ts";
import type { CompletionParts } from "./completionParts.ts";
import type { Debouncer } from "./debouncer.ts";
import type { Outlook } from "./outlook.ts";
import type { Request } from "./presenter.ts";
import { sleep } from "./sleep.ts";

/** On battery a pause has to be longer before it costs anything. */
const quietPatience = 2;

/** Time during which a further key ends a request before anything is decoded for it. */
export class Pause {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #usualMs: number;
  readonly #sureMs: number;

  /** Begins now. */
  constructor(
    { query, effective, settings }: Request,
    debouncer: Debouncer,
    { clock, saving }: Pick<CompletionParts, "clock" | "saving">,
  ) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    const { prefix } = effective.document;
    const lineLeft = prefix.slice(prefix.lastIndexOf("\n") + 1);
    const factor = saving?.() === "quiet" ? quietPatience : 1;
    const wait = (isSure: boolean): number =>
      query.trigger === "explicit" ? 0 : debouncer.waitMs({ lineLeft, isSure, bounds: settings.debounce });
    this.#usualMs = factor * wait(false);
    this.#sureMs = factor * wait(true);
  }

  /** Resolves to the outlook at the pause's end, which comes early where the outlook says so, or when `signal` aborts. */
  async end(outlook: Promise<Outlook>, signal: AbortSignal): Promise<Outlook> {
    let known: Outlook = { kind: "open", sureness: 0 };
    const early = outlook.then((told) => {
      known = told;
      if (told.kind === "hopeless") return undefined;
      return this.#until(this.#usualMs - told.sureness * (this.#usualMs - this.#sureMs), signal);
    });
    await Promise.race([this.#until(this.#usualMs, signal), early]);
    return known;
  }

  /** Resolves when the pause would have ended without any outlook. */
  rest(signal: AbortSignal): Promise<void> {
    return this.#until(this.#usualMs, signal);
  }

  #until(ms: number, signal: AbortSignal): Promise<void> {
    return sleep(this.#clock, this.#startedAt + ms - this.#clock.now(), signal);
  }
}
