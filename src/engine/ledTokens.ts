import { logitsAfter, type Sequence, startsOf, type TokenEvent } from "./begunTokens.ts";
import { greedyTokens } from "./llamaSampling.ts";
import type { GenerateOptions, TokenId, Vocabulary } from "./modelRuntime.ts";
import type { NextTokens } from "./nextTokens.ts";

/** A token that begins with the lead and goes on is looked for among so many of the likeliest. */
export const likeliestOfLead = 64;

/**
 * The likeliest tokens that spell `lead`, the last of which may go on behind it, then whatever is likeliest. Token
 * healing as in Guidance (Lundberg, 2023): the text in front of a cursor is cut where tokens end, and what is left of
 * it is written again. Probabilities are those among the tokens that agree with the lead.
 */
export async function* ledTokens<T extends TokenId>(
  sequence: Sequence<T>,
  prompt: readonly T[],
  wanted: Pick<GenerateOptions, "sampling" | "alternatives">,
  lead: string,
  vocabulary: Pick<Vocabulary, "tokenize" | "detokenize" | "isSpecial">,
  next?: NextTokens<T>,
): AsyncGenerator<TokenEvent, void, undefined> {
  let rest = lead;
  let input = [...prompt];
  while (rest !== "") {
    const texts = startsOf<T>([rest], vocabulary);
    const logits = await logitsAfter(sequence, input, [...texts.keys()], likeliestOfLead);
    const before = input.slice(-1);
    const choices = [...logits].flatMap(([token, logit]) => {
      if (vocabulary.isSpecial(token)) return [];
      const text = texts.get(token) ?? vocabulary.detokenize([token], before);
      const agrees = text !== "" && (rest.startsWith(text) || text.startsWith(rest));
      return agrees ? [{ token, logit, text }] : [];
    });
    const [first] = choices;
    if (!first) return;
    const best = choices.reduce((most, each) => (each.logit > most.logit ? each : most), first);
    const total = choices.reduce((sum, { logit }) => sum + Math.exp(logit - best.logit), 0);
    next?.add(best.token);
    yield { type: "token", token: best.token, probability: 1 / total, alternatives: [] };
    input = [best.token];
    rest = rest.slice(best.text.length);
  }
  yield* greedyTokens(sequence, input, wanted, next);
}
