import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../src/base/log.ts";
import { ApiError } from "../../src/engine/apiError.ts";
import { loadLlama } from "../../src/engine/llamaRuntime.ts";
import { ModelHolder } from "../../src/engine/modelHolder.ts";
import { modelDirectory } from "../../src/model/modelDirectory.ts";
import { FakeClock } from "../fakes/fakeClock.ts";
import { ggufFile } from "../unit/model/ggufFixture.ts";

const folder = modelDirectory({ env: process.env, platform: process.platform, home: homedir() });
const modelPath = join(folder, "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
const config = {
  modelId: "m",
  modelPath,
  threads: 0,
  contextSize: 1024,
  idleUnloadMs: 1000,
  gpu: "off",
} as const;

describe("loading a model with llama.cpp", () => {
  it("refuses well-formed files that hold no model it knows, without a crash", async () => {
    const bad = await mkdtemp(join(tmpdir(), "wisp-engine-bad-"));
    try {
      for (const [name, content, reason] of [
        ["without-layers", ggufFile(["a", "b"]), /embedding_length/],
        [
          "unknown-architecture",
          Buffer.from(ggufFile(["a"]).toString("latin1").replace(/llama/g, "alpac"), "latin1"),
          /unknown model architecture/,
        ],
      ] as const) {
        const path = join(bad, `${name}.gguf`);
        await writeFile(path, content);
        await assert.rejects(loadLlama({ ...config, modelPath: path }, silentLog), (error) => {
          assert.ok(error instanceof ApiError, String(error));
          assert.equal(error.code, "bad-model-file", error.message);
          assert.match(error.message, reason);
          return true;
        });
      }
    } finally {
      await rm(bad, { recursive: true, force: true });
    }
  });

  it("goes on with the processor where there is no GPU, unloads when idle and loads again", async function () {
    if (!existsSync(modelPath)) {
      console.log(`      skipped: there is no ${modelPath}; get it with npm run model`);
      return this.skip();
    }
    const clock = new FakeClock();
    const holder = new ModelHolder(() => loadLlama({ ...config, gpu: "auto" }, silentLog), {
      idleUnloadMs: config.idleUnloadMs,
      clock,
      log: silentLog,
    });
    const tokens = await holder.use(({ vocabulary }) => vocabulary.tokenize("const x = 1;"));
    assert.ok(tokens.length > 3);
    clock.advance(config.idleUnloadMs);
    assert.equal(holder.state, "unloaded");
    assert.deepEqual(await holder.use(({ vocabulary }) => vocabulary.tokenize("const x = 1;")), tokens);
    await holder.runtime?.dispose();
  });
});
