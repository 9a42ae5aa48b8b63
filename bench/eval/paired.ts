import type { Row } from "./score.ts";

/** The mean difference of one mark between two runs over the same cases, in points of percent. */
export interface PairedDifference {
  readonly mark: string;
  readonly before: number;
  readonly after: number;
  readonly difference: number;
  /** Bounds of the 95 % bootstrap interval of the difference. */
  readonly low: number;
  readonly high: number;
  readonly better: number;
  readonly worse: number;
}

const marks: readonly (readonly [string, (row: Row) => number | undefined])[] = [
  ["accepted", (row) => Number(row.accepted)],
  ["nuisance", (row) => Number(row.nuisance)],
  ["shown", (row) => Number(row.shown)],
  ["EM line", (row) => Number(row.exactLine)],
  ["edit sim", (row) => row.editSimilarity],
  ["ident hit", (row) => (row.identifierHit === undefined ? undefined : Number(row.identifierHit))],
];

/**
 * Compares two runs case by case. The interval is the percentile bootstrap over cases (Efron and Tibshirani, 1993)
 * with a fixed seed, so that the same files give the same report.
 */
export function compare(before: readonly Row[], after: readonly Row[], resamples = 4000): PairedDifference[] {
  const earlier = new Map(before.map((row) => [row.id, row]));
  return marks.flatMap(([mark, of]) => {
    const pairs = after.flatMap((row): [number, number][] => {
      const other = earlier.get(row.id);
      const [a, b] = [other && of(other), of(row)];
      return a === undefined || b === undefined ? [] : [[a, b]];
    });
    if (pairs.length === 0) return [];
    const differences = pairs.map(([a, b]) => b - a);
    const [low, high] = bootstrapInterval(differences, resamples);
    return [
      {
        mark,
        before: 100 * mean(pairs.map(([a]) => a)),
        after: 100 * mean(pairs.map(([, b]) => b)),
        difference: 100 * mean(differences),
        low: 100 * low,
        high: 100 * high,
        better: differences.filter((each) => each > 0).length,
        worse: differences.filter((each) => each < 0).length,
      },
    ];
  });
}

export function comparisonTable(differences: readonly PairedDifference[]): string {
  const number = (value: number): string => value.toFixed(1).padStart(8);
  return [
    "mark         before   after    diff   95 % interval        higher / lower",
    ...differences.map(
      (each) =>
        `${each.mark.padEnd(10)}${number(each.before)}${number(each.after)}${number(each.difference)}` +
        `   [${number(each.low)},${number(each.high)} ]   ${String(each.better).padStart(5)} / ${each.worse}`,
    ),
  ].join("\n");
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function bootstrapInterval(values: readonly number[], resamples: number): [number, number] {
  const random = seeded(1);
  const means = Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)] ?? 0;
    return sum / values.length;
  }).sort((a, b) => a - b);
  const at = (p: number): number => means[Math.min(resamples - 1, Math.floor(p * resamples))] ?? 0;
  return [at(0.025), at(0.975)];
}

/** Mulberry32 (Tommy Ettinger, public domain): small, and good enough to draw cases. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
