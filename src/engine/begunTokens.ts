import { greedyTokens } from "./llamaSampling.ts";
import type { GenerateOptions, GenerationEvent, TokenId, Vocabulary } from "./modelRuntime.ts";
import type { NextTokens } from "./nextTokens.ts";

export type TokenEvent = Extract<GenerationEvent, { type: "token" }>;
export type Sequence<T extends TokenId> = Parameters<typeof greedyTokens<T>>[0];

/** Tokens of a vocabulary are rarely longer. */
const longestToken = 24;
/** Where a name may end, what follows it is looked for among so many of the likeliest tokens. */
const likeliest = 24;
const nameStart = /^[\p{L}\p{N}_$]/u;

/**
 * The likeliest tokens whose text begins with one of `beginnings` and goes on with something that does not lengthen
 * the name; after that, whatever is likeliest. Monitor-guided decoding (Agrawal et al., NeurIPS 2023), with the logits
 * of the few tokens that may follow in place of a mask over the vocabulary. Probabilities are those among what was
 * left to choose from.
 */
export async function* begunTokens<T extends TokenId>(
  sequence: Sequence<T>,
  prompt: readonly T[],
  wanted: Pick<GenerateOptions, "sampling" | "alternatives">,
  beginnings: readonly string[],
  vocabulary: Pick<Vocabulary, "tokenize" | "detokenize" | "isSpecial">,
  next?: NextTokens<T>,
): AsyncGenerator<TokenEvent, void, undefined> {
  let rests = [...new Set(beginnings)];
  let input = [...prompt];
  for (;;) {
    const mayEnd = rests.includes("");
    const isEnding = (token: T): boolean =>
      mayEnd && (vocabulary.isSpecial(token) || endsName(vocabulary.detokenize([token], [])));
    const texts = startsOf<T>(rests, vocabulary);
    const logits = await logitsAfter(sequence, input, [...texts.keys()], mayEnd ? likeliest : 1);
    const choices = [...logits].filter(([token]) => texts.has(token) || isEnding(token));
    const [first] = choices;
    // Nothing likely ends the name: it stands alone.
    if (!first) return;
    const [token, logit] = choices.reduce((best, each) => (each[1] > best[1] ? each : best), first);
    const total = choices.reduce((sum, each) => sum + Math.exp(each[1] - logit), 0);
    next?.add(token);
    yield { type: "token", token, probability: 1 / total, alternatives: [] };
    input = [token];
    const text = texts.get(token);
    if (text === undefined) break;
    rests = rests.filter((rest) => rest.startsWith(text)).map((rest) => rest.slice(text.length));
  }
  yield* greedyTokens(sequence, input, wanted, next);
}

const endsName = (text: string): boolean => text !== "" && !nameStart.test(text);

/** The tokens that one of the texts may begin with. */
export function startsOf<T extends TokenId>(
  texts: readonly string[],
  vocabulary: Pick<Vocabulary, "tokenize">,
): Map<T, string> {
  const found = new Map<T, string>();
  const tried = new Set<string>();
  for (const text of texts) {
    for (let length = 1; length <= Math.min(text.length, longestToken); length++) {
      const start = text.slice(0, length);
      if (tried.has(start)) continue;
      tried.add(start);
      const [token, ...more] = vocabulary.tokenize(start);
      if (token !== undefined && more.length === 0) found.set(token as T, start);
    }
  }
  return found;
}

export async function logitsAfter<T extends TokenId>(
  sequence: Sequence<T>,
  input: readonly T[],
  tokens: T[],
  includeTop: number,
): Promise<ReadonlyMap<T, number>> {
  const generateNext = {
    token: true,
    totalLogitWeight: false,
    logits: { filter: { tokens, includeTop } },
    options: { temperature: 0 },
  };
  const outputs = await sequence.controlledEvaluate(
    input.map((token, index) => (index === input.length - 1 ? [token, { generateNext }] : token)),
  );
  return outputs.at(-1)?.next.logits ?? new Map();
}
