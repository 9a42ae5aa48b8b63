import assert from "node:assert/strict";
import { seeded, typingSession } from "../../../bench/server/typingSession.ts";
import { nextTurn } from "../../../src/base/nextTurn.ts";
import { RequestQueue } from "../../../src/engine/requestQueue.ts";

const users = 1_000;
const seconds = 30;
/** A request takes four batches; the engine answers fifty in a second, and is asked for 1,800. */
const batchMs = 5;
const batches = 4;

/** Time in steps of one batch, each with what happens in it. */
class Steps {
  readonly #steps: (() => void)[][] = [];
  readonly #random = seeded(0);
  #now = 0;

  get now(): number {
    return this.#now * batchMs;
  }

  at(ms: number, action: () => void): void {
    const step = Math.max(this.#now + 1, Math.ceil(ms / batchMs));
    this.#steps[step] ??= [];
    const actions = this.#steps[step];
    // Nobody is always the last, who would be the newest.
    actions.splice(Math.floor(this.#random() * (actions.length + 1)), 0, action);
  }

  async run(): Promise<void> {
    for (; this.#now < this.#steps.length; this.#now++) {
      for (const action of this.#steps[this.#now] ?? []) action();
      // The end of a batch, and the breath behind it.
      for (let turn = 0; turn < 2; turn++) await nextTurn();
    }
  }
}

/** What becomes of the requests of people who type all the time at one engine. */
async function crowd() {
  const steps = new Steps();
  const queue = new RequestQueue(() => steps.now);
  const answered = Array.from({ length: users }, () => 0);
  let inVain = 0;
  const ask = async (user: number, withdrawnAtMs: number): Promise<void> => {
    const controller = new AbortController();
    const { signal } = controller;
    steps.at(withdrawnAtMs, () => controller.abort());
    try {
      await queue.submit({ priority: "completion", client: `${user}`, signal }, async (turn) => {
        for (let batch = 0; batch < batches; batch++) {
          if (signal.aborted) inVain++;
          await new Promise<void>((resolve) => steps.at(0, resolve));
          await turn.breathe();
        }
      });
      answered[user] = (answered[user] ?? 0) + 1;
    } catch (error) {
      assert.ok(signal.aborted, String(error));
    }
  };
  const source = { path: "a.ts", text: "const value = compute(1);\n".repeat(400) };
  for (let user = 0; user < users; user++)
    for (const { atMs, withdrawnAtMs } of typingSession([source], seconds, seeded(user)))
      steps.at(atMs, () => void ask(user, Math.min(withdrawnAtMs, seconds * 1_000)));
  await steps.run();
  return { answered: answered.sort((a, b) => a - b), inVain, queue };
}

describe("a thousand people at one engine", () => {
  it("are served alike, with what is still wanted only", async () => {
    const { answered, inVain, queue } = await crowd();
    const total = answered.reduce((sum, count) => sum + count, 0);
    const most = (seconds * 1_000) / (batchMs * batches);
    assert.ok(total > 0.8 * most && total <= most, `${total} of ${most} were answered in whole`);
    assert.equal(inVain, 0, "a batch was begun for a request that was withdrawn already");
    // By chance alone, 1.35 answers for each leave a quarter without one and give nobody ten.
    const without = answered.filter((count) => count === 0).length;
    assert.ok(without < 0.32 * users, `${without} of ${users} got nothing`);
    assert.ok((answered.at(-1) ?? 0) < 10, `one got ${answered.at(-1)}`);
    const { submitted, finished, failed, withdrawnWaiting, withdrawnRunning } = queue.counts;
    assert.ok(submitted > 50_000, `${submitted}`);
    assert.equal(queue.length, 0);
    assert.deepEqual([finished, failed], [total, 0]);
    assert.equal(withdrawnWaiting + withdrawnRunning + finished, submitted);
  }).timeout(30_000);
});
