import type {
  ChatRequest,
  CompletionEvent,
  FinishReason,
  ModelClient,
  WeighedToken,
  WeighRequest,
} from "../../src/model/modelClient.ts";

/**
 * Keeps the answers of a chat model and gives them again to the same request, so that the same candidates can be
 * checked in another way. An answer that was ended early is kept as far as it was read, one that was cut off as that.
 */
export class TapedModel implements ModelClient {
  readonly #model: ModelClient;
  readonly #tape = new Map<string, { readonly text: string; readonly finishReason: FinishReason }>();
  readonly #weighed = new Map<string, readonly WeighedToken[]>();

  constructor(model: ModelClient) {
    this.#model = model;
  }

  async *chat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    const key = JSON.stringify(request);
    const known = this.#tape.get(key);
    if (known !== undefined) {
      yield { type: "delta", candidate: 0, text: known.text };
      yield { type: "done", finishReason: known.finishReason, usage: {} };
      return;
    }
    let text = "";
    let finishReason: FinishReason = "stop";
    try {
      for await (const event of this.#model.chat(request, signal)) {
        if (event.type === "delta") text += event.text;
        else finishReason = event.finishReason;
        yield event;
      }
    } finally {
      if (finishReason !== "cancelled" && text !== "") this.#tape.set(key, { text, finishReason });
    }
  }

  complete(...args: Parameters<ModelClient["complete"]>): AsyncIterable<CompletionEvent> {
    return this.#model.complete(...args);
  }

  prefill(...args: Parameters<ModelClient["prefill"]>): ReturnType<ModelClient["prefill"]> {
    return this.#model.prefill(...args);
  }

  countTokens(...args: Parameters<ModelClient["countTokens"]>): Promise<number | undefined> {
    return this.#model.countTokens(...args);
  }

  async weigh(request: WeighRequest, signal: AbortSignal): Promise<readonly WeighedToken[] | undefined> {
    const key = JSON.stringify(request);
    const known = this.#weighed.get(key) ?? (await this.#model.weigh(request, signal));
    if (known) this.#weighed.set(key, known);
    return known;
  }
}
