import type {
  ChatRequest,
  CompletionEvent,
  FimRequest,
  ModelClient,
  TokenProbability,
  WeighedToken,
  WeighRequest,
} from "../../model/modelClient.ts";

/** A client that finds out with the first completion how completions are asked for; chat does not wait for it. */
export class ProvenClient implements ModelClient {
  readonly #chat: ModelClient;
  readonly #prove: () => Promise<ModelClient>;
  #completion: Promise<ModelClient> | undefined;
  #isProven = false;

  /** @param prove is called again after it has failed. */
  constructor(chat: ModelClient, prove: () => Promise<ModelClient>) {
    this.#chat = chat;
    this.#prove = prove;
  }

  async *complete(
    request: FimRequest,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    yield* (await this.#proven()).complete(request, signal);
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
