import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { readGguf, readGgufHeader } from "../../../src/model/ggufHeader.ts";
import { ModelStoreError } from "../../../src/model/modelStoreError.ts";
import { ggufFile, ggufWith } from "./ggufFixture.ts";
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

  it("tells type, size and place of each tensor", () =>
    withFolder(async (folder) => {
      const path = join(folder, "a.gguf");
      for (const alignment of [32, 64]) {
        const file = ggufWith(
          {
            "a.weight": { shape: [32, 2], type: 6, data: Buffer.alloc(44, 1) },
            "b.weight": { shape: [5], type: 0, data: Buffer.alloc(20, 2) },
            "c.weight": { shape: [4], type: 99, data: Buffer.alloc(7, 3) },
          },
          alignment,
        );
        await writeFile(path, file);
        const contents = await readGguf(path);
        const { tableStart, tableEnd, dataStart } = contents.places;
        assert.equal(contents.alignment, alignment);
        assert.equal(file.indexOf("a.weight"), tableStart + 8);
        assert.ok(tableEnd <= dataStart && dataStart < tableEnd + alignment && dataStart % alignment === 0);
        const tensors = [...contents.tensors.values()];
        assert.deepEqual(
          tensors.map(({ dimensions, type, bytes, offset }) => [dimensions, type, bytes, offset]),
          [
            [[32, 2], 6, 44, 0],
            [[5], 0, 20, 64],
            [[4], 99, undefined, alignment === 64 ? 128 : 96],
          ],
        );
        for (const [index, { offset, typeAt, type }] of tensors.entries()) {
          assert.equal(file[dataStart + offset], index + 1);
          assert.equal(file.readUInt32LE(typeAt), type);
          assert.equal(file.readBigUInt64LE(typeAt + 4), BigInt(offset));
        }
      }
      const unaligned = ggufWith({}, 64);
      unaligned.writeUInt32LE(0, unaligned.indexOf("general.alignment") + 17 + 4);
      await writeFile(path, unaligned);
      await assert.rejects(readGguf(path), code("bad-gguf"));
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
