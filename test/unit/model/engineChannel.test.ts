import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { Emitter } from "../../../src/base/emitter.ts";
import type { FromEngine, ToEngine } from "../../../src/engine/protocol.ts";
import type { EngineAnswer } from "../../../src/model/engineAnswer.ts";
import { EngineChannel } from "../../../src/model/engineChannel.ts";
import { badResponse, crashed } from "../../../src/model/engineErrors.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const models = { method: "GET", path: "/v1/models" };

function opened() {
  const sent: ToEngine[] = [];
  const engine = new Emitter<FromEngine>();
  const clock = new FakeClock();
  const port = {
    send: (message: ToEngine): void => {
      sent.push(message);
    },
    onMessage: engine.listen,
  };
  return { channel: new EngineChannel(port, clock), sent, engine, clock };
}

async function head(signal?: AbortSignal): Promise<{ answer: EngineAnswer } & ReturnType<typeof opened>> {
  const all = opened();
  const answer = all.channel.ask(models, signal);
  all.engine.fire({ type: "head", id: 1, status: 200 });
  return { ...all, answer: await answer };
}

const chunk = (text: string) => ({ type: "chunk", id: 1, text }) as const;

describe("engine channel", () => {
  it("forgets a request when its body is complete", async () => {
    const { answer, engine, channel, sent, clock } = await head();
    assert.equal(channel.pendingCount, 1);
    engine.fire(chunk("€"));
    engine.fire({ type: "end", id: 1 });
    engine.fire(chunk("late"));
    assert.equal(await answer.text(), "€");
    assert.equal(await answer.text(), "");
    assert.equal(channel.pendingCount, 0);
    assert.deepEqual(sent, [{ type: "request", id: 1, ...models }]);
    assert.equal(clock.pending, 0);
  });

  it("hands out pieces as they come", async () => {
    const { answer, engine } = await head();
    const first = answer.next();
    engine.fire(chunk("a"));
    engine.fire(chunk("b"));
    engine.fire(chunk("c"));
    assert.deepEqual(await first, { done: false, value: "a" });
    assert.deepEqual(await answer.next(), { done: false, value: "b" });
    assert.deepEqual(await answer.next(), { done: false, value: "c" });
    const last = answer.next();
    engine.fire({ type: "end", id: 1 });
    assert.equal((await last).done, true);
  });

  it("aborts at the engine when its reader leaves, once", async () => {
    const { answer, channel, sent, engine, clock } = await head();
    engine.fire(chunk("a"));
    engine.fire(chunk("b"));
    for await (const piece of answer) {
      assert.equal(piece, "a");
      break;
    }
    assert.deepEqual(sent.slice(1), [{ type: "abort", id: 1 }]);
    assert.equal(channel.pendingCount, 0);
    assert.equal(clock.pending, 0);
    engine.fire(chunk("late"));
    assert.equal(await answer.text(), "");
    await answer.return();
    assert.equal(sent.length, 2);
  });

  it("throws the signal's reason to who reads, and lets nothing be read that came before", async () => {
    const withdrawn = new AbortController();
    const { answer, engine, sent } = await head(withdrawn.signal);
    engine.fire(chunk("a"));
    withdrawn.abort("left");
    await assert.rejects(answer.next(), (reason) => reason === "left");
    assert.deepEqual(sent.at(-1), { type: "abort", id: 1 });
    const waiting = await head(withdrawn.signal).catch((reason) => reason);
    assert.equal(waiting, "left");
  });

  it("gives up an answer that piles up unread", async () => {
    const { answer, engine, channel, sent } = await head();
    const text = "x".repeat(1024 * 1024);
    for (let i = 0; i < 9; i++) engine.fire(chunk(text));
    assert.deepEqual(sent.at(-1), { type: "abort", id: 1 });
    assert.equal(channel.pendingCount, 0);
    await assert.rejects(answer.text(), { code: "bad-response" });
  });

  it("lets who reads as it comes have more than may pile up", async () => {
    const { answer, engine } = await head();
    const text = "x".repeat(1024 * 1024);
    for (let i = 0; i < 20; i++) {
      engine.fire(chunk(text));
      assert.equal((await answer.next()).value, text);
    }
  });

  it("gives up a request over which the engine falls silent, not a slow one", async () => {
    const { answer, engine, channel, sent, clock } = await head();
    for (let i = 0; i < 4; i++) {
      clock.advance(200_000);
      engine.fire(chunk("a"));
    }
    clock.advance(299_000);
    assert.equal(channel.pendingCount, 1);
    clock.advance(1_000);
    assert.deepEqual(sent.at(-1), { type: "abort", id: 1 });
    await assert.rejects(answer.text(), { code: "timeout" });
    const unanswered = channel.ask(models);
    clock.advance(300_000);
    await assert.rejects(unanswered, { code: "timeout" });
  });

  it("waits once more where the machine slept", async () => {
    const { channel, clock } = await head();
    clock.jump(3_600_000);
    assert.equal(channel.pendingCount, 1);
    clock.advance(300_000);
    assert.equal(channel.pendingCount, 0);
  });

  it("leaves no listener at a signal that lives on", async () => {
    const { signal } = new AbortController();
    const { answer, engine } = await head(signal);
    assert.equal(getEventListeners(signal, "abort").length, 1);
    engine.fire({ type: "end", id: 1 });
    await answer.text();
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  it("says why where the channel takes nothing, and where an answer has no head", async () => {
    const engine = new Emitter<FromEngine>();
    const send = (): void => {
      throw new Error("closed");
    };
    const broken = new EngineChannel({ send, onMessage: engine.listen }, new FakeClock());
    await assert.rejects(broken.ask(models), { code: "engine-crashed" });
    assert.equal(broken.pendingCount, 0);
    const other = opened();
    const asked = other.channel.ask(models);
    other.engine.fire({ type: "end", id: 1 });
    await assert.rejects(asked, { code: "bad-response" });
  });

  it("sends nothing for who has left already", async () => {
    const { channel, sent } = opened();
    await assert.rejects(channel.ask(models, AbortSignal.abort("left")), (reason) => reason === "left");
    assert.equal(sent.length, 0);
  });

  it("fails what is pending and later requests once closed", async () => {
    const { answer, channel, sent } = await head();
    channel.close(crashed("gone"));
    await assert.rejects(answer.text(), { code: "engine-crashed" });
    channel.close(badResponse("later"));
    await assert.rejects(channel.ask(models), { code: "engine-crashed" });
    await answer.return();
    assert.equal(sent.length, 1);
  });
});
