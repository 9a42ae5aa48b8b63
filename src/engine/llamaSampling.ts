import type { GenerateOptions, GenerationEvent, TokenId } from "./modelRuntime.ts";
import type { NextTokens } from "./nextTokens.ts";

type TokenEvent = Extract<GenerationEvent, { type: "token" }>;
type Wanted = Pick<GenerateOptions, "sampling" | "alternatives">;

/** The parts of node-llama-cpp's sequence that are used here; that package itself is imported in two files only. */
export interface ControlledSequence<T extends TokenId> {
  controlledEvaluate(
    input: (T | [T, { generateNext: NextToken<T> }])[],
  ): Promise<(ControlledOutput<T> | undefined)[]>;
  readonly nextTokenIndex: number;
  eraseContextTokenRanges(ranges: { start: number; end: number }[]): Promise<void>;
}

export interface NextToken<T> {
  token: boolean;
  totalLogitWeight: boolean;
  logits?: { filter: { tokens: T[]; includeTop: number; includeMax?: boolean } };
  options: { temperature: number };
}

export interface ControlledOutput<T> {
  readonly next: {
    readonly token?: T | null;
    readonly totalLogitWeight?: number;
    readonly logits?: ReadonlyMap<T, number>;
  };
}

interface SampledSequence<T extends TokenId, State> {
  evaluateWithMetadata(
    tokens: T[],
    metadata: { confidence: true; probabilities: true },
    options: {
      temperature: number;
      topP: number;
      topK: number;
      minP: number;
      seed?: number;
      grammarEvaluationState?: State;
      yieldEogToken: boolean;
    },
  ): AsyncGenerator<{ token: T; confidence: number; probabilities: Map<T, number> }, void, undefined>;
}

/**
 * The likeliest tokens one after the other, with their probability in the model's own distribution; that of a token at a
 * line's end is the probability of what it spells up to there, where `next` knows the line. A draft of `next` is
 * evaluated together with the token before it, and kept as far as its tokens are the likeliest themselves. The sum of
 * all weights relative to the greatest costs one pass over the vocabulary, while node-llama-cpp's `confidence`
 * sorts all of it for every token, which made the 0.5B with its 152 thousand entries a fifth slower.
 */
export async function* greedyTokens<T extends TokenId>(
  sequence: ControlledSequence<T>,
  prompt: readonly T[],
  { alternatives = 0 }: Wanted,
  next?: NextTokens<T>,
): AsyncGenerator<TokenEvent, void, undefined> {
  let input = prompt;
  for (;;) {
    const draft = next?.draft() ?? [];
    const families = Array.from(
      { length: draft.length + 1 },
      (_, at) => next?.endsAfter(draft.slice(0, at)) ?? [],
    );
    const batch = [...input, ...draft].map((token, index): T | [T, { generateNext: NextToken<T> }] => {
      const ends = families[index - input.length + 1];
      return ends ? [token, { generateNext: nextToken(ends.flat(), alternatives) }] : token;
    });
    const outputs = (await sequence.controlledEvaluate(batch)).slice(input.length - 1);
    const chosen = outputs.map((output) => output?.next.token);
    const wrong = draft.findIndex((token, at) => token !== chosen[at]);
    const right = wrong < 0 ? draft.length : wrong;
    next?.judged(draft, right);
    if (right < draft.length) {
      const end = sequence.nextTokenIndex;
      await sequence.eraseContextTokenRanges([{ start: end - draft.length + right, end }]);
    }
    for (const [at, output] of outputs.slice(0, right + 1).entries()) {
      const event = tokenEvent(output, families[at] ?? [], alternatives);
      next?.add(event.token as T);
      input = [event.token as T];
      yield draft.length > 0 ? { ...event, draft: at === 0 ? draft.length : 0 } : event;
    }
  }
}

function nextToken<T extends TokenId>(tokens: T[], alternatives: number): NextToken<T> {
  return {
    token: true,
    totalLogitWeight: true,
    options: { temperature: 0 },
    ...((alternatives > 0 || tokens.length > 0) && {
      logits: { filter: { tokens, includeTop: alternatives, includeMax: true } },
    }),
  };
}

function tokenEvent<T extends TokenId>(
  output: ControlledOutput<T> | undefined,
  families: readonly (readonly T[])[],
  alternatives: number,
): TokenEvent {
  const { token, totalLogitWeight, logits } = output?.next ?? {};
  if (token === undefined || token === null || totalLogitWeight === undefined)
    throw new Error("llama.cpp chose no token.");
  const most = Math.max(...(logits?.values() ?? []));
  const share = (other: T): number => Math.exp((logits?.get(other) ?? most) - most) / totalLogitWeight;
  const family = families.find((each) => each.includes(token)) ?? [token];
  return {
    type: "token",
    token,
    probability: Math.min(
      1,
      family.reduce((sum, each) => sum + share(each), 0),
    ),
    alternatives: [...(logits?.keys() ?? [])]
      .map((other) => ({ token: other, probability: share(other) }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, alternatives),
  };
}

/** Tokens drawn with a temperature or held to a grammar; probabilities are those among what was left to draw. */
export async function* sampledTokens<T extends TokenId, State>(
  sequence: SampledSequence<T, State>,
  prompt: readonly T[],
  { sampling, alternatives }: Wanted,
  grammar: { readonly grammarEvaluationState?: State },
): AsyncGenerator<TokenEvent, void, undefined> {
  const { temperature, topP, topK, minP, seed } = sampling;
  // Under a grammar, to ask for them tests the whole vocabulary against it for every token.
  const metadata = { confidence: alternatives !== undefined, probabilities: (alternatives ?? 0) > 0 } as {
    confidence: true;
    probabilities: true;
  };
  const results = sequence.evaluateWithMetadata([...prompt], metadata, {
    temperature,
    topP,
    topK,
    minP,
    ...(seed !== undefined && { seed }),
    ...grammar,
    yieldEogToken: true,
  });
  try {
    for await (const { token, confidence, probabilities } of results) {
      yield {
        type: "token",
        token,
        // Both are absent unless they were asked for above.
        probability: (confidence as number | undefined) ?? Number.NaN,
        alternatives: [...((probabilities as Map<T, number> | undefined) ?? [])]
          .slice(0, alternatives)
          .map(([other, probability]) => ({ token: other, probability })),
      };
    }
  } finally {
    await results.return();
  }
}
