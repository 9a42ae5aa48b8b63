import { Emitter } from "../base/emitter.ts";
import type {
  ChatRequest,
  CompletionEvent,
  FimRequest,
  ModelClient,
} from "../model/modelClient.ts";
import { ModelError } from "../model/modelErrors.ts";

/** The model client that the settings ask for, exchanged while the rest holds on to this one; tells when it works. */
export class Backend implements ModelClient {
  readonly #changed = new Emitter<boolean>();
  #client: ModelClient | undefined;
  #running = 0;

  /** Fires with true when the first request begins and with false when the last has ended. */
  readonly onBusy = this.#changed.listen;

  use(client: ModelClient | undefined): void {
    this.#client = client;
  }

  complete(request: FimRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.#counted((client) => client.complete(request, signal));
  }

  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.#counted((client) => client.chat(request, signal));
  }

  async prefill(request: FimRequest, signal: AbortSignal): Promise<void> {
    await this.#client?.prefill(request, signal);
  }

  async countTokens(text: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#client?.countTokens(text, signal);
  }

  async *#counted(
    ask: (client: ModelClient) => AsyncIterable<CompletionEvent>,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    if (!this.#client) {
      throw new ModelError("no-model", "No model is chosen.", "Run “Wisp: Choose Model…”.");
    }
    if (this.#running++ === 0) this.#changed.fire(true);
    try {
      yield* ask(this.#client);
    } finally {
      if (--this.#running === 0) this.#changed.fire(false);
    }
  }
}
