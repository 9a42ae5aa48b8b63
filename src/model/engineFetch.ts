import type { Listen } from "../base/emitter.ts";
import type { FromEngine, ToEngine } from "../engine/protocol.ts";
import { ModelError } from "./modelErrors.ts";

/** The parent's end of the IPC channel. `send` throws when the channel is closed. */
export interface EnginePort {
  send(message: ToEngine): void;
  readonly onMessage: Listen<FromEngine>;
}

/** Stands in for the engine's address in URLs; nothing resolves or connects to it. */
export const engineBaseUrl = "http://engine.invalid/v1";

/** An answer that nobody reads may pile up this far before its request is given up. */
const maxUnreadBytes = 8 * 1024 * 1024;

const bodiless = new Set([204, 205, 304]);

interface PendingRequest {
  onHead(status: number, headers: Readonly<Record<string, string>>): void;
  onChunk(text: string): void;
  onEnd(): void;
  fail(error: unknown): void;
}

/** A web `fetch` whose requests travel as messages over one {@link EnginePort}; one channel per child process. */
export class EngineChannel {
  readonly #port: EnginePort;
  readonly #pending = new Map<number, PendingRequest>();
  #nextId = 1;
  #closed: ModelError | undefined;

  constructor(port: EnginePort) {
    this.#port = port;
    port.onMessage((message) => this.#receive(message));
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** Requests whose answer is not complete. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * Like the global `fetch`: aborting rejects with the signal's reason, or errors the body with it.
   * @throws {ModelError} `engine-crashed` or what {@link close} was given, when the engine goes away.
   */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const parts = plainParts(input, init) ?? (await readParts(new Request(input, init)));
    const { url, method, headers, body, signal } = parts;
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;
    const id = this.#nextId++;
    return new Promise<Response>((resolve, reject) => {
      this.#track(id, signal, resolve, reject);
      try {
        this.#port.send({
          type: "request",
          id,
          method,
          path: url.pathname + url.search,
          headers: Object.fromEntries(headers),
          ...(body !== undefined && { body }),
        });
      } catch (error) {
        this.#pending.get(id)?.fail(crashed("The engine no longer takes requests.", error));
      }
    });
  };

  /** Fails every pending and every later request with `error`. */
  close(error: ModelError): void {
    this.#closed ??= error;
    for (const pending of [...this.#pending.values()]) pending.fail(error);
  }

  #track(
    id: number,
    signal: AbortSignal | undefined,
    resolve: (response: Response) => void,
    reject: (error: unknown) => void,
  ): void {
    const encoder = new TextEncoder();
    let body: ReadableStreamDefaultController<Uint8Array> | undefined;
    const settle = (): void => {
      this.#pending.delete(id);
      signal?.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown): void => {
      settle();
      if (body) body.error(error);
      else reject(error);
    };
    const onAbort = (): void => {
      this.#sendAbort(id);
      fail(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#pending.set(id, {
      fail,
      onHead: (status, headers) => {
        const stream = new ReadableStream<Uint8Array>(
          {
            start: (controller) => {
              body = controller;
            },
            cancel: () => {
              settle();
              this.#sendAbort(id);
            },
          },
          new ByteLengthQueuingStrategy({ highWaterMark: maxUnreadBytes }),
        );
        try {
          resolve(new Response(bodiless.has(status) ? null : stream, { status, headers }));
        } catch (error) {
          body = undefined;
          this.#sendAbort(id);
          fail(badResponse("The engine answered with an impossible status or header.", error));
        }
      },
      onChunk: (text) => {
        if (!body) return;
        body.enqueue(encoder.encode(text));
        if ((body.desiredSize ?? 0) > 0) return;
        this.#sendAbort(id);
        fail(badResponse("The engine's answer is larger than anything that was asked for."));
      },
      onEnd: () => {
        if (!body) return fail(badResponse("The engine ended a request without an answer."));
        settle();
        body.close();
      },
    });
  }

  #receive(message: FromEngine): void {
    if (!("id" in message)) return;
    const pending = this.#pending.get(message.id);
    switch (message.type) {
      case "head":
        pending?.onHead(message.status, message.headers);
        return;
      case "chunk":
        pending?.onChunk(message.text);
        return;
      case "end":
        pending?.onEnd();
        return;
      case "failed":
        pending?.fail(
          new ModelError(
            "server-error",
            `The engine broke off: ${message.message}`,
            "Try again; if it happens again, restart the engine and look at Wisp's log.",
          ),
        );
        return;
      case "pong":
        return;
    }
  }

  #sendAbort(id: number): void {
    if (this.#closed) return;
    try {
      this.#port.send({ type: "abort", id });
    } catch {
      // A closed channel means that the process is going, and its work with it.
    }
  }
}

interface RequestParts {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What comes with nearly every key goes this way: a `Request` makes a stream of its body, which is read again at once. */
function plainParts(input: string | URL | Request, init: RequestInit = {}): RequestParts | undefined {
  const { method = "GET", headers, body, signal } = init;
  if (input instanceof Request || (body && typeof body !== "string")) return undefined;
  return {
    url: new URL(input),
    method,
    headers: new Headers(headers),
    body: body ?? undefined,
    signal: signal ?? undefined,
  };
}

async function readParts(request: Request): Promise<RequestParts> {
  const { url, method, headers, signal } = request;
  const body = request.body === null ? undefined : await request.text();
  return { url: new URL(url), method, headers, body, signal };
}

export function crashed(message: string, cause?: unknown): ModelError {
  return new ModelError(
    "engine-crashed",
    message,
    "It is started again by itself; try again in a moment.",
    cause,
  );
}

function badResponse(message: string, cause?: unknown): ModelError {
  return new ModelError(
    "bad-response",
    message,
    "Restart the engine, and report this if it happens again.",
    cause,
  );
}
