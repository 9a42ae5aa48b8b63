import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createGzip } from "node:zlib";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { OpenAiClient } from "../../../src/model/openAiClient.ts";

const event = (text: string, end: string | null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, text, finish_reason: end }] })}\n\n`;
const request = {
  context: [],
  path: "a.py",
  prefix: "x = ",
  suffix: "\n",
  maxTokens: 8,
  temperature: 0,
  candidates: 1,
  stop: [],
};

interface Wire extends AsyncDisposable {
  readonly client: OpenAiClient;
  readonly sockets: readonly Socket[];
  readonly headers: readonly IncomingMessage["headers"][];
}

async function wire(answer: (response: ServerResponse) => void): Promise<Wire> {
  const sockets: Socket[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const server = createServer((asked, response) => {
    headers.push(asked.headers);
    asked.resume();
    asked.on("end", () => answer(response));
  });
  server.on("connection", (socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = new OpenAiClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    fetch: (input, init) => fetch(input, init),
    apiKey: async () => undefined,
    completionModel: "m",
    chatModel: "m",
    dialect: "openai-suffix",
    clock: systemClock,
    log: silentLog,
  });
  return {
    client,
    sockets,
    headers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function text({ client }: Wire, signal = new AbortController().signal): Promise<string> {
  let all = "";
  for await (const got of client.complete(request, signal)) if (got.type === "delta") all += got.text;
  return all;
}

describe("a server's wire", () => {
  it("keeps connections for the next requests", async () => {
    await using all = await wire((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`${event("1", "stop")}data: [DONE]\n\n`);
    });
    for (let n = 0; n < 20; n++) assert.equal(await text(all), "1");
    assert.equal(all.headers.length, 20);
    // A second one may be opened where the first has not yet seen the end of its answer.
    assert.ok(all.sockets.length <= 2, `${all.sockets.length} connections`);
  });

  it("offers to take compressed answers, and reads a compressed stream piece by piece", async () => {
    let go = (): void => {};
    await using all = await wire((response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
      const zip = createGzip();
      zip.pipe(response);
      zip.write(event("nai", null));
      zip.flush();
      go = () => zip.end(`${event("ve €", "stop")}data: [DONE]\n\n`);
    });
    const pieces: string[] = [];
    for await (const got of all.client.complete(request, new AbortController().signal)) {
      if (got.type !== "delta") continue;
      pieces.push(got.text);
      if (pieces.length === 1) go();
    }
    assert.deepEqual(pieces, ["nai", "ve €"]);
    assert.match(String(all.headers[0]?.["accept-encoding"]), /gzip/);
  });

  it("closes the connection of a withdrawn answer, so that the server sees it", async () => {
    const closed = Promise.withResolvers<void>();
    await using all = await wire((response) => {
      response.on("close", () => closed.resolve());
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(event("1", null));
    });
    const controller = new AbortController();
    for await (const got of all.client.complete(request, controller.signal)) {
      if (got.type === "delta") controller.abort();
      else assert.equal(got.finishReason, "cancelled");
    }
    await closed.promise;
  });
});
