import assert from "node:assert/strict";
import { type ContenderEnd, race } from "../../../src/model/hedge.ts";
import type { CompletionEvent } from "../../../src/model/modelClient.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

describe("a race of servers", () => {
  it("ends at once when the request is withdrawn, although nobody listens to that", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const ends: [string, ContenderEnd][] = [];
    const started: string[] = [];
    // As a client that still finds out how its server is asked.
    const deaf = (name: string, afterMs?: number) => ({
      name,
      afterMs,
      open: async function* (): AsyncGenerator<CompletionEvent> {
        started.push(name);
        await new Promise(() => {});
      },
    });
    const events = race([deaf("server"), deaf("engine", 1_500)], {
      clock,
      signal: controller.signal,
      mayStandIn: () => true,
      onEnd: (name, end) => ends.push([name, end]),
      onWinner: () => assert.fail("nobody answers"),
    });
    const first = events.next();
    controller.abort();
    const { value } = await first;
    assert.deepEqual(value, { type: "done", finishReason: "cancelled", usage: {} });
    assert.equal((await events.next()).done, true);
    assert.deepEqual(started, ["server"]);
    assert.deepEqual(ends, [["server", "withdrawn"]]);
    assert.equal(clock.pending, 0);
  });

  it("passes a withdrawal on to the answer that is read", async () => {
    const controller = new AbortController();
    const ends: [string, ContenderEnd][] = [];
    const events = race(
      [
        {
          name: "server",
          open: async function* (signal): AsyncGenerator<CompletionEvent> {
            yield { type: "delta", candidate: 0, text: "x" };
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
            yield { type: "done", finishReason: "cancelled", usage: {} };
          },
        },
      ],
      {
        clock: new FakeClock(),
        signal: controller.signal,
        mayStandIn: () => true,
        onEnd: (name, end) => ends.push([name, end]),
        onWinner: () => {},
      },
    );
    await events.next();
    const second = events.next();
    controller.abort();
    assert.deepEqual((await second).value, { type: "done", finishReason: "cancelled", usage: {} });
    assert.equal((await events.next()).done, true);
    assert.deepEqual(ends, [["server", "answered"]]);
  });

  it("closes the answer when its reader stops reading", async () => {
    const clock = new FakeClock();
    const ends: [string, ContenderEnd][] = [];
    let closed = false;
    const endless = async function* (signal: AbortSignal): AsyncGenerator<CompletionEvent> {
      signal.addEventListener("abort", () => {
        closed = true;
      });
      for (;;) yield { type: "delta", candidate: 0, text: "x" };
    };
    const events = race([{ name: "server", open: endless, firstWithinMs: 100, tooLate: () => new Error() }], {
      clock,
      signal: new AbortController().signal,
      mayStandIn: () => true,
      onEnd: (name, end) => ends.push([name, end]),
      onWinner: () => {},
    });
    for await (const event of events) {
      assert.equal(event.type, "delta");
      break;
    }
    assert.equal(closed, true);
    assert.deepEqual(ends, [["server", "answered"]]);
    assert.equal(clock.pending, 0);
  });
});
