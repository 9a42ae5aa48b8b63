import type { Prediction } from "./predictions.ts";
import type { Row } from "./score.ts";

/** What showing only suggestions with at least this confidence would give; all shares from 0 to 1. */
export interface CoveragePoint {
  readonly threshold: number;
  /** Share of all cases that are shown. */
  readonly coverage: number;
  readonly acceptedOfShown: number;
  readonly acceptedOfAll: number;
  readonly nuisanceOfAll: number;
}

/**
 * The curve over all thresholds, most confident first (El-Yaniv and Wiener, 2010: risk over coverage). Suggestions
 * without a confidence count as the least sure. Equal confidences cannot be told apart and make one point.
 */
export function riskCoverage(rows: readonly Row[], predictions: readonly Prediction[]): CoveragePoint[] {
  const confidence = new Map(predictions.map((each) => [each.id, each.confidence ?? 0]));
  const shown = rows
    .filter((row) => row.shown)
    .map((row) => ({ row, sure: confidence.get(row.id) ?? 0 }))
    .sort((a, b) => b.sure - a.sure);
  const points: CoveragePoint[] = [];
  let accepted = 0;
  let nuisance = 0;
  for (const [index, { row, sure }] of shown.entries()) {
    accepted += Number(row.accepted);
    nuisance += Number(row.nuisance);
    if (shown[index + 1]?.sure === sure) continue;
    points.push({
      threshold: sure,
      coverage: (index + 1) / rows.length,
      acceptedOfShown: accepted / (index + 1),
      acceptedOfAll: accepted / rows.length,
      nuisanceOfAll: nuisance / rows.length,
    });
  }
  return points;
}

export function coverageCsv(points: readonly CoveragePoint[]): string {
  const number = (value: number): string => value.toFixed(4);
  return [
    "threshold,coverage,accepted_of_shown,accepted_of_all,nuisance_of_all",
    ...points.map((each) =>
      [each.threshold, each.coverage, each.acceptedOfShown, each.acceptedOfAll, each.nuisanceOfAll]
        .map(number)
        .join(","),
    ),
    "",
  ].join("\n");
}
