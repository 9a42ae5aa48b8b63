/**
 * Waits for an answer that may never come, such as a language server's.
 * @returns undefined when it takes longer, or when `signal` aborts; what comes later is dropped, a failure included.
 * @throws what the answer fails with in time.
 */
export function answerWithin<T>(
  answer: PromiseLike<T>,
  ms: number,
  signal?: AbortSignal,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) resolve(undefined);
    const giveUp = (): void => end(() => resolve(undefined));
    const timer = setTimeout(giveUp, ms);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
      settle();
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    answer.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error)),
    );
  });
}
