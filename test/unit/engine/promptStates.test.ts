import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../../src/base/log.ts";
import { KeptSequence } from "../../../src/engine/keptSequence.ts";
import { commonLength, modelFingerprint, PromptStates } from "../../../src/engine/promptStates.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const tokens = (from: number, count = 200): number[] =>
  Array.from({ length: count }, (_, index) => from + index);

async function writing(path: string): Promise<number> {
  await writeFile(path, "state");
  return 5;
}

describe("saved prompts", () => {
  let folder: string;
  const open = (model = "m") => PromptStates.open(folder, model, silentLog);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wisp-prompts-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("are found by their beginning, in this run and in the next", async () => {
    const states = await open();
    await states.save(tokens(0), writing);
    await states.save(tokens(1_000), writing);
    for (const each of [states, await open()]) {
      assert.equal(each.best([...tokens(0, 150), 9, 9], 96)?.common, 150);
      assert.equal(each.best(tokens(0, 90), 96), undefined);
      assert.equal(each.best(tokens(5_000), 96), undefined);
    }
  });

  it("of another model are not found, and stay for that one", async () => {
    await (await open("one")).save(tokens(0), writing);
    assert.equal((await open("two")).best(tokens(0), 96), undefined);
    assert.equal((await open("one")).best(tokens(0), 96)?.common, 200);
  });

  it("are for the user alone", async function () {
    if (process.platform === "win32") return this.skip();
    await (await open()).save(tokens(0), writing);
    assert.equal((await stat(folder)).mode & 0o077, 0);
    for (const file of await readdir(folder)) assert.equal((await stat(join(folder, file))).mode & 0o077, 0);
  });

  it("take the place of their own beginnings", async () => {
    const states = await open();
    await states.save(tokens(0, 200), writing);
    await states.save(tokens(0, 220), writing);
    assert.equal((await readdir(folder)).length, 2);
    assert.equal(states.best(tokens(0, 220), 96)?.common, 220);
  });

  it("stay bounded in number", async () => {
    const states = await open();
    for (let count = 0; count < 20; count++) await states.save(tokens(count * 1_000), writing);
    assert.equal((await readdir(folder)).filter((file) => file.endsWith(".state")).length, 12);
  });

  it("are deleted when they are stale, half written or cannot be loaded", async () => {
    const states = await open();
    await states.save(tokens(0), writing);
    await states.save(tokens(1_000), writing);
    const old = new Date(Date.now() - 15 * 24 * 3_600_000);
    await writeFile(join(folder, "m-x.1.part"), "");
    await utimes(join(folder, "m-x.1.part"), old, old);
    const found = states.best(tokens(0), 96);
    assert.ok(found);
    await new Promise((resolve) => setImmediate(resolve));
    await states.forget(found.path);
    const [left] = (await readdir(folder)).filter((file) => file.endsWith(".state"));
    await utimes(join(folder, left ?? ""), old, old);
    await open();
    assert.deepEqual(
      (await readdir(folder)).filter((file) => !file.endsWith(".tokens")),
      [],
    );
  });

  it("leave nothing behind when writing fails", async () => {
    const states = await open();
    const failing = async (path: string): Promise<number> => {
      await writeFile(path, "half");
      throw new Error("disk full");
    };
    await assert.rejects(states.save(tokens(0), failing), /disk full/);
    assert.deepEqual(await readdir(folder), []);
  });

  it("belong to one model file, seen by its size, age and content", async () => {
    const file = join(folder, "model.gguf");
    await writeFile(file, "one");
    const at = new Date(1_000_000);
    await utimes(file, at, at);
    const before = await modelFingerprint(file, ["b1"]);
    assert.equal(await modelFingerprint(file, ["b1"]), before);
    assert.notEqual(await modelFingerprint(file, ["b2"]), before);
    await writeFile(file, "two");
    await utimes(file, at, at);
    assert.notEqual(await modelFingerprint(file, ["b1"]), before);
  });

  /** The KV cache of a sequence, as a list of its tokens. */
  class Sequence {
    contextTokens: number[] = [];
    readonly files = new Map<string, number[]>();
    async saveStateToFile(path: string) {
      await writeFile(path, "state");
      this.files.set(path.replace(/\.\d+\.part$/, ".state"), [...this.contextTokens]);
      return { fileSize: 5 };
    }
    async loadStateFromFile(path: string) {
      const loaded = this.files.get(path);
      if (!loaded) throw new Error("no such state");
      this.contextTokens = [...loaded];
    }
  }

  it("bring a file's prompt back after another file's", async () => {
    const sequence = new Sequence();
    const kept = new KeptSequence(sequence, await open(), new FakeClock(), silentLog);
    sequence.contextTokens = tokens(0);
    await kept.prepare(tokens(1_000));
    sequence.contextTokens = tokens(1_000);
    await kept.prepare([...tokens(0, 190), 7]);
    assert.equal(commonLength(sequence.contextTokens, tokens(0)), 200);
    await kept.prepare(tokens(1_000));
    assert.equal(commonLength(sequence.contextTokens, tokens(1_000)), 200);
  });

  it("are not written while the user types on in one place", async () => {
    const sequence = new Sequence();
    const clock = new FakeClock();
    const kept = new KeptSequence(sequence, await open(), clock, silentLog);
    sequence.contextTokens = tokens(0);
    for (let key = 0; key < 50; key++) {
      await kept.prepare([...tokens(0), key]);
      kept.rested();
      clock.advance(200);
    }
    assert.deepEqual(await readdir(folder), []);
  });

  it("are written at rest, and before the model leaves the memory", async () => {
    const sequence = new Sequence();
    const clock = new FakeClock();
    const kept = new KeptSequence(sequence, await open(), clock, silentLog);
    sequence.contextTokens = tokens(0);
    kept.rested();
    clock.advance(5_000);
    await kept.leave();
    assert.equal(sequence.files.size, 1);
    sequence.contextTokens = tokens(3_000);
    await kept.leave();
    assert.equal(sequence.files.size, 2);
  });
});
