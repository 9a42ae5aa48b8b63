/**
 * One batch is the longest that nothing else can run, so a slow machine gets small ones: large ones are hardly
 * faster (174 tokens/s with 192 at once, 167 with 64, on 2 cores with the 0.5B; bench/REPORT.md).
 */
const batchMs = 200;
export const leastBatchTokens = 32;
export const mostBatchTokens = 256;

/** @param perSecond tokens of a prompt that are evaluated in a second, undefined before the first measurement. */
export function batchTokens(perSecond: number | undefined): number {
  const tokens = Math.round(((perSecond ?? 0) * batchMs) / 1000);
  return Math.min(mostBatchTokens, Math.max(leastBatchTokens, tokens));
}
