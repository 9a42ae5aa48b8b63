import type {
  ChatRequest,
  CompletionEvent,
  FimRequest,
  ModelClient,
  TokenProbability,
  WeighedToken,
  WeighRequest,
} from "../../model/modelClient.ts";

/**
 * A client that finds out with the first completion how completions are asked for; chat does not wait for it. That goes on
 * when the completion is withdrawn: with each key that is typed it would begin anew, and never end.
 */
export class ProvenClient implements ModelClient {
  readonly #chat: ModelClient;
  readonly #prove: () => Promise<ModelClient>;
  readonly #replaced: AbortSignal;
  #completion: Promise<ModelClient> | undefined;
  #isProven = false;

  /**
   * @param prove is called again after it has failed.
   * @param replaced ends what `prove` does, and nobody is told that it failed.
   */
  constructor(chat: ModelClient, prove: () => Promise<ModelClient>, replaced: AbortSignal) {
    this.#chat = chat;
    this.#prove = prove;
    this.#replaced = replaced;
  }

  async *complete(
    request: FimRequest,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    let client: ModelClient;
    try {
      client = await this.#proven();
    } catch (error) {
      if (!this.#replaced.aborted) throw error;
      return yield { type: "done", finishReason: "cancelled", usage: {} };
    }
    yield* client.complete(request, signal);
  }

  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.#chat.chat(request, signal);
  }

  async prefill(request: FimRequest, signal: AbortSignal): Promise<readonly TokenProbability[] | undefined> {
    return this.#isProven ? (await this.#proven()).prefill(request, signal) : [];
  }

  countTokens(text: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#chat.countTokens(text, signal);
  }

  weigh(request: WeighRequest, signal: AbortSignal): Promise<readonly WeighedToken[] | undefined> {
    return this.#chat.weigh(request, signal);
  }

  #proven(): Promise<ModelClient> {
    if (!this.#completion) {
      const proving = this.#prove();
      this.#completion = proving;
      proving.then(
        () => {
          this.#isProven = true;
        },
        () => {
          this.#completion = undefined;
        },
      );
    }
    return this.#completion;
  }
}
