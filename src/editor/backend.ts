import type { Disposable } from "../base/disposable.ts";
import { Emitter } from "../base/emitter.ts";
import type {
  ChatRequest,
  CompletionEvent,
  FimRequest,
  ModelClient,
  TokenProbability,
  WeighedToken,
  WeighRequest,
} from "../model/modelClient.ts";
import { ModelError } from "../model/modelErrors.ts";

/**
 * Makes a client when the first request needs it; called again after it has failed.
 * @param replaced aborts when another client takes its place: what it asks on its own account ends then.
 */
export type MakeClient = (replaced: AbortSignal) => Promise<ModelClient>;

/** The client that the settings ask for, exchanged while the rest holds on to this one; tells when it works. */
export class Backend implements ModelClient, Disposable {
  readonly #busy = new Emitter<boolean>();
  readonly #answered = new Emitter<void>();
  readonly #failed = new Emitter<void>();
  #make: MakeClient = noModel;
  #client: Promise<ModelClient> | undefined;
  #replaced = new AbortController();
  #running = 0;

  /** Fires with true when the first request begins and with false when the last has ended. */
  readonly onBusy = this.#busy.listen;

  /** Fires whenever a request has brought an answer. */
  readonly onAnswer = this.#answered.listen;

  /** Fires whenever a request has failed, before it counts as ended. */
  readonly onFailure = this.#failed.listen;

  /** @param make undefined while no model is chosen. */
  use(make: MakeClient | undefined): void {
    this.#replaced.abort();
    this.#replaced = new AbortController();
    this.#make = make ?? noModel;
    this.#client = undefined;
  }

  complete(request: FimRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.#counted((client) => client.complete(request, signal));
  }

  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.#counted((client) => client.chat(request, signal));
  }

  async prefill(request: FimRequest, signal: AbortSignal): Promise<readonly TokenProbability[] | undefined> {
    return (await this.#current()).prefill(request, signal);
  }

  async countTokens(text: string, signal: AbortSignal): Promise<number | undefined> {
    return (await this.#current()).countTokens(text, signal);
  }

  async weigh(request: WeighRequest, signal: AbortSignal): Promise<readonly WeighedToken[] | undefined> {
    return (await this.#current()).weigh(request, signal);
  }

  dispose(): void {
    this.#replaced.abort();
    this.#busy.dispose();
    this.#answered.dispose();
    this.#failed.dispose();
  }

  async *#counted(
    ask: (client: ModelClient) => AsyncIterable<CompletionEvent>,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    if (this.#running++ === 0) this.#busy.fire(true);
    try {
      for await (const event of ask(await this.#current())) {
        if (event.type === "done" && event.finishReason !== "cancelled") this.#answered.fire();
        yield event;
      }
    } catch (error) {
      this.#failed.fire();
      throw error;
    } finally {
      if (--this.#running === 0) this.#busy.fire(false);
    }
  }

  #current(): Promise<ModelClient> {
    if (!this.#client) {
      const client = this.#make(this.#replaced.signal);
      this.#client = client;
      client.catch(() => {
        if (this.#client === client) this.#client = undefined;
      });
    }
    return this.#client;
  }
}

async function noModel(): Promise<never> {
  throw new ModelError("no-model", "No model is chosen.", "Run “Wisp: Choose Model…”.");
}
