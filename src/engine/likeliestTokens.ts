import { begunTokens, type Sequence, type TokenEvent } from "./begunTokens.ts";
import { CursorLine } from "./cursorLine.ts";
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
  /** The tokens of the whole prompt in front of the cursor, of which `prompt` may be the end only. */
  prefix: readonly T[],
  lineEnds: LineEnds<T>,
): AsyncGenerator<TokenEvent, void, undefined> {
  const { lane, alternatives, beginsWith, lead } = options;
  // Who wants alternatives wants the tokens as they are.
  const line =
    lane === "completion" && alternatives === 0 ? new CursorLine(lineEnds, vocabulary, prefix) : undefined;
  if (beginsWith && beginsWith.length > 0)
    return begunTokens(sequence, prompt, options, beginsWith, vocabulary, line);
  return lead
    ? ledTokens(sequence, prompt, options, lead, vocabulary, line)
    : greedyTokens(sequence, prompt, options, line);
}
