import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { ContextSnippet } from "../model/modelClient.ts";
import type { ContextProvider, ContextQuery, ScoredSnippet } from "./contextProvider.ts";
import type { SecretScan } from "./secretScan.ts";

/** Lines that the cursor may move before snippets are ranked again. */
const frozenLines = 4;

interface Frozen {
  readonly uri: string;
  readonly line: number;
  readonly snippets: readonly ContextSnippet[];
}

/**
 * Asks every provider, waits no longer than the deadline, and packs the best snippets into the budget. The answer is
 * frozen while the cursor stays near, because another order would evaluate the whole prompt again.
 */
export class ContextGatherer {
  readonly #providers: readonly ContextProvider[];
  readonly #secrets: SecretScan;
  readonly #clock: Clock;
  readonly #log: Log;
  #frozen: Frozen | undefined;

  constructor(providers: readonly ContextProvider[], secrets: SecretScan, clock: Clock, log: Log) {
    this.#providers = providers;
    this.#secrets = secrets;
    this.#clock = clock;
    this.#log = log;
  }

  async gather(
    query: ContextQuery,
    budgetCharacters: number,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<readonly ContextSnippet[]> {
    const frozen = this.#frozen;
    if (frozen?.uri === query.uri && Math.abs(frozen.line - query.line) <= frozenLines)
      return frozen.snippets;
    if (this.#providers.length === 0 || budgetCharacters <= 0) return [];
    const found: ScoredSnippet[] = [];
    const all = Promise.all(
      this.#providers.map(async (provider) => {
        try {
          found.push(...(await provider.snippets(query, signal)));
        } catch (error) {
          if (!signal.aborted) this.#log.warn(`Context provider ${provider.name} failed: ${String(error)}`);
        }
      }),
    );
    await this.#atMost(deadlineMs, all);
    const snippets = this.#pack(found, query.path, budgetCharacters);
    this.#frozen = { uri: query.uri, line: query.line, snippets };
    return snippets;
  }

  async #atMost(ms: number, work: Promise<unknown>): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.after(ms, late.resolve);
    await Promise.race([work, late.promise]);
    timer.dispose();
  }

  #pack(found: readonly ScoredSnippet[], ownPath: string, budget: number): readonly ContextSnippet[] {
    const best = [...found].sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1));
    const packed: ContextSnippet[] = [];
    let left = budget;
    for (const { path, text } of best) {
      const cost = text.length + path.length + 16;
      if (cost > left || packed.some((one) => one.text === text)) continue;
      left -= cost;
      packed.push({ path: path || ownPath, text: this.#secrets.mask(text) });
    }
    // The best one stands nearest to the code.
    return packed.reverse();
  }
}
