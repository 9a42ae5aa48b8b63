import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { ContextGatherer } from "../context/contextGatherer.ts";
import type { ContextProvider, MayShare } from "../context/contextProvider.ts";
import { SecretScan } from "../context/secretScan.ts";
import { TokenBudget } from "../context/tokenBudget.ts";
import type { FimRequest, Usage } from "../model/modelClient.ts";
import { CompletionPrompt } from "../prompt/completionPrompt.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import { Speed } from "./speed.ts";

/** How long an answer from the language server or an index is waited for. */
export const gatherDeadlineMs = 40;
const lineTokens = 64;
const tokensPerBlockLine = 14;
/** What follows a line, or the body of what turns out to be a head. */
const behindLineTokens = 64;
const mostBlockTokens = 160;
/** Reading a whole prompt may take this long; it happens when a file is opened, before anybody waits. */
const coldMs = 9_000;
const leastPromptTokens = 200;
const suffixBounds = { low: 16, high: 32 };
/** New characters at a key, and the tokens that spell a usual line. */
const newTokens = 8;
const usualLineTokens = 10;
/** A block that takes longer to write comes too late. */
const blockMs = 6_000;

/** From a snapshot to the request for the model, within the budget and what the machine can do in time. */
export class RequestBuilder {
  readonly speed = new Speed();
  readonly #budget = new TokenBudget();
  readonly #secrets = new SecretScan();
  readonly #prompt = new CompletionPrompt(this.#budget, this.#secrets);
  readonly #gatherer: ContextGatherer;

  constructor(providers: readonly ContextProvider[], clock: Clock, log: Log) {
    this.#gatherer = new ContextGatherer(providers, this.#secrets, clock, log);
  }

  /**
   * @param mayShare whether a file's text may enter the prompt of another one.
   * @param line for which snippets are ranked: the cursor's, though the document may be one that is only expected.
   */
  async build(
    document: DocumentSnapshot,
    settings: CompletionSettings,
    mayShare: MayShare,
    signal: AbortSignal,
    line = document.position.line,
  ): Promise<FimRequest> {
    const limits = {
      maxPromptTokens: this.#promptTokens(settings),
      suffixTokens: this.#suffixTokens(settings),
      maxTokens: this.maxTokens("line", settings),
    };
    const query = { ...document, line, mayShare };
    const room = this.#prompt.contextCharacters(limits);
    const context = await this.#gatherer.gather(query, room, gatherDeadlineMs, signal);
    return this.#prompt.request(document, context, limits);
  }

  /** What is frozen may hold no longer under other settings. */
  forget(): void {
    this.#gatherer.forget();
    this.#prompt.forget();
  }

  maxTokens(mode: "line" | "block", { maxLines }: CompletionSettings): number {
    if (mode === "line") return lineTokens + (maxLines > 1 ? behindLineTokens : 0);
    const wanted = Math.min(mostBlockTokens, lineTokens + maxLines * tokensPerBlockLine);
    return Math.max(lineTokens, Math.min(wanted, Math.floor((blockMs * this.speed.decode) / 1_000)));
  }

  /** What a request cost tells how long tokens are and how fast the machine is. */
  learn({ context, prefix, suffix }: FimRequest, usage: Usage): void {
    this.speed.learn(usage);
    let characters = prefix.length + suffix.length;
    for (const { path, text } of context) characters += path.length + text.length;
    this.#budget.learn(characters, usage);
  }

  #promptTokens({ maxPromptTokens }: CompletionSettings): number {
    const affordable = Math.floor((coldMs * this.speed.prefill) / 1_000);
    return Math.min(maxPromptTokens, Math.max(leastPromptTokens, affordable));
  }

  /** The suffix is read again at every key, so it gets what the wanted latency leaves. */
  #suffixTokens({ targetLatencyMs }: CompletionSettings): number {
    const leftMs = targetLatencyMs - this.speed.predictMs(newTokens, usualLineTokens);
    const tokens = Math.floor((leftMs * this.speed.prefill) / 1_000);
    return Math.min(suffixBounds.high, Math.max(suffixBounds.low, tokens));
  }
}
