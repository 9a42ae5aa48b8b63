import { once } from "node:events";
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** What the wire does to an answer. */
export type Fault =
  | "none"
  | "hang-before-headers"
  | "hang-mid-stream"
  | "reset-mid-token"
  | "slow-drip"
  | "split-characters"
  | "gigantic-event"
  | "invalid-json"
  | "html"
  | "html-502"
  | "redirect-elsewhere"
  /** Refuses the key and repeats it: in an error's text, beside JSON, in a stream. */
  | "echo-key"
  | "echo-key-as-text"
  | "echo-key-in-stream"
  | { readonly status: number; readonly headers?: Record<string, string> };

/**
 * A proxy on loopback in front of a healthy server, with faults that a test switches on and off. `stop` refuses
 * connections, `start` takes them again on the same port.
 */
export class FakeFaultyServer implements AsyncDisposable {
  fault: Fault = "none";
  /** Where a redirect leads. */
  elsewhere = "";
  /** Requests whose client left before the answer was complete. */
  left = 0;
  /** Requests that came. */
  seen = 0;
  readonly #target: string;
  #server: Server | undefined;
  #port = 0;

  private constructor(target: string) {
    this.#target = target;
  }

  static async start(target: string): Promise<FakeFaultyServer> {
    const proxy = new FakeFaultyServer(target);
    await proxy.start();
    return proxy;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#port}/v1`;
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => this.#pass(request, response));
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    this.seen++;
    response.on("close", () => {
      if (!response.writableFinished) this.left++;
    });
    if (this.#answersItself(request, response)) {
      request.resume();
      return;
    }
    const { pathname } = new URL(request.url ?? "/", this.#target);
    const onward = forward(
      `${this.#target}${pathname}`,
      { method: request.method ?? "GET", headers: { "content-type": "application/json" } },
      async (answer) => {
        response.writeHead(answer.statusCode ?? 500, {
          "content-type": answer.headers["content-type"] ?? "application/json",
        });
        const parts: Buffer[] = [];
        for await (const part of answer) parts.push(part as Buffer);
        await this.#spoil(Buffer.concat(parts), response);
      },
    );
    request.pipe(onward);
  }

  /** Faults in which the healthy server is never asked. */
  #answersItself(request: IncomingMessage, response: ServerResponse): boolean {
    const { fault } = this;
    if (typeof fault === "object") {
      const body = JSON.stringify({ error: { message: `status ${fault.status}` } });
      response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers }).end(body);
    } else if (fault === "redirect-elsewhere") {
      response.writeHead(307, { location: `${this.elsewhere}/v1/completions` }).end();
    } else if (fault === "html" || fault === "html-502") {
      const status = fault === "html" ? 200 : 502;
      response.writeHead(status, { "content-type": "text/html" }).end("<html><h1>nginx</h1></html>");
    } else if (fault === "echo-key") {
      const { authorization } = request.headers;
      const error = { message: `Invalid token: ${authorization}`, param: { sent: authorization } };
      response.writeHead(401, { "content-type": "application/json", "x-sent": String(authorization) });
      response.end(JSON.stringify({ error }));
    } else if (fault === "echo-key-as-text") {
      response.writeHead(403, { "content-type": "text/plain" }).end(`No: ${request.headers.authorization}`);
    } else if (fault === "echo-key-in-stream") {
      const error = { message: `Expired: ${request.headers.authorization}` };
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: ${JSON.stringify({ error })}\n\n`);
    } else return fault === "hang-before-headers";
    return true;
  }

  async #spoil(body: Buffer, response: ServerResponse): Promise<void> {
    const half = body.subarray(0, body.indexOf('"text":') + 10);
    switch (this.fault) {
      case "hang-mid-stream":
        // Whole events, then nothing.
        response.write(body.subarray(0, body.indexOf("\n\n") + 2));
        return;
      case "reset-mid-token":
        response.write(half, () => response.socket?.resetAndDestroy());
        return;
      case "slow-drip":
        for (const byte of body) {
          if (response.destroyed) return;
          response.write(Buffer.of(byte));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        response.end();
        return;
      case "split-characters":
        for (const byte of body) {
          response.write(Buffer.of(byte));
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.end();
        return;
      case "gigantic-event":
        response.write('data: {"choices":[{"index":0,"text":"');
        for (let mega = 0; mega < 64 && !response.destroyed; mega++) {
          const flushed = response.write("a".repeat(1024 * 1024));
          if (!flushed) await Promise.race([once(response, "drain"), once(response, "close")]);
        }
        response.end();
        return;
      case "invalid-json":
        response.end("data: {this is not JSON}\n\n");
        return;
      default:
        response.end(body);
    }
  }
}
