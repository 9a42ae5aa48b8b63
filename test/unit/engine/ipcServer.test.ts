import assert from "node:assert/strict";
import { IpcServer } from "../../../src/engine/ipcServer.ts";
import type { FromEngine } from "../../../src/engine/protocol.ts";

const request = { type: "request", id: 7, method: "POST", path: "/p?q=1" } as const;

describe("the engine's end of the IPC channel", () => {
  let sent: FromEngine[];
  beforeEach(() => {
    sent = [];
  });

  function server(handle: (request: Request) => Response | Promise<Response>): IpcServer {
    return new IpcServer({ handle, send: (message) => sent.push(message) });
  }

  async function until(isDone: () => boolean): Promise<void> {
    const deadline = performance.now() + 2000;
    while (!isDone() && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(isDone(), JSON.stringify(sent));
  }

  const ended = (): boolean => sent.some(({ type }) => type === "end" || type === "failed");

  it("passes a request on whole, and its answer in pieces that break no character", async () => {
    const bytes = new TextEncoder().encode("a€b");
    server(async (given) => {
      assert.equal(given.method, "POST");
      assert.equal(new URL(given.url).pathname + new URL(given.url).search, "/p?q=1");
      assert.equal(await given.text(), "body");
      const body = new ReadableStream({
        start(controller) {
          for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
          controller.close();
        },
      });
      return new Response(body, { status: 201 });
    }).receive({ ...request, body: "body" });
    await until(ended);
    assert.deepEqual(sent, [
      { type: "head", id: 7, status: 201 },
      ...["a", "€", "b"].map((text) => ({ type: "chunk", id: 7, text })),
      { type: "end", id: 7 },
    ]);
  });

  it("aborts the request of an aborted call, and says nothing more about it", async () => {
    let signal: AbortSignal | undefined;
    const served = server((given) => {
      signal = given.signal;
      return new Promise((_, reject) =>
        given.signal.addEventListener("abort", () => reject(new Error("gone"))),
      );
    });
    served.receive(request);
    await until(() => signal !== undefined);
    served.receive({ type: "abort", id: 7 });
    await until(() => signal?.aborted === true);
    served.receive({ type: "ping", id: 8 });
    assert.deepEqual(sent, [{ type: "pong", id: 8 }]);
  });

  it("tells of an answer that breaks off", async () => {
    server(() => {
      throw new Error("broken");
    }).receive(request);
    await until(ended);
    assert.deepEqual(sent, [{ type: "failed", id: 7, message: "broken" }]);
  });
});
