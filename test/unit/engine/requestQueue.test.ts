import assert from "node:assert/strict";
import { ApiError } from "../../../src/engine/apiError.ts";
import { type Priority, RequestQueue, type Turn } from "../../../src/engine/requestQueue.ts";

const isSuperseded = (error: unknown): boolean => error instanceof ApiError && error.code === "superseded";

describe("the engine's queue", () => {
  const never = new AbortController().signal;
  let queue: RequestQueue;
  let events: string[];
  beforeEach(() => {
    queue = new RequestQueue();
    events = [];
  });

  function submit(name: string, priority: Priority, batches: number, client?: string, signal = never) {
    return queue.submit({ priority, client, signal }, async (turn: Turn) => {
      events.push(`${name} starts`);
      for (let batch = 0; batch < batches; batch++) await turn.breathe();
      events.push(`${name} ends`);
      return name;
    });
  }

  it("runs one at a time, completion before chat before prefill", async () => {
    const first = submit("first", "completion", 3);
    const others = [
      submit("prefill", "prefill", 1),
      submit("chat", "chat", 1),
      submit("second", "completion", 1),
    ];
    await assert.rejects(others[0] as Promise<string>, isSuperseded);
    await Promise.all([first, ...others.slice(1)]);
    assert.deepEqual(events, [
      "first starts",
      "first ends",
      "second starts",
      "second ends",
      "chat starts",
      "chat ends",
    ]);
  });

  it("pauses a chat while a completion runs", async () => {
    const chat = submit("chat", "chat", 5);
    const completion = submit("completion", "completion", 2);
    await Promise.all([chat, completion]);
    assert.deepEqual(events, ["chat starts", "completion starts", "completion ends", "chat ends"]);
  });

  it("ends an older completion of the same client, running or waiting, and no other client's", async () => {
    const running = submit("running", "completion", 100, "editor");
    const waiting = submit("waiting", "completion", 1, "editor");
    const other = submit("other", "completion", 1, "someone else");
    const newest = submit("newest", "completion", 1, "editor");
    await Promise.all([assert.rejects(running, isSuperseded), assert.rejects(waiting, isSuperseded)]);
    assert.deepEqual(await Promise.all([other, newest]), ["other", "newest"]);
    assert.deepEqual(events, [
      "running starts",
      "newest starts",
      "newest ends",
      "other starts",
      "other ends",
    ]);
  });

  it("ends a running prefill for anything that is asked for", async () => {
    const prefill = submit("prefill", "prefill", 100, "editor");
    const chat = submit("chat", "chat", 1);
    await assert.rejects(prefill, isSuperseded);
    assert.equal(await chat, "chat");
  });

  it("stops an aborted request at its next batch, and never starts one that waited", async () => {
    const abort = new AbortController();
    const running = submit("running", "chat", 100, undefined, abort.signal);
    const waiting = submit("waiting", "chat", 1, undefined, abort.signal);
    abort.abort(new Error("gone"));
    await Promise.all([assert.rejects(running, /gone/), assert.rejects(waiting, /gone/)]);
    assert.deepEqual(events, ["running starts"]);
    assert.equal(await submit("next", "chat", 0), "next");
    assert.equal(queue.length, 0);
  });

  it("never runs two at once when a request follows from another's end", async () => {
    let running = 0;
    let most = 0;
    const one = () =>
      queue.submit({ priority: "completion", client: undefined, signal: never }, async (turn) => {
        most = Math.max(most, ++running);
        await turn.breathe();
        running--;
      });
    await Promise.all([one().then(one), one().then(one), one()]);
    assert.equal(most, 1);
  });

  it("takes the newest completion of several clients first, and before it one that has waited long", async () => {
    let now = 0;
    queue = new RequestQueue(() => now);
    const running = submit("running", "completion", 3, "a");
    const patient = submit("patient", "completion", 0, "b");
    now = 3_000;
    const others = ["c", "d"].map((name) => submit(name, "completion", 0, name));
    await running;
    await Promise.all([patient, ...others]);
    const starts = (): string[] => events.filter((event) => event.endsWith("starts"));
    assert.deepEqual(starts(), ["running starts", "d starts", "c starts", "patient starts"]);

    events.length = 0;
    const again = submit("running", "completion", 3, "a");
    const late = submit("late", "completion", 0, "b");
    now = 8_000;
    const newer = submit("newer", "completion", 0, "c");
    await Promise.all([again, late, newer]);
    assert.deepEqual(starts(), ["running starts", "late starts", "newer starts"]);
  });
});
