import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { access, readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../../src/base/clock.ts";
import { DownloadLock, LockWatcher } from "../../../src/model/downloadLock.ts";
import type { DownloadProgress } from "../../../src/model/downloadProgress.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { FakeModelHub, stallAfter, well } from "../../fakes/fakeModelHub.ts";
import { bytes, code, entry, never, storeIn, withFolder } from "./modelFixtures.ts";

const childPath = fileURLToPath(new URL("../../fakes/downloadingProcess.ts", import.meta.url));

/** Starts a download in another process and resolves when bytes have come. */
async function startOther(folder: string, origin: string): Promise<ChildProcess> {
  const child = fork(childPath, [folder, origin, JSON.stringify(entry)]);
  for (;;) {
    const [progress] = (await once(child, "message")) as [DownloadProgress];
    if (progress.receivedBytes > 0) return child;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

describe("two processes that download the same model", () => {
  it("one shows the other's progress and takes over when the other is killed", async () => {
    await using hub = await FakeModelHub.start(bytes, stallAfter(60_000), well);
    await withFolder(async (folder) => {
      const child = await startOther(folder, hub.origin);
      try {
        let sawOther = 0;
        const result = await storeIn(folder, { endpoint: () => hub.origin }).download("small", {
          signal: never,
          onProgress: ({ elsewhere, receivedBytes }) => {
            if (!elsewhere || receivedBytes === 0) return;
            sawOther = receivedBytes;
            child.kill("SIGKILL");
          },
        });
        assert.equal(result.status, "ready");
        assert(sawOther > 0);
        assert.equal(hub.seen.length, 2);
        assert.match(hub.seen[1]?.range ?? "", /^bytes=[1-9]/);
        assert.deepEqual((await readdir(folder)).sort(), ["small.gguf", "verified.json"]);
      } finally {
        await end(child);
      }
    });
  }).timeout(20_000);

  it("one adopts the file that the other has finished", async () => {
    let release = (): void => undefined;
    await using hub = await FakeModelHub.start(bytes, async (request, response, file) => {
      await stallAfter(60_000)(request, response, file);
      release = () => response.end(file.subarray(60_000));
    });
    await withFolder(async (folder) => {
      const child = await startOther(folder, hub.origin);
      try {
        const result = await storeIn(folder, { endpoint: () => hub.origin }).download("small", {
          signal: never,
          onProgress: ({ elsewhere }) => elsewhere && release(),
        });
        assert.equal(result.status, "ready");
        assert.equal(hub.seen.length, 1);
      } finally {
        await end(child);
      }
    });
  }).timeout(20_000);

  it("a model is not removed while another process downloads it", async () => {
    await using hub = await FakeModelHub.start(bytes, stallAfter(60_000));
    await withFolder(async (folder) => {
      const child = await startOther(folder, hub.origin);
      try {
        await assert.rejects(storeIn(folder).remove("small"), code("busy"));
      } finally {
        await end(child);
      }
      const { freedBytes } = await storeIn(folder).remove("small");
      assert(freedBytes >= 1);
      assert.deepEqual(await readdir(folder), []);
    });
  }).timeout(20_000);
});

describe("download lock", () => {
  const times = { heartbeatMs: 1000, staleMs: 15_000 };

  it("is held by one at a time", () =>
    withFolder(async (folder) => {
      const path = join(folder, "lock");
      const all = await Promise.all(
        Array.from({ length: 8 }, () => DownloadLock.tryAcquire(path, systemClock)),
      );
      const held = all.filter((lock) => lock !== undefined);
      assert.equal(held.length, 1);
      await held[0]?.release();
      await assert.rejects(access(path));
    }));

  it("of a living process elsewhere is taken away only when its heart stands still", () =>
    withFolder(async (folder) => {
      const path = join(folder, "lock");
      const note = { token: "t", pid: 1, host: `not-${hostname()}`, beat: 1 };
      await writeFile(path, JSON.stringify(note));
      const clock = new FakeClock();
      const watcher = new LockWatcher(path, clock, times);
      assert.deepEqual(await watcher.look(), {});
      clock.advance(14_000);
      await writeFile(path, JSON.stringify({ ...note, beat: 2 }));
      assert.deepEqual(await watcher.look(), {});
      clock.advance(14_000);
      assert.deepEqual(await watcher.look(), {});
      clock.advance(2000);
      assert.equal(await watcher.look(), "free");
      await assert.rejects(access(path));
    }));

  it("notices that it was taken away", () =>
    withFolder(async (folder) => {
      const path = join(folder, "lock");
      const lock = await DownloadLock.tryAcquire(path, systemClock, { heartbeatMs: 5, staleMs: 1000 });
      assert(lock);
      const lost = once(lock.lost, "abort");
      await writeFile(path, JSON.stringify({ token: "other", pid: 1, host: "other", beat: 0 }));
      await lost;
      await lock.release();
      await access(path);
    }));
});
