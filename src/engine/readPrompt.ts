/** What a sequence of llama.cpp's has that is needed here. */
interface Sequence<T> {
  evaluateWithoutGeneratingNewTokens(tokens: T[]): Promise<void>;
}

export interface Batches {
  /** Tokens of the next batch, asked anew before each. */
  size(): number;
  /** Where the prompt is to have been read to. */
  readonly end: number;
  /** Otherwise the last batch is left, which goes with the first token of the answer and then costs no batch of its own. */
  readonly isWhole: boolean;
  breathe(): Promise<void>;
}

/** Evaluates `prompt` from `at` on, batch by batch; yields the tokens of each and its time in milliseconds. */
export async function* readPrompt<T>(
  sequence: Sequence<T>,
  prompt: readonly T[],
  at: number,
  { size, end, isWhole, breathe }: Batches,
): AsyncGenerator<{ readonly tokens: number; readonly ms: number }, void, undefined> {
  let from = at;
  for (let batch = size(); isWhole ? from < end : from + batch <= end; batch = size()) {
    const to = Math.min(from + batch, end);
    const startedAt = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(from, to));
    yield { tokens: to - from, ms: performance.now() - startedAt };
    from = to;
    await breathe();
  }
}
