import assert from "node:assert/strict";
import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import type { DownloadProgress } from "../../../src/model/downloadProgress.ts";
import { hubEndpoint, hubUrl } from "../../../src/model/endpoint.ts";
import { retryAfterMs } from "../../../src/model/hubFailures.ts";
import type { ModelStore } from "../../../src/model/modelStore.ts";
import {
  FakeModelHub,
  ignoreRange,
  other,
  page,
  redirectTo,
  type Serve,
  stallAfter,
  status,
  well,
} from "../../fakes/fakeModelHub.ts";
import { bytes, code, entry, never, quickRetry, storeIn, withFolder } from "./modelFixtures.ts";

async function withHub(
  ways: readonly Serve[],
  run: (store: ModelStore, hub: FakeModelHub, folder: string) => Promise<void>,
): Promise<void> {
  await using hub = await FakeModelHub.start(bytes, ...ways);
  await withFolder((folder) => run(storeIn(folder, { endpoint: () => hub.origin }), hub, folder));
}

async function assertReady(store: ModelStore, folder: string): Promise<void> {
  const result = await store.download("small", { signal: never });
  assert.deepEqual(result, { status: "ready", path: join(folder, "small.gguf") });
  assert.deepEqual(await readFile(join(folder, "small.gguf")), bytes);
  assert.deepEqual((await readdir(folder)).sort(), ["small.gguf", "verified.json"]);
}

/** Breaks the connection whenever bytes of the current request have arrived and no more are to come. */
async function downloadWithCuts(store: ModelStore, hub: FakeModelHub, cuts: number): Promise<void> {
  let done = 0;
  let start = 0;
  const result = await store.download("small", {
    signal: never,
    onProgress: ({ phase, receivedBytes }) => {
      if (phase === "waiting") start = receivedBytes;
      if (phase !== "downloading" || receivedBytes <= start || hub.seen.length <= done || done >= cuts)
        return;
      done = hub.seen.length;
      hub.cut();
    },
  });
  assert.equal(result.status, "ready");
}

describe("download from the hub", () => {
  it("asks for the pinned revision once and then for nothing more", () =>
    withHub([well], async (store, hub, folder) => {
      await assertReady(store, folder);
      await assertReady(store, folder);
      assert.deepEqual(hub.seen, [{ method: "GET", path: "/org/model/resolve/abc/small.gguf" }]);
    }));

  it("goes on by Range after the connection was cut, as long as each try brings something", () =>
    withHub([...Array.from({ length: 8 }, () => stallAfter(20_000)), well], async (store, hub, folder) => {
      await downloadWithCuts(store, hub, 8);
      await assertReady(store, folder);
      assert.equal(hub.seen.length, 9);
      const starts = hub.seen.slice(1).map(({ range }) => Number(/\d+/.exec(range ?? "")?.[0]));
      assert(starts.every((start, index) => start > (starts[index - 1] ?? 0)));
      assert(hub.seen.slice(1).every(({ ifRange }) => ifRange === '"first"'));
    }));

  it("starts again cleanly where the server ignores the Range", () =>
    withHub([stallAfter(50_000), ignoreRange], async (store, hub, folder) => {
      await downloadWithCuts(store, hub, 1);
      await assertReady(store, folder);
      assert.match(hub.seen[1]?.range ?? "", /^bytes=\d+-$/);
    }));

  it("starts again when the server answers 416", () =>
    withHub([stallAfter(50_000), status(416), well], async (store, hub, folder) => {
      await downloadWithCuts(store, hub, 1);
      await assertReady(store, folder);
      assert.match(hub.seen[1]?.range ?? "", /^bytes=\d+-$/);
      assert.equal(hub.seen[2]?.range, undefined);
    }));

  it("throws away bytes that belong to another file", () =>
    withHub([well], async (store, hub, folder) => {
      await writeFile(join(folder, "small.gguf.partial"), "something else");
      await writeFile(
        join(folder, "small.gguf.partial.json"),
        JSON.stringify({ sha256: "00", source: "hub" }),
      );
      await assertReady(store, folder);
      assert.equal(hub.seen[0]?.range, undefined);
    }));

  it("follows redirects", async () => {
    await using cdn = await FakeModelHub.start(bytes);
    await withHub([redirectTo(`${cdn.origin}/blob`)], async (store, _hub, folder) => {
      await assertReady(store, folder);
      assert.equal(cdn.seen[0]?.path, "/blob");
    });
  });

  it("tries again after 503 and 429 and waits as long as the server asks", () =>
    withHub([status(503), status(429, { "retry-after": "1" }), well], async (store, hub, folder) => {
      const notes: string[] = [];
      const began = performance.now();
      const result = await store.download("small", {
        signal: never,
        onProgress: ({ note }) => note && notes.push(note),
      });
      assert.equal(result.status, "ready");
      assert(performance.now() - began >= 990);
      assert.equal(hub.seen.length, 3);
      assert(
        notes.some((note) => note.includes("429") && note.includes("1 s")),
        notes.join("; "),
      );
      await assertReady(store, folder);
    }));

  it("gives up on a server that stays unwell", () =>
    withHub([status(503)], async (store, hub) => {
      await assert.rejects(store.download("small", { signal: never }), code("http-status"));
      assert.equal(hub.seen.length, quickRetry.maxTries);
    }));

  it("does not ask again after 404", () =>
    withHub([status(404)], async (store, hub) => {
      await assert.rejects(store.download("small", { signal: never }), code("http-status"));
      assert.equal(hub.seen.length, 1);
    }));

  it("ends a connection that has gone silent and goes on with another", () =>
    withHub([stallAfter(60_000), well], async (store, hub, folder) => {
      await assertReady(store, folder);
      assert.equal(hub.seen.length, 2);
    }));

  it("deletes bytes with a wrong hash and says so", () =>
    withHub([other(Buffer.alloc(bytes.length, 7))], async (store, _hub, folder) => {
      await assert.rejects(store.download("small", { signal: never }), code("hash-mismatch"));
      assert.deepEqual(await readdir(folder), []);
    }));

  it("refuses a file of another size before it is downloaded", () =>
    withHub([other(Buffer.alloc(10_000))], async (store) => {
      await assert.rejects(store.download("small", { signal: never }), code("size-mismatch"));
    }));

  it("refuses the page of a network that wants a login", () =>
    withHub([page("<p>Welcome to our hotel</p>")], async (store) => {
      await assert.rejects(store.download("small", { signal: never }), code("http-status"));
    }));

  it("tells that nothing answers", async () => {
    const hub = await FakeModelHub.start(bytes);
    const { origin } = hub;
    await hub[Symbol.asyncDispose]();
    await withFolder(async (folder) => {
      const store = storeIn(folder, { endpoint: () => origin });
      await assert.rejects(store.download("small", { signal: never }), code("offline"));
    });
  });

  it("keeps the bytes when it is cancelled, and another store goes on with them", () =>
    withHub([stallAfter(60_000), well], async (store, hub, folder) => {
      const cancel = new AbortController();
      const result = await store.download("small", {
        signal: cancel.signal,
        onProgress: ({ receivedBytes }) => receivedBytes > 0 && cancel.abort(),
      });
      assert.equal(result.status, "cancelled");
      assert(result.receivedBytes > 0);
      assert.deepEqual(
        (await store.list()).map(({ state }) => state),
        ["partial"],
      );
      await assertReady(storeIn(folder, { endpoint: () => hub.origin }), folder);
      assert.equal(hub.seen[1]?.range, `bytes=${result.receivedBytes}-`);
    }));

  it("can be cancelled while it waits for the next try", () =>
    withHub([status(429, { "retry-after": "60" })], async (store) => {
      const cancel = new AbortController();
      const result = await store.download("small", {
        signal: cancel.signal,
        onProgress: ({ note }) => note && cancel.abort(),
      });
      assert.deepEqual(result, { status: "cancelled", receivedBytes: 0 });
    }));

  it("looks at the free disk before it asks the hub", () =>
    withHub([well], async (_store, hub, folder) => {
      const store = storeIn(folder, { endpoint: () => hub.origin, freeBytes: async () => bytes.length });
      await assert.rejects(store.download("small", { signal: never }), code("disk-full"));
      assert.equal(hub.seen.length, 0);
    }));

  it("tells when the disk becomes full on the way", async function () {
    if (process.platform !== "linux") this.skip();
    await withHub([well], async (store, hub, folder) => {
      await symlink("/dev/full", join(folder, "small.gguf.partial"));
      const note = { sha256: entry.sha256, source: "hub" };
      await writeFile(join(folder, "small.gguf.partial.json"), JSON.stringify(note));
      await assert.rejects(store.download("small", { signal: never }), code("disk-full"));
      assert.equal(hub.seen.length, 1);
    });
  });

  it("replaces a damaged file", () =>
    withHub([well], async (store, _hub, folder) => {
      await writeFile(join(folder, "small.gguf"), Buffer.alloc(bytes.length));
      await assert.rejects(store.verify("small", { signal: never }), code("hash-mismatch"));
      await assertReady(store, folder);
    }));

  it("reports each phase with speed and time left, never backwards", () =>
    withHub([well], async (store) => {
      const all: DownloadProgress[] = [];
      await store.download("small", { signal: never, onProgress: (progress) => all.push(progress) });
      assert.deepEqual([...new Set(all.map(({ phase }) => phase))], ["waiting", "downloading", "verifying"]);
      const received = all.filter(({ phase }) => phase === "downloading").map((each) => each.receivedBytes);
      assert.deepEqual(
        received,
        received.toSorted((a, b) => a - b),
      );
      assert.equal(received.at(-1), bytes.length);
      assert(all.every(({ totalBytes }) => totalBytes === bytes.length));
    }));

  it("has the right bytes in the end, wherever the connection is cut", async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: bytes.length - 1 }), { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), async (at, ignores) => {
        const ways = [...at.map(stallAfter), ignores ? ignoreRange : well];
        await withHub(ways, async (store, hub, folder) => {
          await downloadWithCuts(store, hub, at.length);
          await assertReady(store, folder);
        });
      }),
      { numRuns: 15 },
    );
  }).timeout(30_000);
});

describe("endpoint", () => {
  it("takes the setting, else HF_ENDPOINT, else the hub", () => {
    assert.equal(
      hubEndpoint("https://a.example/", { HF_ENDPOINT: "https://b.example" }),
      "https://a.example",
    );
    assert.equal(hubEndpoint("", { HF_ENDPOINT: "https://b.example//" }), "https://b.example");
    assert.equal(hubEndpoint(undefined, {}), "https://huggingface.co");
  });

  it("accepts https and this machine only", () => {
    for (const good of ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:9"]) hubEndpoint(good, {});
    for (const bad of [
      "http://hub.example",
      "http://127.0.0.1.evil.example",
      "file:///etc",
      "ftp://a",
      "hub",
    ]) {
      assert.throws(() => hubEndpoint(bad, {}), code("bad-endpoint"));
    }
  });

  it("does not show secrets of an address", () => {
    assert.throws(
      () => hubEndpoint("http://user:secret@hub.example/?token=secret", {}),
      (error: Error) => !error.message.includes("secret"),
    );
  });

  it("escapes what it puts into the path", () => {
    assert.equal(
      hubUrl("https://a.example/hub", { repo: "org/mo del", revision: "a/b", file: "x#.gguf" }),
      "https://a.example/hub/org/mo%20del/resolve/a%2Fb/x%23.gguf",
    );
  });

  it("reads Retry-After as seconds or a date, two minutes at most", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    assert.equal(retryAfterMs("7", now), 7000);
    assert.equal(retryAfterMs("Thu, 01 Jan 2026 00:00:09 GMT", now), 9000);
    assert.equal(retryAfterMs("Wed, 31 Dec 2025 00:00:00 GMT", now), 0);
    assert.equal(retryAfterMs("99999", now), 120_000);
    assert.equal(retryAfterMs("soon", now), undefined);
    assert.equal(retryAfterMs(null, now), undefined);
  });
});
