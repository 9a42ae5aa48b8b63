import { begunTokens, type Sequence, type TokenEvent } from "./begunTokens.ts";
import { ledTokens } from "./ledTokens.ts";
import type { LineEnds } from "./lineEnds.ts";
import { greedyTokens } from "./llamaSampling.ts";
import type { GenerateOptions, TokenId, Vocabulary } from "./modelRuntime.ts";

/** The likeliest tokens one after the other, held to a lead or to beginnings where `options` have them. */
export function likeliestTokens<T extends TokenId>(
  sequence: Sequence<T>,
  prompt: readonly T[],
  options: GenerateOptions,
  vocabulary: Pick<Vocabulary, "tokenize" | "detokenize" | "isSpecial">,
  lineEnds: LineEnds<T>,
): AsyncGenerator<TokenEvent, void, undefined> {
  const { lane, alternatives, beginsWith, lead } = options;
  // Who wants alternatives wants the tokens as they are.
  const ends = lane === "completion" && alternatives === 0 ? lineEnds : undefined;
  if (beginsWith && beginsWith.length > 0)
    return begunTokens(sequence, prompt, options, beginsWith, vocabulary, ends);
  return lead
    ? ledTokens(sequence, prompt, options, lead, vocabulary, ends)
    : greedyTokens(sequence, prompt, options, ends);
}
