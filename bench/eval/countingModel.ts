import type { CompletionEvent, FimRequest, ModelClient } from "../../src/model/modelClient.ts";
import type { Prediction } from "./predictions.ts";
import { tokensOf } from "./predictor.ts";

/**
 * Counts what a request cost where the backend does not get to say it, because the pipeline ends most streams as soon
 * as it has seen enough.
 */
export class CountingModel implements ModelClient {
  readonly #model: ModelClient;
  #request: FimRequest | undefined;
  #generated = 0;
  #told: Prediction["tokens"];

  constructor(model: ModelClient) {
    this.#model = model;
  }

  async *complete(
    request: FimRequest,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    this.#request = request;
    this.#generated = 0;
    this.#told = undefined;
    for await (const event of this.#model.complete(request, signal)) {
      if (event.type === "delta") this.#generated += event.tokens?.length ?? 0;
      else if (event.usage.promptTokens !== undefined) this.#told = tokensOf(event.usage);
      yield event;
    }
  }

  /** Tokens that the last request has brought so far. */
  get generated(): number {
    return this.#generated;
  }

  /** Tokens of the last request; those of the prompt are counted without its control tokens. */
  async tokens(signal: AbortSignal): Promise<Prediction["tokens"]> {
    if (this.#told || !this.#request) return this.#told;
    const { context, prefix, suffix } = this.#request;
    const parts = [...context.flatMap(({ path, text }) => [path, text]), prefix, suffix];
    const prompt = await this.#model.countTokens(parts.join("\n"), signal);
    return { ...(prompt !== undefined && { prompt }), generated: this.#generated };
  }

  prefill(request: FimRequest, signal: AbortSignal): ReturnType<ModelClient["prefill"]> {
    return this.#model.prefill(request, signal);
  }

  chat(...args: Parameters<ModelClient["chat"]>): AsyncIterable<CompletionEvent> {
    return this.#model.chat(...args);
  }

  countTokens(text: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#model.countTokens(text, signal);
  }

  weigh(...args: Parameters<ModelClient["weigh"]>): ReturnType<ModelClient["weigh"]> {
    return this.#model.weigh(...args);
  }
}
