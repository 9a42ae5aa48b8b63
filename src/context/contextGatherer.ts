import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { withdrawn } from "../base/withdrawn.ts";
import type { ContextSnippet } from "../model/modelClient.ts";
import type { ContextProvider, ContextQuery, ScoredSnippet } from "./contextProvider.ts";
import { isSecretFile } from "./secretFiles.ts";
import type { SecretScan } from "./secretScan.ts";

/** Lines that the cursor may move before snippets are ranked again. */
const frozenLines = 6;
/** A snippet that the engine has read already is left for one that is better by this much. */
const stayingBonus = 0.04;

/** What the providers were asked once; their answers may go on coming while the cursor stays near. */
interface Round {
  readonly uri: string;
  readonly line: number;
  readonly found: ScoredSnippet[];
  readonly controller: AbortController;
  /** Resolves when the snippets are packed for the first time. */
  readonly packed: PromiseWithResolvers<void>;
  snippets: readonly ContextSnippet[];
  /** What stood in the prompts of the round before in the same document, in order. */
  readonly before: readonly ContextSnippet[];
  /** The line for which, and the number of findings from which, the snippets were packed. */
  packedLine: number;
  packedFrom: number;
}

/**
 * Asks every provider, waits no longer than the deadline, and packs the best snippets into the budget. The answer is
 * frozen while the cursor stays near, because another order would evaluate the whole prompt again; what came late is
 * added when the cursor comes to another line.
 */
export class ContextGatherer {
  readonly #providers: readonly ContextProvider[];
  readonly #secrets: SecretScan;
  readonly #clock: Clock;
  readonly #log: Log;
  #round: Round | undefined;

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
    const round = this.#round;
    if (round?.uri === query.uri && Math.abs(round.line - query.line) <= frozenLines) {
      await round.packed.promise;
      const isNewLine = query.line !== round.packedLine;
      if (isNewLine && round.found.length > round.packedFrom) this.#pack(round, query, budgetCharacters);
      return round.snippets;
    }
    round?.controller.abort(withdrawn);
    this.#round = undefined;
    if (this.#providers.length === 0 || budgetCharacters <= 0) return [];
    const { uri, line } = query;
    const fresh: Round = {
      uri,
      line,
      found: [],
      controller: new AbortController(),
      packed: Promise.withResolvers<void>(),
      snippets: [],
      before: round?.uri === uri ? round.snippets : [],
      packedLine: line,
      packedFrom: 0,
    };
    this.#round = fresh;
    await this.#atMost(deadlineMs, this.#ask(fresh, query), signal);
    this.#pack(fresh, query, budgetCharacters);
    fresh.packed.resolve();
    return fresh.snippets;
  }

  /** Asks and packs anew at the next request: what may be shared may have changed. */
  forget(): void {
    this.#round?.controller.abort(withdrawn);
    this.#round = undefined;
  }

  /** Goes on although the request may be over: the next one on the place is served by what it finds. */
  async #ask({ found, controller }: Round, query: ContextQuery): Promise<void> {
    const { signal } = controller;
    const asked = this.#providers.map(async (provider) => {
      try {
        const snippets = await provider.snippets(query, signal);
        if (!signal.aborted) found.push(...snippets);
      } catch (error) {
        if (!signal.aborted) this.#log.warn(`Context provider ${provider.name} failed: ${String(error)}`);
      }
    });
    await Promise.all(asked);
  }

  async #atMost(ms: number, work: Promise<unknown>, signal: AbortSignal): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = this.#clock.after(ms, over.resolve);
    const onAbort = () => over.resolve();
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    await Promise.race([work, over.promise]);
    signal.removeEventListener("abort", onAbort);
    timer.dispose();
  }

  #pack(round: Round, { path: ownPath, line, mayShare }: ContextQuery, budget: number): void {
    const allowed = round.found.filter(({ path }) => !isSecretFile(path) && (mayShare?.(path) ?? true));
    const known = round.packedFrom > 0 ? round.snippets : round.before;
    const rows = allowed.map(({ path, text, score }) => {
      const snippet = { path: path || ownPath, text: this.#secrets.mask(text) };
      const place = known.findIndex((one) => one.path === snippet.path && one.text === snippet.text);
      return { snippet, place, score: place < 0 ? score : score + stayingBonus };
    });
    rows.sort((a, b) => b.score - a.score || (a.snippet.path < b.snippet.path ? -1 : 1));
    const packed: typeof rows = [];
    let left = budget;
    for (const row of rows) {
      const { path, text } = row.snippet;
      const cost = text.length + path.length + 16;
      if (cost > left || packed.some(({ snippet }) => snippet.text === text)) continue;
      left -= cost;
      packed.push(row);
    }
    round.snippets = inOrder(packed).map(({ snippet }) => snippet);
    round.packedLine = line;
    round.packedFrom = round.found.length;
  }
}

/**
 * What has been read stays where it is in front, so that it need not be read again; of what is new the best one stands
 * nearest to the code. @param rows best first.
 */
function inOrder<T extends { readonly place: number }>(rows: readonly T[]): readonly T[] {
  const staying = rows.filter(({ place }) => place >= 0).sort((a, b) => a.place - b.place);
  return [...staying, ...rows.filter(({ place }) => place < 0).reverse()];
}
