import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { ContextGatherer } from "../context/contextGatherer.ts";
import type { ContextProvider } from "../context/contextProvider.ts";
import { SecretScan } from "../context/secretScan.ts";
import { TokenBudget } from "../context/tokenBudget.ts";
import type { FimRequest, Usage } from "../model/modelClient.ts";
import { CompletionPrompt } from "../prompt/completionPrompt.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";

const gatherDeadlineMs = 40;
const lineTokens = 48;
const tokensPerBlockLine = 14;
const mostBlockTokens = 160;

/** From a snapshot to the request for the model, within the budget. */
export class RequestBuilder {
  readonly #budget = new TokenBudget();
  readonly #secrets = new SecretScan();
  readonly #prompt = new CompletionPrompt(this.#budget, this.#secrets);
  readonly #gatherer: ContextGatherer;

  constructor(providers: readonly ContextProvider[], clock: Clock, log: Log) {
    this.#gatherer = new ContextGatherer(providers, this.#secrets, clock, log);
  }

  async build(
    document: DocumentSnapshot,
    settings: CompletionSettings,
    mode: "line" | "block",
    signal: AbortSignal,
  ): Promise<FimRequest> {
    const limits = {
      maxPromptTokens: settings.maxPromptTokens,
      maxTokens:
        mode === "line"
          ? lineTokens
          : Math.min(mostBlockTokens, lineTokens + settings.maxLines * tokensPerBlockLine),
    };
    const query = { ...document, line: document.position.line };
    const room = this.#prompt.contextCharacters(limits);
    const context = await this.#gatherer.gather(query, room, gatherDeadlineMs, signal);
    return this.#prompt.request(document, context, limits);
  }

  /** What a request cost tells how long tokens are. */
  learn({ context, prefix, suffix }: FimRequest, usage: Usage | undefined): void {
    if (!usage) return;
    let characters = prefix.length + suffix.length;
    for (const { path, text } of context) characters += path.length + text.length;
    this.#budget.learn(characters, usage);
  }
}
