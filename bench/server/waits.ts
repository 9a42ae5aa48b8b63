/** How long something was waited for; cut off where the one who waited went away before it came. */
export interface Wait {
  readonly ms: number;
  readonly isCutOff: boolean;
}

/** Milliseconds; absent what too many did not wait for. */
export interface Percentiles {
  readonly p50?: number;
  readonly p90?: number;
  readonly p99?: number;
}

/** What adding up shares may be wrong by. */
const tolerance = 1e-9;

/**
 * Percentiles of waits of which some were cut off: those say only that it would have taken longer. Left out, they would
 * make the slowest server look like a fast one, because nobody waits for it (E. L. Kaplan, P. Meier, Nonparametric
 * Estimation from Incomplete Observations, JASA 1958). Without any it is the nearest rank.
 */
export function percentiles(waits: readonly Wait[]): Percentiles | undefined {
  if (!waits.some(({ isCutOff }) => !isCutOff)) return undefined;
  const sorted = [...waits].sort((a, b) => a.ms - b.ms || Number(a.isCutOff) - Number(b.isCutOff));
  let stillWaiting = 1;
  const found: { p50?: number; p90?: number; p99?: number } = {};
  sorted.forEach(({ ms, isCutOff }, index) => {
    if (isCutOff) return;
    const atRisk = sorted.length - index;
    stillWaiting *= 1 - 1 / atRisk;
    const come = 1 - stillWaiting + tolerance;
    if (come >= 0.5) found.p50 ??= ms;
    if (come >= 0.9) found.p90 ??= ms;
    if (come >= 0.99) found.p99 ??= ms;
  });
  return found;
}
