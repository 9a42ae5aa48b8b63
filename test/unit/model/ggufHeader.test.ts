import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { readGgufHeader } from "../../../src/model/ggufHeader.ts";
import { ModelStoreError } from "../../../src/model/modelStoreError.ts";
import { ggufFile } from "./ggufFixture.ts";
import { code, withFolder } from "./modelFixtures.ts";

describe("GGUF header", () => {
  it("tells architecture, name, context length and whether there are FIM tokens", () =>
    withFolder(async (folder) => {
      const path = join(folder, "a.gguf");
      await writeFile(path, ggufFile(["a", "<|fim_prefix|>"]));
      const header = await readGgufHeader(path);
      assert.deepEqual(header, {
        version: 3,
        type: "model",
        architecture: "llama",
        name: "Tiny",
        contextLength: 4096,
        hasFim: true,
        tensorCount: 1,
        fileBytes: ggufFile(["a", "<|fim_prefix|>"]).length,
      });
      await writeFile(path, ggufFile(["a", "b"]));
      assert.equal((await readGgufHeader(path)).hasFim, false);
    }));

  it("refuses a text file, an empty file, a folder and a missing file", () =>
    withFolder(async (folder) => {
      const path = join(folder, "a.gguf");
      await writeFile(path, "This is not a model.");
      await assert.rejects(readGgufHeader(path), code("bad-gguf"));
      await writeFile(path, "");
      await assert.rejects(readGgufHeader(path), code("bad-gguf"));
      await assert.rejects(readGgufHeader(folder), code("bad-gguf"));
      await assert.rejects(readGgufHeader(join(folder, "b.gguf")), code("file-missing"));
    }));

  it("refuses a file that is cut off anywhere", () =>
    withFolder(async (folder) => {
      const whole = ggufFile(["a", "<fim_prefix>", "c"]);
      const path = join(folder, "a.gguf");
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
          await writeFile(path, whole.subarray(0, length));
          await assert.rejects(readGgufHeader(path), code("bad-gguf"));
        }),
      );
    }));

  it("answers damaged bytes with a header or a clear error, never otherwise", () =>
    withFolder(async (folder) => {
      const whole = ggufFile(["a", "b"]);
      const path = join(folder, "a.gguf");
      const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
        minLength: 1,
        maxLength: 8,
      });
      await fc.assert(
        fc.asyncProperty(damage, async (changes) => {
          const file = Buffer.from(whole);
          for (const [at, byte] of changes) file[at] = byte;
          await writeFile(path, file);
          try {
            await readGgufHeader(path);
          } catch (error) {
            assert(error instanceof ModelStoreError, String(error));
            assert.equal(error.code, "bad-gguf");
          }
        }),
        { numRuns: 300 },
      );
    }));
});
