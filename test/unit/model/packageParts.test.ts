import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { access, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultPython } from "../../../src/model/packageParts.ts";
import { bytes, code, entryFor, never, storeIn, withFolder } from "./modelFixtures.ts";

const version = "1.0.0";
const names = ["tiny-part1", "tiny-part2", "tiny-part3"];

/** Writes wheels whose payloads are the pieces of standard input; importing one leaves a trace. */
const wheelScript = `
import sys, zipfile
folder, cuts = sys.argv[1], [int(cut) for cut in sys.argv[2].split(",")]
data = sys.stdin.buffer.read()
for number, (start, end) in enumerate(zip([0] + cuts, cuts + [len(data)]), 1):
    name = f"tiny_part{number}"
    kind = zipfile.ZIP_STORED if number == 2 else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(f"{folder}/{name}-1.0.0-py3-none-any.whl", "w", kind) as wheel:
        wheel.writestr(f"{name}/__init__.py", f"open({folder!r} + '/imported', 'w')")
        wheel.writestr(f"{name}/data/part{number:02}.bin", data[start:end])
        info = f"{name}-1.0.0.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
`;

describe("download in packages", function () {
  this.timeout(60_000);
  const entry = entryFor(bytes, { packages: names.map((name) => ({ name, version })) });
  const saved = { index: process.env["PIP_NO_INDEX"], links: process.env["PIP_FIND_LINKS"] };

  before(function () {
    if (spawnSync(defaultPython, ["-m", "pip", "--version"]).status !== 0) this.skip();
  });

  afterEach(() => {
    for (const [name, value] of [
      ["PIP_NO_INDEX", saved.index],
      ["PIP_FIND_LINKS", saved.links],
    ] as const) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  /** Has pip look for packages in a folder with wheels only. */
  function withWheels(cuts: string, run: (folder: string, wheels: string) => Promise<void>): Promise<void> {
    return withFolder((wheels) =>
      withFolder(async (folder) => {
        execFileSync(defaultPython, ["-c", wheelScript, wheels, cuts], { input: bytes });
        process.env["PIP_NO_INDEX"] = "1";
        process.env["PIP_FIND_LINKS"] = wheels;
        await run(folder, wheels);
      }),
    );
  }

  it("puts the payloads together in order, checks the whole and runs nothing of the packages", () =>
    withWheels("70000,150000", async (folder, wheels) => {
      await mkdir(join(folder, "small.gguf.packages", "left", "by", "a", "killed", "run"), {
        recursive: true,
      });
      const received: number[] = [];
      const result = await storeIn(folder, { catalogue: [entry] }).download("small", {
        signal: never,
        source: "packages",
        onProgress: ({ phase, receivedBytes }) => phase === "downloading" && received.push(receivedBytes),
      });
      assert.equal(result.status, "ready");
      assert.deepEqual(await readFile(join(folder, "small.gguf")), bytes);
      assert.deepEqual((await readdir(folder)).sort(), ["small.gguf", "verified.json"]);
      assert.deepEqual(
        received,
        received.toSorted((a, b) => a - b),
      );
      await assert.rejects(access(join(wheels, "imported")));
    }));

  it("keeps the packages that have come when one is missing, and goes on behind them", () =>
    withWheels("70000,150000", async (folder, wheels) => {
      const third = join(wheels, "tiny_part3-1.0.0-py3-none-any.whl");
      const wheel = await readFile(third);
      await rm(third);
      const store = storeIn(folder, { catalogue: [entry] });
      await assert.rejects(
        store.download("small", { signal: never, source: "packages" }),
        code("pip-failed"),
      );
      assert.deepEqual(
        (await store.list()).map(({ sizeBytes }) => sizeBytes),
        [150_000],
      );
      for (const name of await readdir(wheels)) await rm(join(wheels, name));
      await writeFile(third, wheel);
      const result = await store.download("small", { signal: never, source: "packages" });
      assert.equal(result.status, "ready");
      assert.deepEqual(await readFile(join(folder, "small.gguf")), bytes);
    }));

  it("deletes what is not the model", () =>
    withWheels("70000,150000", async (folder) => {
      const other = { ...entry, sha256: "0".repeat(64) };
      const store = storeIn(folder, { catalogue: [other] });
      await assert.rejects(
        store.download("small", { signal: never, source: "packages" }),
        code("hash-mismatch"),
      );
      assert.deepEqual(await readdir(folder), []);
    }));

  it("can be cancelled", () =>
    withWheels("70000,150000", async (folder) => {
      const cancel = new AbortController();
      const store = storeIn(folder, { catalogue: [entry] });
      const result = await store.download("small", {
        signal: cancel.signal,
        source: "packages",
        onProgress: ({ receivedBytes }) => receivedBytes >= 70_000 && cancel.abort(),
      });
      assert.equal(result.status, "cancelled");
      assert.deepEqual(
        (await readdir(folder)).filter((name) => name.endsWith(".packages")),
        [],
      );
    }));

  it("is what auto takes when the hub does not answer", () =>
    withWheels("1,2", async (folder) => {
      const notes: string[] = [];
      const store = storeIn(folder, { catalogue: [entry], endpoint: () => "http://127.0.0.1:9" });
      const result = await store.download("small", {
        signal: never,
        source: "auto",
        onProgress: ({ note }) => note && notes.push(note),
      });
      assert.equal(result.status, "ready");
      assert.match(notes.join(), /127\.0\.0\.1:9 cannot be reached/);
    }));

  it("says that Python is missing, and that an entry has no packages", () =>
    withFolder(async (folder) => {
      const store = storeIn(folder, { catalogue: [entry], python: "no-such-python" });
      await assert.rejects(
        store.download("small", { signal: never, source: "packages" }),
        code("pip-missing"),
      );
      await assert.rejects(
        storeIn(folder).download("small", { signal: never, source: "packages" }),
        code("no-packages"),
      );
    }));
});
