import type { TokenEvent } from "./begunTokens.ts";
import type { GenerationEvent, TokenId, WeighOptions } from "./modelRuntime.ts";
import { epochNow, type WorkLog } from "./workLog.ts";

interface Weighing<T> {
  readonly token: true;
  readonly totalLogitWeight: true;
  readonly logits: { filter: { tokens: T[]; includeTop: number } };
  readonly options: { readonly temperature: 0 };
}

/** The part of node-llama-cpp's sequence that is used here; that package itself is imported in two files only. */
interface WeighingSequence<T extends TokenId> {
  readonly nextTokenIndex: number;
  adaptStateToTokens(tokens: T[], allowShift: boolean): Promise<void>;
  controlledEvaluate(input: (T | [T, { generateNext: Weighing<T> }])[]): Promise<
    (
      | {
          readonly next: {
            readonly totalLogitWeight?: number;
            readonly logits?: ReadonlyMap<T, number>;
          };
        }
      | undefined
    )[]
  >;
}

/**
 * The tokens from `from` on, each with its probability behind those before it and the likeliest others. Reuses what the
 * sequence holds of the tokens in front.
 */
export async function* weighedTokens<T extends TokenId>(
  sequence: WeighingSequence<T>,
  options: WeighOptions & { readonly batch: () => number },
  work: WorkLog,
): AsyncGenerator<GenerationEvent, void, undefined> {
  const { lane, from, alternatives } = options;
  const tokens = options.tokens as readonly T[];
  // What stands in front of the first weighed token is evaluated again: its logits are needed.
  await sequence.adaptStateToTokens(tokens.slice(0, from - 1), false);
  const cached = sequence.nextTokenIndex;
  const end = tokens.length - 1;
  const started = performance.now();
  const length = tokens.length;
  const entry = work.begin({
    lane,
    decodes: false,
    promptTokens: length,
    prefixTokens: length,
    reused: cached,
  });
  try {
    const weighed: GenerationEvent[] = [];
    for (let at = cached; at < end; ) {
      const next = Math.min(at + options.batch(), end);
      weighed.push(...(await weighedBatch(sequence, tokens, [at, next], from, alternatives)));
      entry.evaluated += next - at;
      yield { type: "read", tokens: next - at };
      at = next;
      await options.breathe();
    }
    entry.promptAt = epochNow();
    yield { type: "prompt", cached, evaluated: entry.evaluated, ms: performance.now() - started };
    yield* weighed;
  } finally {
    entry.endedAt = epochNow();
  }
}

/** Evaluates `tokens[begin, end)` and gives what is told of the tokens that follow each of them, from `from` on. */
async function weighedBatch<T extends TokenId>(
  sequence: WeighingSequence<T>,
  tokens: readonly T[],
  [begin, end]: readonly [number, number],
  from: number,
  alternatives: number,
): Promise<readonly TokenEvent[]> {
  const input = tokens.slice(begin, end).map((token, index): T | [T, { generateNext: Weighing<T> }] => {
    const next = tokens[begin + index + 1];
    if (next === undefined || begin + index + 1 < from) return token;
    // The likeliest is always among them: the total is relative to its weight.
    const filter = { tokens: [next], includeTop: Math.max(1, alternatives) };
    const generateNext = { token: true, totalLogitWeight: true, logits: { filter } } as const;
    return [token, { generateNext: { ...generateNext, options: { temperature: 0 } } }];
  });
  const outputs = await sequence.controlledEvaluate(input);
  return outputs.flatMap((output, index) => {
    const next = tokens[begin + index + 1];
    const { logits, totalLogitWeight } = output?.next ?? {};
    if (next === undefined || logits === undefined || totalLogitWeight === undefined) return [];
    const most = Math.max(...logits.values());
    const probability = (logit: number): number => Math.exp(logit - most) / totalLogitWeight;
    const others = [...logits]
      .sort(([, a], [, b]) => b - a)
      .slice(0, alternatives)
      .map(([token, logit]) => ({ token, probability: probability(logit) }));
    const own = probability(logits.get(next) ?? Number.NEGATIVE_INFINITY);
    return [{ type: "token", token: next, probability: own, alternatives: others }];
  });
}
