import type {
  ChatRequest,
  CompletionEvent,
  FimRequest,
  ModelClient,
  TokenProbability,
  WeighedToken,
  WeighRequest,
} from "../../model/modelClient.ts";

/** Completes with one client and chats with another. */
export class PartedClient implements ModelClient {
  readonly #completion: ModelClient;
  readonly #chat: ModelClient;

  constructor(completion: ModelClient, chat: ModelClient) {
    this.#completion = completion;
    this.#chat = chat;
  }

  complete(request: FimRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.#completion.complete(request, signal);
  }

  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.#chat.chat(request, signal);
  }

  prefill(request: FimRequest, signal: AbortSignal): Promise<readonly TokenProbability[] | undefined> {
    return this.#completion.prefill(request, signal);
  }

  countTokens(text: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#chat.countTokens(text, signal);
  }

  /** Code is weighed where code is completed. */
  weigh(request: WeighRequest, signal: AbortSignal): Promise<readonly WeighedToken[] | undefined> {
    return this.#completion.weigh(request, signal);
  }
}
