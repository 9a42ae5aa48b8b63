import type { Clock } from "../base/clock.ts";
import { abortableWait } from "./abortableWait.ts";

export interface RetryOptions {
  /** Further tries after the first. */
  readonly retries: number;
  /** Milliseconds that the failure asks to wait, or undefined where another try makes no sense. */
  readonly waitOf: (error: unknown) => number | undefined;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
}

const baseMs = 500;
/** Who asks for a longer wait is reported instead. */
const longestWaitMs = 10_000;

/** Tries again with exponential backoff and jitter; rejects with the last failure, or the signal's reason. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { retries, waitOf, clock, random }: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const asked = signal.aborted || tries >= retries ? undefined : waitOf(error);
      if (asked === undefined || asked > longestWaitMs) throw error;
      await abortableWait(clock, Math.max(asked, baseMs * 2 ** tries * (0.5 + random())), signal);
    }
  }
}
