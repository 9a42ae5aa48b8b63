import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { type IndexListener, indexHere, type StartIndex, type ToIndex } from "../../../src/chat/indexSeat.ts";
import { indexInThread } from "../../../src/chat/indexThread.ts";
import { LiveIndex, SearchError } from "../../../src/chat/liveIndex.ts";

/** A seat that keeps what it is sent and answers nothing by itself. */
function silentSeat(): {
  start: StartIndex;
  sent: ToIndex[];
  ends: () => number;
  listener: () => IndexListener;
} {
  const sent: ToIndex[] = [];
  let ends = 0;
  let told: IndexListener | undefined;
  return {
    start: (listener) => {
      told = listener;
      return { send: (message) => sent.push(message), end: () => ends++ };
    },
    sent,
    ends: () => ends,
    listener: () => told ?? assert.fail("the index was not started"),
  };
}

const stopped = (error: unknown): boolean => {
  assert.ok(error instanceof SearchError);
  assert.equal(error.code, "index-stopped");
  assert.match(error.hint, /Ask again/);
  return true;
};

describe("LiveIndex", () => {
  it("answers from what was put and not removed", async () => {
    const index = new LiveIndex(indexHere, () => assert.fail("it does not stop"));
    index.put("a.ts", "function parseUrl() {}");
    index.put("b.ts", "function parseUrl() { return 1; }");
    index.remove("b.ts");
    const found = await index.find("parse url", 5);
    assert.deepEqual(
      found.map((chunk) => chunk.path),
      ["a.ts"],
    );
  });

  it("fails the questions that wait, and each later one, when it stops; it tells so once", async () => {
    const seat = silentSeat();
    const told: string[] = [];
    const index = new LiveIndex(seat.start, (error) => told.push(error.message));
    const waiting = index.find("anything", 3);
    seat.listener().onFailure(new Error("out of memory"));
    seat.listener().onFailure(new Error("its thread ended with 1"));
    await assert.rejects(waiting, stopped);
    await assert.rejects(index.find("again", 3), stopped);
    assert.deepEqual(told, ["The search of the workspace stopped (out of memory)."]);
    assert.equal(index.isLive, false);
    assert.equal(seat.ends(), 1);
    index.put("late.ts", "");
    assert.deepEqual(
      seat.sent.map(({ type }) => type),
      ["find"],
    );
  });

  it("stops when its thread dies while it is filled", async () => {
    const directory = await fs.mkdtemp(path.join(os.tmpdir(), "wisp-index-"));
    try {
      for (const [name, death] of [
        ["throws.cjs", "throw new Error('broken')"],
        ["leaves.cjs", "process.exit(7)"],
      ] as const) {
        const file = path.join(directory, name);
        await fs.writeFile(
          file,
          `require("node:worker_threads").parentPort.on("message", () => { ${death}; });`,
        );
        const told = new Promise<SearchError>((resolve) => {
          const index = new LiveIndex(indexInThread(file), resolve);
          index.put("a.ts", "text");
        });
        assert.match((await told).message, /\((broken|its thread ended with 7)\)/);
      }
    } finally {
      await fs.rm(directory, { recursive: true });
    }
  });

  it("tells nobody when it is ended on purpose", async () => {
    const seat = silentSeat();
    const index = new LiveIndex(seat.start, () => assert.fail("it was ended"));
    const waiting = index.find("anything", 3);
    index.end();
    seat.listener().onFailure(new Error("its thread ended with 1"));
    await assert.rejects(waiting, stopped);
    assert.equal(seat.ends(), 1);
  });
});
