import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import { ModelError } from "./modelErrors.ts";

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export interface CallTimeouts {
  /** Until the first byte of the answer's body, loading a model included. */
  readonly firstByteMs: number;
  /** Between two pieces of a body, of a stream two lines; servers that send keep-alives count as alive. */
  readonly betweenChunksMs: number;
  /** Until the answer's end, however alive it is; twenty minutes unless given. */
  readonly wholeMs?: number;
}

export interface HttpCallOptions {
  readonly fetch: Fetch;
  readonly apiKey: () => Promise<string | undefined>;
  readonly timeouts: CallTimeouts;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const sentHeaders = ["accept", "content-type"];
const maxRedirects = 3;
/** A long chat answer of a slow machine takes minutes. */
const longestCallMs = 20 * 60_000;
const maxBodyBytes = 32 * 1024 * 1024;
/** Of a stream's one line; the pieces of an answer are short. */
const maxLineBytes = 1024 * 1024;
const lineFeed = 10;
/** What is shorter, a placeholder for instance, is no secret, and part of other words. */
const shortestSecret = 4;
/** In the web worker of the extension. A browser shows no redirect's target, so none is followed there. */
const inBrowser = "WorkerGlobalScope" in globalThis;

/**
 * One request of the client: sends only needed headers and the key, keeps both at the origin that the user
 * named, and ends what takes too long.
 */
export class HttpCall {
  readonly #options: HttpCallOptions;
  readonly #ended = new AbortController();
  #timer: Disposable | undefined;
  #failure: ModelError | undefined;
  #cause: unknown;
  #key: string | undefined;
  #endsAt = 0;

  constructor(options: HttpCallOptions) {
    this.#options = options;
  }

  /** Why this side ended the call, if it did. */
  get failure(): ModelError | undefined {
    return this.#failure;
  }

  /** What the transport said when it broke. */
  get cause(): unknown {
    return this.#cause;
  }

  /** `text` without the key, which some servers repeat when they refuse it. */
  readonly hideKey = (text: string): string =>
    this.#key === undefined || this.#key.length < shortestSecret
      ? text
      : text.replaceAll(this.#key, "(the key)");

  readonly fetch: Fetch = async (input, init) => {
    const { timeouts, clock } = this.#options;
    this.#endsAt = clock.now() + (timeouts.wholeMs ?? longestCallMs);
    this.#expectWithin(timeouts.firstByteMs);
    try {
      const response = await this.#send(input, init);
      return this.#watch(response);
    } catch (error) {
      this.#timer?.dispose();
      this.#cause ??= error;
      throw this.#failure ?? error;
    }
  };

  async #send(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const given = new Headers(init.headers);
    // A browser names itself, and asks every server first whether another name may be sent.
    const headers = new Headers(inBrowser ? {} : { "user-agent": "wisp" });
    for (const name of sentHeaders) {
      const value = given.get(name);
      if (value !== null) headers.set(name, value);
    }
    const key = await this.#options.apiKey();
    this.#key = key;
    // The platform's own error would quote the key.
    if (key && !/^[\t\x20-\x7e]*$/.test(key)) throw this.#fail(unsendableKey());
    if (key) headers.set("authorization", `Bearer ${key}`);
    const signal = AbortSignal.any([
      this.#ended.signal,
      this.#options.signal,
      ...(init.signal ? [init.signal] : []),
    ]);
    let url = new URL(input instanceof Request ? input.url : input);
    for (let redirects = 0; ; redirects++) {
      const response = await this.#options.fetch(url.href, { ...init, headers, signal, redirect: "manual" });
      const isRedirect =
        response.type === "opaqueredirect" || (response.status >= 300 && response.status <= 399);
      if (!isRedirect) return response;
      await response.body?.cancel();
      url = this.#redirect(url, response, init.method ?? "GET", redirects);
    }
  }

  #redirect(from: URL, response: Response, method: string, redirects: number): URL {
    const location = response.headers.get("location");
    const to = location === null ? null : URL.parse(location, from.href);
    const keepsMethod = method.toUpperCase() === "GET" || response.status === 307 || response.status === 308;
    if (to && to.origin === from.origin) {
      if (keepsMethod && redirects < maxRedirects) return to;
      throw this.#fail(keepsMethod ? circling(from) : changing(from, response.status));
    }
    throw this.#fail(
      new ModelError(
        "bad-response",
        `The server at ${from.origin} sends requests elsewhere${to ? `, to ${to.origin}` : ""}.`,
        "Requests and keys stay with the address in the settings; if the other address is right, set that.",
      ),
    );
  }

  #watch(response: Response): Response {
    if (response.ok && /^text\/html\b/i.test(response.headers.get("content-type") ?? "")) {
      void response.body?.cancel().catch(() => {});
      throw this.#fail(
        new ModelError(
          "bad-response",
          "The server answered with a web page.",
          "Check the server's address; it usually ends in /v1.",
        ),
      );
    }
    const { body } = response;
    if (!body) {
      this.#timer?.dispose();
      return response;
    }
    const reader = body.getReader();
    const isStream = /event-stream|ndjson/i.test(response.headers.get("content-type") ?? "");
    let bytes = 0;
    let lineBytes = 0;
    let waitsForLine = false;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            if (bytes > 0 && !waitsForLine) this.#expectWithin(this.#options.timeouts.betweenChunksMs);
            const { done, value } = await reader.read();
            waitsForLine = isStream && !done && !value.includes(lineFeed);
            if (!waitsForLine) this.#timer?.dispose();
            if (done) return controller.close();
            bytes += value.byteLength;
            const lastLine = value.lastIndexOf(lineFeed);
            lineBytes = lastLine < 0 ? lineBytes + value.byteLength : value.byteLength - lastLine - 1;
            if (bytes > maxBodyBytes || (isStream && lineBytes > maxLineBytes)) throw this.#fail(tooLarge());
            controller.enqueue(value);
          } catch (error) {
            this.#timer?.dispose();
            this.#cause ??= error;
            controller.error(this.#failure ?? error);
          }
        },
        cancel: (reason) => {
          this.#timer?.dispose();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    const { status, statusText, headers } = response;
    return new Response(stream, { status, statusText, headers });
  }

  #expectWithin(ms: number): void {
    this.#timer?.dispose();
    const { clock } = this.#options;
    const left = Math.max(0, this.#endsAt - clock.now());
    // An error's stack takes longer than all the rest, and hardly any is needed.
    this.#timer = clock.after(Math.min(ms, left), () => void this.#fail(left < ms ? endless() : silent(ms)));
  }

  #fail(error: ModelError): ModelError {
    this.#failure ??= error;
    this.#ended.abort(this.#failure);
    return this.#failure;
  }
}

function unsendableKey(): ModelError {
  return new ModelError(
    "unauthorized",
    "The server's key has a character that no key can have, perhaps an invisible one that was copied along.",
    "Enter the server's key again.",
  );
}

function circling({ origin }: URL): ModelError {
  return new ModelError(
    "bad-response",
    `The server at ${origin} sends requests from one of its paths to the next, without end.`,
    "Check the address; it usually ends in /v1. A proxy in front of the server may be set up wrongly.",
  );
}

function changing({ origin }: URL, status: number): ModelError {
  return new ModelError(
    "bad-response",
    `The server at ${origin} answers with a redirect (${status}) that would leave out what is asked.`,
    "Check the address: it usually ends in /v1, and a sign-in page may stand in front of it.",
  );
}

function silent(ms: number): ModelError {
  return new ModelError(
    "timeout",
    `The model gave nothing for ${Math.round(ms / 1000)} s.`,
    "The server may be busy or still loading the model; try again.",
  );
}

function endless(): ModelError {
  return new ModelError(
    "timeout",
    "The server's answer does not come to an end.",
    "Try again; if it stays so, the server or a proxy in front of it is not well.",
  );
}

function tooLarge(): ModelError {
  return new ModelError(
    "bad-response",
    "The server's answer is larger than anything that was asked for.",
    "Check that the address belongs to a model server.",
  );
}
