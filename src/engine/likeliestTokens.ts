import { begunTokens, type Sequence, type TokenEvent } from "./begunTokens.ts";
import { ledTokens } from "./ledTokens.ts";
import { greedyTokens } from "./llamaSampling.ts";
import type { GenerateOptions, TokenId, Vocabulary } from "./modelRuntime.ts";
import type { NextTokens } from "./nextTokens.ts";

/**
 * The likeliest tokens one after the other, held to a lead or to beginnings where `options` have them. Where none are
 * wanted but the first one is foreseen, it is not held to anything.
 */
export function likeliestTokens<T extends TokenId>(
  sequence: Sequence<T>,
  prompt: readonly T[],
  options: GenerateOptions,
  vocabulary: Pick<Vocabulary, "tokenize" | "detokenize" | "isSpecial">,
  next: NextTokens<T>,
): AsyncGenerator<TokenEvent, void, undefined> {
  const { beginsWith, lead, maxTokens } = options;
  if (maxTokens === 0) return greedyTokens(sequence, prompt, options, next);
  if (beginsWith && beginsWith.length > 0)
    return begunTokens(sequence, prompt, options, beginsWith, vocabulary, next);
  return lead
    ? ledTokens(sequence, prompt, options, lead, vocabulary, next)
    : greedyTokens(sequence, prompt, options, next);
}
