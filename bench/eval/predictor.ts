import type { EvalCase } from "./cases.ts";
import type { Prediction } from "./predictions.ts";

/** Completes one case. */
export interface Predictor {
  predict(each: EvalCase, signal: AbortSignal): Promise<Prediction>;
  dispose(): Promise<void>;
}

/** The tokens of an answer as a predictions file holds them. */
export function tokensOf(usage: {
  readonly promptTokens?: number;
  readonly cachedPromptTokens?: number;
  readonly completionTokens?: number;
}): NonNullable<Prediction["tokens"]> {
  return {
    ...(usage.promptTokens !== undefined && { prompt: usage.promptTokens }),
    ...(usage.cachedPromptTokens !== undefined && { cached: usage.cachedPromptTokens }),
    ...(usage.completionTokens !== undefined && { generated: usage.completionTokens }),
  };
}

export const rounded = (ms: number): number => Math.round(ms * 10) / 10;
