import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiError } from "../../../src/engine/apiError.ts";
import { checkMemory, checkModelFile, chooseContextSize } from "../../../src/engine/modelFile.ts";
import type { EngineErrorCode } from "../../../src/engine/protocol.ts";
import { ggufFile } from "../model/ggufFixture.ts";

const mebibyte = 1024 * 1024;
const is =
  (code: EngineErrorCode, message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };

describe("the engine's look at the model file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wisp-engine-file-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function written(content: Buffer | string): Promise<string> {
    const path = join(folder, "model.gguf");
    await writeFile(path, content);
    return path;
  }

  it("takes a whole model", async () => {
    const { header } = await checkModelFile(await written(ggufFile(["a"])));
    assert.equal(header.architecture, "llama");
  });

  it("tells a text, an empty file, a cut model, a folder and nothing at all", async () => {
    const gguf = ggufFile(["a", "b"]);
    const bad: [Buffer | string, RegExp][] = [
      ["this is a text\n".repeat(100), /not a GGUF/],
      ["", /GGUF/],
      [gguf.subarray(0, 40), /GGUF|ends|cut/],
      [gguf.subarray(0, gguf.length - 1), /ends|cut|bytes/],
    ];
    for (const [content, message] of bad)
      await assert.rejects(checkModelFile(await written(content)), is("bad-model-file", message));
    await assert.rejects(checkModelFile(folder), is("bad-model-file", /not a file/));
    await assert.rejects(checkModelFile(join(folder, "none.gguf")), is("no-model", /none\.gguf/));
  });

  it("refuses a model that is too large for the free memory, with both sizes", () => {
    checkMemory(500 * mebibyte, 0, 1000 * mebibyte);
    assert.throws(() => checkMemory(4e9, 0, 2e9), is("out-of-memory", /4\.2 GB.*2\.0 GB/));
  });

  const options = {
    wanted: 0,
    trained: 32_768,
    kvBytesPerToken: 12_288,
    lanes: 2,
    fileBytes: 500 * mebibyte,
  };

  it("takes the largest context that fits, and never more than the model was trained on", () => {
    const sized = (availableMebibytes: number, more: object = {}): number =>
      chooseContextSize({ ...options, availableBytes: availableMebibytes * mebibyte, ...more });
    assert.equal(sized(4000), 8192);
    assert.equal(sized(780), 4096);
    assert.equal(sized(4000, { trained: 2048 }), 2048);
    assert.equal(sized(4000, { wanted: 20_000 }), 20_000);
    assert.equal(sized(4000, { wanted: 100_000 }), 32_768);
  });

  it("refuses a context that does not fit", () => {
    for (const wanted of [0, 30_000])
      assert.throws(
        () => chooseContextSize({ ...options, wanted, availableBytes: 700 * mebibyte }),
        is("out-of-memory", /memory/),
      );
  });
});
