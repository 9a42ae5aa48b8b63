import type { Clock } from "../base/clock.ts";

/** Resolves after `ms` milliseconds of `clock`, or as soon as `signal` aborts. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  const over = Promise.withResolvers<void>();
  const timer = clock.after(ms, over.resolve);
  const onAbort = () => over.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  await over.promise;
  signal.removeEventListener("abort", onAbort);
  timer.dispose();
}
