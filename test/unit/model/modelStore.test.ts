import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fittedFolder, fittedName, unfinishedName } from "../../../src/model/fittedFiles.ts";
import { ggufFile } from "./ggufFixture.ts";
import { bytes, code, never, storeIn, withFolder } from "./modelFixtures.ts";

describe("model store", () => {
  it("lists nothing and needs no folder before the first download", () =>
    withFolder(async (folder) => {
      const store = storeIn(join(folder, "none"));
      assert.deepEqual(await store.list(), []);
      assert.equal(await store.pathOf("small"), undefined);
      assert.deepEqual(await store.remove("small"), { freedBytes: 0, removedFiles: [] });
      assert.deepEqual(await readdir(folder), []);
    }));

  it("knows whole, damaged and partial files and other models of the folder", () =>
    withFolder(async (folder) => {
      const store = storeIn(folder);
      const states = async () => (await store.list()).map(({ id, state, origin }) => [id, state, origin]);
      await writeFile(join(folder, "small.gguf.partial"), "abc");
      assert.deepEqual(await states(), [["small", "partial", "catalogue"]]);
      await writeFile(join(folder, "small.gguf"), "abc");
      assert.deepEqual(await states(), [["small", "damaged", "catalogue"]]);
      assert.equal(await store.pathOf("small"), undefined);
      await writeFile(join(folder, "small.gguf"), bytes);
      await writeFile(join(folder, "own.gguf"), ggufFile([]));
      const ownId = `file:${join(folder, "own.gguf")}`;
      assert.deepEqual(await states(), [
        ["small", "ready", "catalogue"],
        [ownId, "ready", "folder"],
      ]);
      assert.equal(await store.pathOf("small"), join(folder, "small.gguf"));
      assert.equal(await store.pathOf(ownId), join(folder, "own.gguf"));
    }));

  it("computes a checksum once, and again when the file has changed", () =>
    withFolder(async (folder) => {
      const path = join(folder, "small.gguf");
      await writeFile(path, bytes);
      const store = storeIn(folder);
      let read = 0;
      const options = { signal: never, onBytes: (now: number) => (read = now) };
      assert.equal(await store.verify("small", options), "verified");
      assert.equal(read, bytes.length);
      read = 0;
      assert.equal(await storeIn(folder).verify("small", options), "verified");
      assert.equal(read, 0);
      await writeFile(path, Buffer.alloc(bytes.length));
      await utimes(path, 1, 1);
      await assert.rejects(store.verify("small", options), code("hash-mismatch"));
    }));

  it("verifying a missing file says so, and cancelling is no error", () =>
    withFolder(async (folder) => {
      const store = storeIn(folder);
      await assert.rejects(store.verify("small", { signal: never }), code("file-missing"));
      await writeFile(join(folder, "small.gguf"), bytes);
      assert.equal(await store.verify("small", { signal: AbortSignal.abort() }), "cancelled");
    }));

  it("survives a damaged note of verified files", () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, "small.gguf"), bytes);
      for (const note of ["{", "null", "[]", '{"small.gguf": 1}']) {
        await writeFile(join(folder, "verified.json"), note);
        assert.equal(await storeIn(folder).verify("small", { signal: never }), "verified");
      }
    }));

  it("removes a model with its partial download and says what that frees", () =>
    withFolder(async (folder) => {
      const store = storeIn(folder);
      await writeFile(join(folder, "small.gguf"), bytes);
      await writeFile(join(folder, "small.gguf.partial"), "abc");
      await store.verify("small", { signal: never });
      const { freedBytes, removedFiles } = await store.remove("small");
      assert.equal(freedBytes, bytes.length + 3);
      assert.equal(removedFiles.length, 2);
      assert.deepEqual(await readdir(folder), ["verified.json"]);
      assert.deepEqual(JSON.parse(await readFile(join(folder, "verified.json"), "utf8")), {});
    }));

  it("removes a model's fitted copies with it, and lists none of them", () =>
    withFolder(async (folder) => {
      const store = storeIn(folder);
      const fitted = fittedFolder(folder);
      const elsewhere = join(folder, "own");
      await mkdir(fitted);
      await mkdir(elsewhere);
      await writeFile(join(folder, "small.gguf"), bytes);
      await writeFile(join(elsewhere, "a.gguf"), ggufFile([]));
      const { model } = await store.register(join(elsewhere, "a.gguf"));
      const copyOf = (path: string): string => fittedName(path, 1, "0123456789abcdef01234567");
      const copies = ["small.gguf", "smaller.gguf", "a.gguf"].map(copyOf);
      for (const name of copies) await writeFile(join(fitted, name), ggufFile([]));
      await writeFile(join(fitted, unfinishedName(copyOf("small.gguf"), randomUUID())), "abc");
      assert.deepEqual(
        (await store.list()).map(({ id }) => id),
        ["small", model.id],
      );
      const { freedBytes, removedFiles } = await store.remove("small");
      assert.equal(freedBytes, bytes.length + ggufFile([]).length + 3);
      assert.equal(removedFiles.length, 3);
      assert.deepEqual((await readdir(fitted)).sort(), copies.slice(1).sort());
      assert.equal((await store.remove(model.id)).freedBytes, ggufFile([]).length);
      assert.deepEqual(await readdir(fitted), copies.slice(1, 2));
      assert.deepEqual(await readdir(elsewhere), ["a.gguf"]);
    }));

  it("registers a file elsewhere by its path, and forgets it without deleting it", () =>
    withFolder(async (folder) => {
      const own = join(folder, "own");
      await mkdir(own);
      const path = join(own, "a.gguf");
      await writeFile(path, ggufFile(["<|fim_prefix|>"], "My model"));
      const store = storeIn(join(folder, "models"));
      const { model, header } = await store.register(path);
      assert.equal(header.hasFim, true);
      assert.equal(model.name, "My model");
      assert.equal(model.origin, "registered");
      await store.register(path);
      assert.deepEqual(await storeIn(join(folder, "models")).list(), [model]);
      assert.equal(await store.pathOf(model.id), path);
      await rename(path, join(own, "b.gguf"));
      assert.deepEqual(
        (await store.list()).map(({ state }) => state),
        ["missing"],
      );
      assert.equal(await store.pathOf(model.id), undefined);
      await rename(join(own, "b.gguf"), path);
      assert.deepEqual(await store.remove(model.id), { freedBytes: 0, removedFiles: [] });
      assert.deepEqual(await store.list(), []);
      assert.deepEqual(await readdir(own), ["a.gguf"]);
    }));

  it("uses a file elsewhere although the models folder takes nothing", () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, "no-folder"), "");
      await writeFile(join(folder, "own.gguf"), ggufFile([]));
      const { model } = await storeIn(join(folder, "no-folder")).register(join(folder, "own.gguf"));
      assert.equal(model.path, join(folder, "own.gguf"));
      assert.equal(model.state, "ready");
    }));

  it("does not register what is no model, nor delete what is not in its folder", () =>
    withFolder(async (folder) => {
      const path = join(folder, "notes.gguf");
      await writeFile(path, "shopping list");
      const store = storeIn(join(folder, "models"));
      await assert.rejects(store.register(path), code("bad-gguf"));
      await assert.rejects(store.remove(`file:${path}`), code("file-missing"));
      await assert.rejects(store.remove("file:notes.gguf"), code("file-missing"));
      assert.equal(await readFile(path, "utf8"), "shopping list");
    }));

  it("says which models there are when an unknown one is named", () =>
    withFolder(async (folder) => {
      await assert.rejects(storeIn(folder).download("large", { signal: never }), code("not-in-catalogue"));
    }));

  it("tells a folder that cannot be written from other troubles", () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, "file"), "");
      const store = storeIn(join(folder, "file", "models"));
      await assert.rejects(store.download("small", { signal: never }), code("folder-unusable"));
    }));
});
