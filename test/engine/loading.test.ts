import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../src/base/log.ts";
import { ApiError } from "../../src/engine/apiError.ts";
import { loadLlama } from "../../src/engine/loadLlama.ts";
import { ModelHolder } from "../../src/engine/modelHolder.ts";
import type { ModelRuntime } from "../../src/engine/modelRuntime.ts";
import { hasAmx } from "../../src/model/machine.ts";
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

  it("finds evaluated prompts again after another prompt and after loading anew", async function () {
    if (!existsSync(modelPath)) {
      console.log(`      skipped: there is no ${modelPath}; get it with npm run model`);
      return this.skip();
    }
    const promptFolder = await mkdtemp(join(tmpdir(), "wisp-prompts-"));
    const keeping = { ...config, promptFolder };
    try {
      let runtime = await loadLlama(keeping, silentLog);
      const prompt = (name: string): number[] =>
        runtime.vocabulary.tokenize(`def ${name}(a):\n    return a + 1\n\n`.repeat(12));
      const [one, two] = [prompt("one"), prompt("two")];
      const cold = await evaluated(runtime, one);
      await evaluated(runtime, two);
      assert.deepEqual(await evaluated(runtime, one), { ...cold, evaluated: 1 });
      assert.equal((await evaluated(runtime, two)).evaluated, 1);
      await runtime.dispose();
      runtime = await loadLlama(keeping, silentLog);
      for (const tokens of [one, two]) assert.equal((await evaluated(runtime, tokens)).evaluated, 1);
      assert.deepEqual(await evaluated(runtime, one), { ...cold, evaluated: 1 });
      await runtime.dispose();
    } finally {
      await rm(promptFolder, { recursive: true, force: true });
    }
  });

  it("answers from a copy that is fitted to the processor, which has saved prompts of its own", async function () {
    if (!existsSync(modelPath) || !(await hasAmx())) {
      console.log(`      skipped: there is no ${modelPath}, or the processor has no AMX`);
      return this.skip();
    }
    const made = await mkdtemp(join(tmpdir(), "wisp-fitted-"));
    const keeping = { ...config, promptFolder: join(made, "prompts") };
    const told: string[] = [];
    const log = { ...silentLog, info: (message: string) => told.push(message) };
    try {
      const answers: (readonly number[])[] = [];
      for (const [fittedFolder, isSaved] of [
        [undefined, false],
        [join(made, "fitted"), false],
        [join(made, "fitted"), true],
      ] as const) {
        const runtime = await loadLlama({ ...keeping, ...(fittedFolder && { fittedFolder }) }, log);
        const tokens = runtime.vocabulary.tokenize("def one(a):\n    return a + 1\n\n".repeat(12));
        const { answer, evaluated: read } = await evaluated(runtime, tokens);
        assert.equal(read, isSaved ? 1 : tokens.length);
        answers.push(answer);
        await runtime.dispose();
      }
      assert.deepEqual(answers[1], answers[0]);
      assert.deepEqual(answers[2], answers[0]);
      assert.equal(told.filter((message) => message.startsWith("Fitted the model")).length, 1);
    } finally {
      await rm(made, { recursive: true, force: true });
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

/** What a greedy answer of four tokens costs in prompt tokens, and the answer. */
async function evaluated(
  runtime: ModelRuntime,
  tokens: readonly number[],
): Promise<{ evaluated: number; answer: number[] }> {
  const answer: number[] = [];
  const events = runtime.generate({
    lane: "completion",
    tokens,
    maxTokens: 4,
    sampling: { temperature: 0, topP: 1, topK: 40, minP: 0, seed: undefined },
    form: undefined,
    alternatives: 0,
    breathe: async () => {},
  });
  for await (const event of events) if (event.type === "token") answer.push(event.token);
  return { evaluated: runtime.work.after(0).at(-1)?.evaluated ?? Number.NaN, answer };
}
