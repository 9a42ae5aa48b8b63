import { startsOf } from "./begunTokens.ts";
import { likeliestOfLead } from "./ledTokens.ts";
import type { ControlledOutput, ControlledSequence, NextToken } from "./llamaSampling.ts";
import type { GenerateOptions, TokenId, Vocabulary } from "./modelRuntime.ts";

/** A sequence whose tokens can be looked at. */
interface Readable<T extends TokenId> extends ControlledSequence<T> {
  readonly contextTokens: T[];
}

interface Told<T> {
  readonly output: ControlledOutput<T>;
  /** So many of the likeliest tokens are among its logits. */
  readonly top: number;
}

type Input<T> = (T | [T, { generateNext: NextToken<T> }])[];

/**
 * What the model told of the token behind the prompt that it read last. An answer to that very prompt begins with it,
 * where else the prompt's last token would be evaluated once more, at the cost of a token of the answer.
 */
export class ToldNext<T extends TokenId> {
  #told: (Told<T> & { readonly prompt: readonly T[] }) | undefined;

  /** Whether an answer begins with what was told: `sequence` still stands behind its prompt. */
  begins(
    { lane, tokens, maxTokens, sampling, form, alternatives }: GenerateOptions,
    { contextTokens }: Pick<Readable<T>, "contextTokens">,
  ): boolean {
    const isRead = maxTokens === 0 && alternatives === undefined;
    if (lane !== "completion" || sampling.temperature > 0 || form || isRead) return false;
    const isPrompt = (other: readonly TokenId[]): boolean =>
      other.length === tokens.length && tokens.every((token, index) => token === other[index]);
    return this.#told !== undefined && isPrompt(this.#told.prompt) && isPrompt(contextTokens);
  }

  /**
   * The sequence to evaluate in: one that keeps what is told where a prompt is read, and gives it where an answer
   * {@link begins} with it.
   */
  steps(
    { lane, tokens, maxTokens, lead }: GenerateOptions,
    sequence: ControlledSequence<T>,
    vocabulary: Pick<Vocabulary, "tokenize">,
    begins: boolean,
  ): ControlledSequence<T> {
    if (begins) return this.#resuming(sequence);
    if (lane !== "completion" || maxTokens > 0) return sequence;
    const starts = lead ? [...startsOf<T>([lead], vocabulary).keys()] : [];
    return this.#reading(sequence, tokens as readonly T[], starts);
  }

  /** @param also tokens that an answer may ask for besides the likeliest. */
  #reading(sequence: ControlledSequence<T>, prompt: readonly T[], also: readonly T[]): ControlledSequence<T> {
    return withEvaluation(sequence, async (input) => {
      const last = input.at(-1);
      if (!Array.isArray(last)) return sequence.controlledEvaluate(input);
      const [token, { generateNext }] = last;
      const { tokens = [], includeTop = 0 } = generateNext.logits?.filter ?? {};
      const filter = {
        tokens: [...new Set([...tokens, ...also])],
        includeTop: Math.max(includeTop, likeliestOfLead),
        includeMax: true,
      };
      const asked = { generateNext: { ...generateNext, totalLogitWeight: true, logits: { filter } } };
      const outputs = await sequence.controlledEvaluate([...input.slice(0, -1), [token, asked]]);
      const output = outputs.at(-1);
      this.#told = output && { prompt, output, top: filter.includeTop };
      return outputs;
    });
  }

  /** The first input is the last token of the prompt, which stands in the sequence already. */
  #resuming(sequence: ControlledSequence<T>): ControlledSequence<T> {
    let told: Told<T> | undefined = this.#told;
    return withEvaluation(sequence, async ([last, ...rest]) => {
      const first = told;
      told = undefined;
      if (last !== undefined && first && tells(first, last))
        return [first.output, ...(rest.length > 0 ? await sequence.controlledEvaluate(rest) : [])];
      if (first) {
        const end = sequence.nextTokenIndex;
        await sequence.eraseContextTokenRanges([{ start: end - 1, end }]);
      }
      return sequence.controlledEvaluate(last === undefined ? rest : [last, ...rest]);
    });
  }
}

/** Whether `output` has all that is asked for. */
function tells<T>({ output, top }: Told<T>, input: Input<T>[number]): boolean {
  const { tokens = [], includeTop = 0 } =
    (Array.isArray(input) ? input[1].generateNext.logits?.filter : undefined) ?? {};
  return includeTop <= top && tokens.every((token) => output.next.logits?.has(token));
}

function withEvaluation<T extends TokenId>(
  sequence: ControlledSequence<T>,
  controlledEvaluate: ControlledSequence<T>["controlledEvaluate"],
): ControlledSequence<T> {
  return {
    controlledEvaluate,
    get nextTokenIndex() {
      return sequence.nextTokenIndex;
    },
    eraseContextTokenRanges: (ranges) => sequence.eraseContextTokenRanges(ranges),
  };
}
