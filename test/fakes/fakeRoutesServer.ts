import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface RoutedRequest {
  /** For example `POST /v1/completions`. */
  readonly route: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
}

export type Reply = (response: ServerResponse, request: RoutedRequest) => void;
/** By `METHOD /path`; `*` for everything else. */
export type Routes = Readonly<Record<string, (request: RoutedRequest) => Reply>>;

/** PEM. */
export interface Tls {
  readonly key: string;
  readonly cert: string;
}

export interface RoutesServerOptions {
  readonly tls?: Tls;
  /** Pages of which origin may ask; undefined: none. Every page unless given. */
  readonly allowOrigin?: string | undefined;
}

/** A loopback server that answers by route, and remembers what it was asked. */
export class FakeRoutesServer implements AsyncDisposable {
  readonly requests: RoutedRequest[] = [];
  readonly #server: Server;

  private constructor(routes: Routes, options: RoutesServerOptions) {
    const { tls, allowOrigin } = { allowOrigin: "*", ...options };
    const answered = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      // As servers do that let web pages ask them; what asks from elsewhere does not see it.
      if (allowOrigin !== undefined) response.setHeader("access-control-allow-origin", allowOrigin);
      response.setHeader("access-control-allow-headers", "authorization, content-type");
      if (request.method === "OPTIONS") {
        response.writeHead(204).end();
        return;
      }
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const text = Buffer.concat(parts).toString();
      const seen = {
        route: `${request.method} ${request.url?.split("?")[0]}`,
        headers: request.headers,
        body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
      };
      this.requests.push(seen);
      const answer = routes[seen.route] ?? routes["*"] ?? (() => replyJson(404, { detail: "Not Found" }));
      answer(seen)(response, seen);
    };
    this.#server = tls ? createTlsServer(tls, answered) : createServer(answered);
  }

  static async start(routes: Routes, options: RoutesServerOptions = {}): Promise<FakeRoutesServer> {
    const fake = new FakeRoutesServer(routes, options);
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

export function replyJson(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** Server-sent events; `[DONE]` at the end where the protocol has it. */
export function replyEvents(events: readonly unknown[], done: boolean): Reply {
  const lines = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return replyText([...lines, ...(done ? ["data: [DONE]\n\n"] : [])], "text/event-stream");
}

export function replyLines(values: readonly unknown[]): Reply {
  return replyText(
    values.map((value) => `${JSON.stringify(value)}\n`),
    "application/x-ndjson",
  );
}

function replyText(pieces: readonly string[], type: string): Reply {
  return (response) => {
    response.writeHead(200, { "content-type": type });
    for (const piece of pieces) response.write(piece);
    response.end();
  };
}
