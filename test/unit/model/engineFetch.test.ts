import assert from "node:assert/strict";
import { Emitter } from "../../../src/base/emitter.ts";
import type { FromEngine, ToEngine } from "../../../src/engine/protocol.ts";
import { crashed, EngineChannel, engineBaseUrl } from "../../../src/model/engineFetch.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { until } from "../../e2e/support/until.ts";

function opened(): { channel: EngineChannel; sent: ToEngine[]; engine: Emitter<FromEngine> } {
  const sent: ToEngine[] = [];
  const engine = new Emitter<FromEngine>();
  const channel = new EngineChannel({
    send: (message) => {
      sent.push(message);
    },
    onMessage: engine.listen,
  });
  return { channel, sent, engine };
}

async function head(status: number): Promise<{ response: Response } & ReturnType<typeof opened>> {
  const all = opened();
  const answer = all.channel.fetch(`${engineBaseUrl}/models`);
  all.engine.fire({ type: "head", id: 1, status, headers: {} });
  return { ...all, response: await answer };
}

describe("engine channel", () => {
  it("forgets a request when its body is complete", async () => {
    const { response, engine, channel, sent } = await head(200);
    assert.equal(channel.pendingCount, 1);
    engine.fire({ type: "chunk", id: 1, text: "€" });
    engine.fire({ type: "end", id: 1 });
    engine.fire({ type: "chunk", id: 1, text: "late" });
    assert.equal(await response.text(), "€");
    assert.equal(channel.pendingCount, 0);
    assert.equal(sent.length, 1);
  });

  it("aborts at the engine when the body is cancelled", async () => {
    const { response, channel, sent } = await head(200);
    await response.body?.cancel();
    assert.deepEqual(sent.at(-1), { type: "abort", id: 1 });
    assert.equal(channel.pendingCount, 0);
  });

  it("gives up an answer that piles up unread", async () => {
    const { response, engine, channel, sent } = await head(200);
    const text = "x".repeat(1024 * 1024);
    for (let i = 0; i < 9; i++) engine.fire({ type: "chunk", id: 1, text });
    assert.deepEqual(sent.at(-1), { type: "abort", id: 1 });
    assert.equal(channel.pendingCount, 0);
    await assert.rejects(response.text(), (error) => error instanceof ModelError);
  });

  it("handles answers without a body", async () => {
    const { response, engine } = await head(204);
    engine.fire({ type: "end", id: 1 });
    assert.equal(await response.text(), "");
  });

  it("sends nothing for who has left already, and what is no text as text", async () => {
    const { channel, sent } = opened();
    const left = channel.fetch(`${engineBaseUrl}/models`, { signal: AbortSignal.abort("left") });
    await assert.rejects(left, (reason) => reason === "left");
    assert.equal(sent.length, 0);
    const body = new Blob(["{}"]);
    void channel.fetch(`${engineBaseUrl}/a?b=1`, { method: "POST", body }).catch(() => {});
    void channel.fetch(new Request(`${engineBaseUrl}/c`, { method: "PUT", body: "[]" })).catch(() => {});
    await until(
      "both are sent",
      2_000,
      async () => sent,
      (messages) => messages.length === 2,
    );
    const requests = sent.map((message) => (message.type === "request" ? message : undefined));
    assert.deepEqual(requests.map((each) => [each?.method, each?.path, each?.body]).sort(), [
      ["POST", "/v1/a?b=1", "{}"],
      ["PUT", "/v1/c", "[]"],
    ]);
  });

  it("fails later requests once closed", async () => {
    const { channel, sent } = opened();
    channel.close(crashed("gone"));
    await assert.rejects(channel.fetch(`${engineBaseUrl}/models`), { code: "engine-crashed" });
    assert.equal(sent.length, 0);
  });
});
