import weights from "./acceptanceWeights.json" with { type: "json" };
import { type FeatureName, type Features, featureNames } from "./features.ts";

/** A logistic regression: what the features weigh, and what they are without. */
export interface AcceptanceWeights {
  readonly bias: number;
  readonly weights: Readonly<Record<FeatureName, number>>;
}

/**
 * The probability that a user takes a text, 0 to 1. The shipped weights are learned from completions of public code
 * whose truth is known (`npm run eval:calibrate`).
 */
export function acceptance(features: Features, { bias, weights: each }: AcceptanceWeights = weights): number {
  return logistic(sumOf(features, each, bias));
}

/** What is known of a text only when it is whole, with the most and the least that it can be. */
export type Open = Partial<Readonly<Record<FeatureName, readonly [number, number]>>>;

/** The probability at best of a text of which more will come: `open` features take the value that helps most. */
export function acceptanceAtBest(
  features: Features,
  open: Open,
  { bias, weights: each }: AcceptanceWeights = weights,
): number {
  const best = Object.entries(open).map(([name, [low, high]]) => {
    const weight = each[name as FeatureName];
    return [name, weight > 0 ? high : low] as const;
  });
  return logistic(sumOf({ ...features, ...Object.fromEntries(best) }, each, bias));
}

function sumOf(features: Features, each: AcceptanceWeights["weights"], bias: number): number {
  return featureNames.reduce((total, name) => total + each[name] * features[name], bias);
}

function logistic(sum: number): number {
  return 1 / (1 + Math.exp(-sum));
}
