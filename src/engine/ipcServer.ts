import type { FromEngine, ToEngine } from "./protocol.ts";

export interface IpcOptions {
  readonly handle: (request: Request) => Response | Promise<Response>;
  readonly send: (message: FromEngine) => void;
}

/** Answers the messages of a channel with a web request handler. */
export class IpcServer {
  readonly #options: IpcOptions;
  readonly #running = new Map<number, AbortController>();

  constructor(options: IpcOptions) {
    this.#options = options;
  }

  readonly receive = (message: ToEngine): void => {
    switch (message.type) {
      case "ping":
        this.#options.send({ type: "pong", id: message.id });
        return;
      case "abort":
        this.#running.get(message.id)?.abort(new DOMException("The request was aborted.", "AbortError"));
        return;
      case "request":
        void this.#answer(message);
        return;
    }
  };

  async #answer(message: Extract<ToEngine, { type: "request" }>): Promise<void> {
    const { id, method, path, body } = message;
    const { handle, send } = this.#options;
    const abort = new AbortController();
    this.#running.set(id, abort);
    try {
      const response = await handle(
        new Request(new URL(path, "http://engine.invalid"), {
          method,
          signal: abort.signal,
          ...(body !== undefined && { body }),
        }),
      );
      if (abort.signal.aborted) return;
      send({ type: "head", id, status: response.status });
      const texts = response.body?.pipeThrough(new TextDecoderStream(), { signal: abort.signal });
      if (texts) for await (const text of texts) if (text !== "") send({ type: "chunk", id, text });
      send({ type: "end", id });
    } catch (error) {
      if (abort.signal.aborted) return;
      send({ type: "failed", id, message: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#running.delete(id);
    }
  }
}
