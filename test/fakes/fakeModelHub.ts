import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenDownload {
  readonly method: string;
  readonly path: string;
  readonly range?: string;
  readonly ifRange?: string;
}

/** How one request is answered; `file` is what the hub holds. */
export type Serve = (
  request: IncomingMessage,
  response: ServerResponse,
  file: Buffer,
) => void | Promise<void>;

const etag = '"first"';

/** As the hub answers when it is well: whole, or from where the Range header says. */
export const well: Serve = (request, response, file) => {
  const from = rangeStart(request);
  response.writeHead(from > 0 ? 206 : 200, heads(file, from)).end(file.subarray(from));
};

/** Nothing more comes after `bytes` of what was asked for; the connection stays until {@link FakeModelHub.cut}. */
export function stallAfter(bytes: number): Serve {
  return (request, response, file) => begin(request, response, file, bytes);
}

export const ignoreRange: Serve = (_request, response, file) => {
  response.writeHead(200, heads(file, 0)).end(file);
};

export function status(code: number, headers: Record<string, string> = {}): Serve {
  return (_request, response) => {
    response.writeHead(code, headers).end("no");
  };
}

export function redirectTo(location: string): Serve {
  return status(302, { location });
}

export function other(file: Buffer): Serve {
  return (request, response) => well(request, response, file);
}

export function page(text: string): Serve {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(text);
  };
}

/** A hub on loopback that answers its requests by the scripted ways, the last one repeated. */
export class FakeModelHub implements AsyncDisposable {
  readonly seen: SeenDownload[] = [];
  readonly #file: Buffer;
  readonly #ways: readonly Serve[];
  readonly #server: Server;
  #current: ServerResponse | undefined;

  private constructor(file: Buffer, ways: readonly Serve[]) {
    this.#file = file;
    this.#ways = ways;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(file: Buffer, ...ways: Serve[]): Promise<FakeModelHub> {
    const hub = new FakeModelHub(file, ways.length > 0 ? ways : [well]);
    hub.#server.listen(0, "127.0.0.1");
    await once(hub.#server, "listening");
    return hub;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks the connection of the last request. */
  cut(): void {
    this.#current?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const way = this.#ways[Math.min(this.seen.length, this.#ways.length - 1)] ?? well;
    const { range, "if-range": ifRange } = request.headers;
    this.seen.push({
      method: request.method ?? "",
      path: request.url ?? "",
      ...(range !== undefined && { range }),
      ...(typeof ifRange === "string" && { ifRange }),
    });
    this.#current = response;
    await way(request, response, this.#file);
  }
}

function rangeStart(request: IncomingMessage): number {
  const { range, "if-range": ifRange } = request.headers;
  if (ifRange !== undefined && ifRange !== etag) return 0;
  return Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
}

function heads(file: Buffer, from: number): Record<string, string> {
  return {
    etag,
    "content-type": "application/octet-stream",
    "content-length": String(file.length - from),
    ...(from > 0 && { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` }),
  };
}

/** Resolves when the pieces have left this process. */
async function begin(
  request: IncomingMessage,
  response: ServerResponse,
  file: Buffer,
  bytes: number,
): Promise<void> {
  const from = rangeStart(request);
  response.writeHead(from > 0 ? 206 : 200, heads(file, from));
  await new Promise<void>((resolve) => response.write(file.subarray(from, from + bytes), () => resolve()));
}
