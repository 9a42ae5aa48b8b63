import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Log, silentLog } from "../../../src/base/log.ts";
import { ApiError } from "../../../src/engine/apiError.ts";
import { type FitMachine, fittedModel, loadFitted, type ModelFile } from "../../../src/engine/fittedModel.ts";
import { dequantizeQ6_K, quantizeQ8_0, widenQ5_0 } from "../../../src/engine/requantize.ts";
import { fittedName, unfinishedName } from "../../../src/model/fittedFiles.ts";
import { type GgufContents, type GgufTensor, readGguf } from "../../../src/model/ggufHeader.ts";
import { type FixtureTensor, ggufWith } from "../model/ggufFixture.ts";

const [f32, q5, q8, q6, q4k] = [0, 6, 8, 14, 12];
const machine: FitMachine = {
  hasAmx: true,
  usesGpu: false,
  availableMemoryBytes: 1e10,
  freeDiskBytes: async () => 1e11,
};

/** Weights of 1/1024 times what the bytes say. */
function tensor(type: number, shape: readonly number[]): FixtureTensor {
  const [elements, bytes, scaleAt] = ({
    6: [32, 22, 0],
    8: [32, 34, 0],
    12: [256, 144, 0],
    14: [256, 210, 208],
  }[type] ?? [1, 4, undefined]) as [number, number, number | undefined];
  const count = shape.reduce((product, size) => product * size, 1);
  const data = randomBytes((count / elements) * bytes);
  if (scaleAt !== undefined)
    for (let at = scaleAt; at < data.length; at += bytes) data.writeUInt16LE(0x1400, at);
  return { shape, type, data };
}

/** As the tensors are in models of Qwen2.5-Coder, but smaller. */
const usual = {
  "output.weight": tensor(q6, [256, 3]),
  "token_embd.weight": tensor(q5, [256, 3]),
  "blk.0.norm.weight": tensor(f32, [7]),
  "blk.0.ffn_down.weight": tensor(q6, [512, 5]),
  "blk.0.ffn_up.weight": tensor(q5, [96, 3]),
  "blk.0.attn_q.weight": tensor(q4k, [256, 3]),
  "blk.0.attn_k.weight": tensor(q8, [96, 1]),
  "blk.0.experts.weight": tensor(q5, [32, 3, 2]),
  "blk.0.attn_k.bias": tensor(q5, [32]),
};
const converted = ["output.weight", "blk.0.ffn_down.weight", "blk.0.ffn_up.weight"];

describe("fitting a model to the processor", () => {
  let folder: string;
  let fittedFolder: string;
  let modelPath: string;
  let told: string[];
  const log: Log = {
    ...silentLog,
    info: (message) => told.push(`info ${message}`),
    warn: (message) => told.push(`warn ${message}`),
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wisp-fit-"));
    fittedFolder = join(folder, "models", "fitted");
    modelPath = join(folder, "model.gguf");
    told = [];
    await writeFile(modelPath, ggufWith(usual));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function tried(more: Partial<FitMachine> = {}, path = modelPath): Promise<ModelFile | undefined> {
    const contents = await readGguf(path);
    return fittedModel({ modelPath: path, fittedFolder }, contents, { ...machine, ...more }, log);
  }

  async function fitted(): Promise<ModelFile> {
    const file = await tried();
    assert.ok(file, told.join("\n"));
    return file;
  }

  for (const alignment of [32, 64]) {
    it(`makes each matrix of Q5_0 and Q6_K one of Q8_0, aligned to ${alignment}, and keeps the rest`, async () => {
      const source = ggufWith(usual, alignment);
      await writeFile(modelPath, source);
      const { path, bytes } = await fitted();
      assert.match(told.join(), /^info Fitted the model to this processor: 3 tensors, 0 MB, \d+\.\d s$/);
      const file = await readFile(path);
      assert.equal(file.length, bytes);
      const { tensors, places, header } = await readGguf(path);
      assert.equal(header.architecture, "llama");
      assert.ok(file.subarray(0, places.tableStart).equals(source.subarray(0, places.tableStart)));
      let end = 0;
      for (const [name, { shape, type, data }] of Object.entries(usual)) {
        const found: GgufTensor | undefined = tensors.get(name);
        assert.ok(found, name);
        assert.deepEqual(found.dimensions, shape);
        assert.equal(found.type, converted.includes(name) ? q8 : type, name);
        assert.equal(found.offset, Math.ceil(end / alignment) * alignment, name);
        end = found.offset + (found.bytes ?? 0);
        const written = file.subarray(places.dataStart + found.offset, places.dataStart + end);
        assert.ok(written.equals(converted.includes(name) ? requantized(type, data) : data), name);
      }
      assert.equal(file.length, places.dataStart + Math.ceil(end / alignment) * alignment);
    });
  }

  it("goes on in the middle of a tensor that is larger than a chunk", async () => {
    const large = tensor(q5, [4096, 130]);
    await writeFile(modelPath, ggufWith({ "token_embd.weight": large, "a.norm": tensor(f32, [1_500_000]) }));
    const { path } = await fitted();
    const file = await readFile(path);
    const { places } = await readGguf(path);
    const wanted = requantized(q5, large.data);
    assert.ok(file.subarray(places.dataStart, places.dataStart + wanted.length).equals(wanted));
    const [rest, before] = [file.subarray(-6_000_000), await readFile(modelPath)];
    assert.ok(rest.equals(before.subarray(-6_000_000)));
  });

  it("converts the embeddings where they are the output matrix too", async () => {
    const { "output.weight": _, ...tied } = usual;
    await writeFile(modelPath, ggufWith(tied));
    const { tensors } = await readGguf((await fitted()).path);
    assert.equal(tensors.get("token_embd.weight")?.type, q8);
  });

  it("is done once", async () => {
    const { path } = await fitted();
    const { ino, mtimeMs } = await stat(path);
    told = [];
    assert.equal((await fitted()).path, path);
    const again = await stat(path);
    assert.deepEqual([again.ino, again.mtimeMs, told], [ino, mtimeMs, []]);
  });

  const few: Record<string, [Partial<FitMachine>, warning: RegExp | undefined]> = {
    "the processor has no AMX": [{ hasAmx: false }, undefined],
    "the GPU is used": [{ usesGpu: true }, undefined],
    "the memory is too small": [{ availableMemoryBytes: 160 * 1024 * 1024 }, undefined],
    "the disk is too full": [{ freeDiskBytes: async () => 1e9 }, /1000 MB.*are free/],
    "the disk cannot be asked": [{ freeDiskBytes: () => Promise.reject(new Error("gone")) }, /: gone$/],
  };
  for (const [why, [more, warning]] of Object.entries(few)) {
    it(`leaves the model as it is where ${why}`, async () => {
      assert.equal(await tried(more), undefined);
      assert.equal(told.length, warning ? 1 : 0, told.join("\n"));
      if (warning) assert.match(told[0] ?? "", warning);
      assert.deepEqual(await readdir(fittedFolder).catch(() => []), []);
    });
  }

  it("leaves a model as it is where nothing is to be gained, or not all is known", async () => {
    const { "blk.0.norm.weight": norm, "blk.0.attn_q.weight": query } = usual;
    const unknown = { shape: [4], type: 99, data: Buffer.alloc(8) };
    for (const tensors of [
      { norm, query },
      { ...usual, unknown },
    ]) {
      await writeFile(modelPath, ggufWith(tensors));
      assert.equal(await tried(), undefined);
    }
    const part = join(folder, "model-00001-of-00002.gguf");
    await writeFile(part, ggufWith(usual));
    assert.equal(await tried({}, part), undefined);
    const contents = await readGguf(modelPath);
    assert.equal(await fittedModel({ modelPath }, contents, machine, log), undefined);
    assert.deepEqual(told, []);
  });

  it("makes no file of more than 4 GB", async () => {
    await writeFile(modelPath, ggufWith({ "a.weight": usual["blk.0.ffn_up.weight"] }));
    const contents = await readGguf(modelPath);
    const [[name, found] = assert.fail()] = contents.tensors;
    const large = { ...found, dimensions: [32, 120_000_000], bytes: 22 * 120_000_000 };
    const larger: GgufContents = { ...contents, tensors: new Map([[name, large]]) };
    assert.equal(await fittedModel({ modelPath, fittedFolder }, larger, machine, log), undefined);
    assert.deepEqual(told, []);
  });

  it("makes a damaged file anew", async () => {
    const { path, bytes } = await fitted();
    const whole = await readFile(path);
    for (const damaged of [whole.subarray(0, bytes - 1), Buffer.concat([whole, whole]), Buffer.from("no")]) {
      await writeFile(path, damaged);
      await fitted();
      assert.match(told.splice(0).join("\n"), /is made anew.*Fitted the model/s);
      assert.ok((await readFile(path)).equals(whole));
    }
  });

  it("says why it failed, and leaves nothing behind", async () => {
    const contents = await readGguf(modelPath);
    await truncate(modelPath, contents.header.fileBytes - 100);
    assert.equal(await fittedModel({ modelPath, fittedFolder }, contents, machine, log), undefined);
    assert.match(told.join(), /^warn .*is loaded as it is: .*ended before/);
    assert.deepEqual(await readdir(fittedFolder), []);
    await rm(fittedFolder, { recursive: true });
    await writeFile(fittedFolder, "a file");
    await writeFile(modelPath, ggufWith(usual));
    told = [];
    assert.equal(await tried(), undefined);
    assert.match(told.join(), /^warn .*cannot be read or written/);
  });

  it("deletes what a cut write, another version and an earlier model of the name have left", async () => {
    await mkdir(fittedFolder, { recursive: true });
    const fingerprint = "0123456789abcdef01234567";
    const earlier = fittedName(modelPath, 1, fingerprint);
    const names = {
      earlier,
      otherVersion: fittedName(modelPath, 7, fingerprint),
      cut: unfinishedName(earlier, randomUUID()),
      written: unfinishedName(earlier, randomUUID()),
      otherModel: fittedName("model2.gguf", 1, fingerprint),
      users: "model-fit.gguf",
    };
    for (const name of Object.values(names)) await writeFile(join(fittedFolder, name), "");
    await utimes(join(fittedFolder, names.cut), new Date(0), new Date(0));
    const { path } = await fitted();
    const left = [basename(path), names.written, names.otherModel, names.users];
    assert.deepEqual((await readdir(fittedFolder)).sort(), left.sort());
  });

  it("makes another file where the model has changed", async () => {
    const { path } = await fitted();
    await writeFile(modelPath, ggufWith({ ...usual, "blk.1.attn_q.weight": tensor(q5, [32, 8]) }));
    const next = await fitted();
    assert.notEqual(next.path, path);
    assert.deepEqual(await readdir(fittedFolder), [basename(next.path)]);
  });

  it("ends well in two windows at once", async () => {
    const files = await Promise.all([fitted(), fitted(), fitted()]);
    assert.equal(new Set(files.map(({ path }) => path)).size, 1);
    assert.deepEqual(await readdir(fittedFolder), [basename(files[0].path)]);
    assert.equal((await readGguf(files[0].path)).header.fileBytes, files[0].bytes);
  });

  it("loads the model as it is where its fitted file cannot be loaded", async () => {
    const contents = await readGguf(modelPath);
    const order = { modelPath, fittedFolder };
    const loading = (error: Error) => {
      const files: ModelFile[] = [];
      const load = async (file: ModelFile): Promise<string> => {
        files.push(file);
        if (file.path !== modelPath) throw error;
        return "loaded";
      };
      return { files, result: loadFitted(order, contents, machine, load, log) };
    };
    const full = loading(new ApiError("out-of-memory", "no room"));
    assert.equal(await full.result, "loaded");
    assert.deepEqual(full.files[1], { path: modelPath, bytes: contents.header.fileBytes });
    assert.equal((await readdir(fittedFolder)).length, 1);
    assert.match(told.join("\n"), /warn .*no room/);
    assert.equal(await loading(new ApiError("bad-model-file", "what?")).result, "loaded");
    assert.deepEqual(await readdir(fittedFolder), []);
    const adapter = loading(new ApiError("bad-adapter", "another model's"));
    await assert.rejects(adapter.result, /another model's/);
    assert.equal(adapter.files.length, 1);
  });
});

function requantized(type: number, data: Buffer): Buffer {
  const weights = type === q5 ? (data.length / 22) * 32 : (data.length / 210) * 256;
  const blocks = Buffer.alloc((weights / 32) * 34);
  if (type === q5) {
    widenQ5_0(data, blocks);
    return blocks;
  }
  const values = new Float32Array(weights);
  dequantizeQ6_K(data, values);
  quantizeQ8_0(values, blocks);
  return blocks;
}
