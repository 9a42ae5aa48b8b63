/**
 * Asks again until the answer satisfies, at most `deadlineMs`.
 * @throws {Error} that tells what was waited for and the last answer.
 */
export async function until<T>(
  what: string,
  deadlineMs: number,
  ask: () => Promise<T> | T,
  satisfies: (answer: T) => boolean = Boolean,
  everyMs = 50,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (performance.now() > end) {
      throw new Error(`Not within ${deadlineMs / 1000} s: ${what}. Last seen: ${JSON.stringify(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
