import type { TokenProbability } from "../model/modelClient.ts";

/**
 * The product of the first tokens' probabilities separates accepted from unwanted suggestions better than mean,
 * minimum or first token (measured with Qwen2.5-Coder 0.5B and 1.5B).
 */
const tokensThatCount = 16;

export type GateDecision =
  | { readonly kind: "show"; readonly text: string; readonly confidence?: number }
  | { readonly kind: "drop"; readonly confidence: number };

/** `quietness` 0 to 1; its default 0.5 gives 0.16. */
export function thresholdOf(quietness: number): number {
  return 0.97 * quietness ** 2.6;
}

/**
 * Shows `text` when its beginning is likely enough, cut in front of the first line that is not. The first line goes
 * whole or not at all: half a line is rarely wanted and often leaves a bracket open.
 * @param text the processed answer; @param rawOffset where it begins in the raw text that `tokens` spell.
 */
export function confidenceGate(
  text: string,
  tokens: readonly TokenProbability[],
  rawOffset: number,
  quietness: number,
): GateDecision {
  if (tokens.length === 0) return { kind: "show", text };
  const threshold = thresholdOf(quietness);
  const lines = text.split("\n");
  let end = 0;
  let confidence: number | undefined;
  for (const [index, line] of lines.entries()) {
    const start = end + (index === 0 ? 0 : 1);
    const lineEnd = start + line.length;
    const likelihood = productBetween(tokens, rawOffset + start, rawOffset + lineEnd);
    if (line.trim() !== "") {
      confidence ??= likelihood;
      if (likelihood < threshold) break;
    }
    end = lineEnd;
  }
  const kept = text.slice(0, end);
  if (kept.trim() === "") return { kind: "drop", confidence: confidence ?? 0 };
  return { kind: "show", text: kept, ...(confidence === undefined ? {} : { confidence }) };
}

/** What the gate will say at best about an answer that begins with `raw`: its first line only gets less likely. */
export function firstLineLikelihood(raw: string, tokens: readonly TokenProbability[]): number {
  const start = raw.search(/\S/);
  if (start < 0) return 1;
  const lineEnd = raw.indexOf("\n", start);
  return productBetween(tokens, start, lineEnd < 0 ? raw.length : lineEnd);
}

/** The probability of `raw` between two offsets, of its first tokens only where it is long. */
export function productBetween(tokens: readonly TokenProbability[], from: number, to: number): number {
  let offset = 0;
  let counted = 0;
  let product = 1;
  for (const token of tokens) {
    const start = offset;
    offset += token.text.length;
    if (offset <= from) continue;
    if (start >= to || counted === tokensThatCount) break;
    product *= token.probability;
    counted++;
  }
  return product;
}
