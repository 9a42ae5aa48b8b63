import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
  /** Resolves when the client's side of the connection closes before the answer is complete. */
  readonly closed: Promise<void>;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

/** A loopback server that answers the requests that come with the scripted answers, the last one repeated. */
export class FakeOpenAiServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #answers: readonly Answer[];
  readonly #server: Server;

  private constructor(answers: readonly Answer[]) {
    this.#answers = answers;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(...answers: Answer[]): Promise<FakeOpenAiServer> {
    const fake = new FakeOpenAiServer(answers);
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    return fake;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  /** The newest request for an answer; others only ask what the server is. */
  get lastAsked(): SeenRequest | undefined {
    return this.requests.findLast(({ path }) => path.endsWith("/completions"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const closed = new Promise<void>((resolve) => {
      response.on("close", () => {
        if (!response.writableFinished) resolve();
      });
    });
    const seen = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
      closed,
    };
    const answer = this.#answers[Math.min(this.requests.length, this.#answers.length - 1)];
    this.requests.push(seen);
    await answer?.(response, seen);
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return text(status, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

export function text(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, headers).end(body);
  };
}

/** Server-sent events, as bytes, so that a test can cut them anywhere. */
export function eventBytes(events: readonly unknown[], done = true): Buffer {
  const lines = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return Buffer.from(lines.join("") + (done ? "data: [DONE]\n\n" : ""));
}

/** Streams `events` and leaves the answer as `then` says. */
export function stream(events: readonly unknown[], then: "end" | "cut" | "hang" = "end"): Answer {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(eventBytes(events, then === "end"), () => {
      if (then === "end") response.end();
      else if (then === "cut") response.destroy();
    });
  };
}

export const hang: Answer = () => {};

export function piece(content: string, finish: string | null = null, index = 0): unknown {
  return {
    object: "text_completion",
    choices: [{ index, text: content, finish_reason: finish, logprobs: null }],
  };
}

export function chatPiece(content: string, finish: string | null = null): unknown {
  return {
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  };
}
