import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkAdapter } from "../../../src/model/adapterFile.ts";
import { readGgufHeader } from "../../../src/model/ggufHeader.ts";
import { ModelStoreError } from "../../../src/model/modelStoreError.ts";
import { ggufOf } from "./ggufFixture.ts";
import { code, withFolder } from "./modelFixtures.ts";

const model = ggufOf(
  { "general.architecture": "qwen2", "general.name": "Small" },
  { "token_embd.weight": [64, 500], "blk.0.attn_q.weight": [64, 64], "blk.0.attn_v.weight": [64, 16] },
);
const texts = {
  "general.architecture": "qwen2",
  "general.type": "adapter",
  "adapter.type": "lora",
  "general.name": "shop",
};
const halves = { "blk.0.attn_v.weight.lora_a": [64, 4], "blk.0.attn_v.weight.lora_b": [4, 16] };

describe("an adapter file", () => {
  it("is taken where every changed weight is one of the model", () =>
    withFolder(async (folder) => {
      const paths = await written(folder, ggufOf(texts, halves));
      assert.deepEqual(await checkAdapter(...paths), { path: paths[0], name: "shop", rank: 4 });
    }));

  it("may change the token embeddings, whose halves lie the other way round", () =>
    withFolder(async (folder) => {
      const embeddings = { "token_embd.weight.lora_a": [4, 500], "token_embd.weight.lora_b": [4, 64] };
      const paths = await written(folder, ggufOf(texts, embeddings));
      assert.equal((await checkAdapter(...paths)).name, "shop");
    }));

  it("is called like its folder where it has no name of its own", () =>
    withFolder(async (folder) => {
      const { "general.name": _, ...nameless } = texts;
      const [, modelPath] = await written(folder, "");
      await mkdir(join(folder, "my-code"));
      const path = join(folder, "my-code", "adapter.gguf");
      await writeFile(path, ggufOf(nameless, halves));
      assert.equal((await checkAdapter(path, modelPath)).name, "my-code");
    }));

  for (const [what, file, reason] of [
    ["a text", "no adapter", /not a GGUF/],
    ["a model", model, /is no adapter but a model/],
    ["of another kind", ggufOf({ ...texts, "adapter.type": "ia3" }, halves), /of the kind ia3/],
    [
      "for another architecture",
      ggufOf({ ...texts, "general.architecture": "llama" }, halves),
      /architecture llama; Small is qwen2/,
    ],
    [
      "for more layers",
      ggufOf(texts, { "blk.9.attn_v.weight.lora_a": [64, 4], "blk.9.attn_v.weight.lora_b": [4, 16] }),
      /blk\.9\.attn_v\.weight, which Small does not have/,
    ],
    [
      "for a wider model",
      ggufOf(texts, { "blk.0.attn_v.weight.lora_a": [128, 4], "blk.0.attn_v.weight.lora_b": [4, 32] }),
      /made for another model: its blk\.0\.attn_v\.weight is 128 x 32, that of Small 64 x 16/,
    ],
    ["one half only", ggufOf(texts, { "blk.0.attn_v.weight.lora_a": [64, 4] }), /gives only half of/],
    [
      "of halves of two ranks",
      ggufOf(texts, { "blk.0.attn_v.weight.lora_a": [64, 4], "blk.0.attn_v.weight.lora_b": [8, 16] }),
      /do not match/,
    ],
    ["of whole weights", ggufOf(texts, { "blk.0.attn_v.weight": [64, 16] }), /no part of an adapter/],
    ["of nothing", ggufOf(texts, {}), /changes nothing/],
  ] as const) {
    it(`is refused when it is ${what}, with the reason and what to do`, () =>
      withFolder(async (folder) => {
        const paths = await written(folder, file);
        await assert.rejects(checkAdapter(...paths), (error) => {
          assert.ok(error instanceof ModelStoreError);
          assert.equal(error.code, "bad-adapter");
          assert.match(error.message, reason);
          assert.match(error.hint, /Use Adapter/);
          return true;
        });
      }));
  }

  it("is not taken for a model, and says which command it is for", () =>
    withFolder(async (folder) => {
      const [path] = await written(folder, ggufOf(texts, halves));
      await assert.rejects(readGgufHeader(path), code("bad-gguf"));
      await assert.rejects(readGgufHeader(path), /holds no model but an adapter/);
    }));

  it("leaves a fault of the model to the model", () =>
    withFolder(async (folder) => {
      const [path] = await written(folder, ggufOf(texts, halves));
      await assert.rejects(checkAdapter(path, join(folder, "none.gguf")), code("file-missing"));
    }));
});

async function written(folder: string, adapter: Buffer | string): Promise<[path: string, model: string]> {
  const paths: [string, string] = [join(folder, "adapter.gguf"), join(folder, "model.gguf")];
  await writeFile(paths[0], adapter);
  await writeFile(paths[1], model);
  return paths;
}
