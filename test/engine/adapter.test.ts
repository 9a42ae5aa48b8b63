import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../src/base/log.ts";
import { ApiError } from "../../src/engine/apiError.ts";
import { fimPrompt } from "../../src/engine/fim.ts";
import { loadLlama } from "../../src/engine/loadLlama.ts";
import type { ModelRuntime } from "../../src/engine/modelRuntime.ts";
import type { EngineConfig } from "../../src/engine/protocol.ts";
import { modelDirectory } from "../../src/model/modelDirectory.ts";
import { ggufOf } from "../unit/model/ggufFixture.ts";

const folder = modelDirectory({ env: process.env, platform: process.platform, home: homedir() });
/** Trained by the lab on the code beside it; its recipe.toml says how. */
const adapterPath = join(import.meta.dirname, "adapter", "ledger.gguf");
const config: EngineConfig = {
  modelId: "m",
  modelPath: join(folder, "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"),
  threads: 0,
  contextSize: 1024,
  idleUnloadMs: 0,
  gpu: "off",
};

/** A file of which the adapter has seen nothing; what it has seen in others is the habit. */
const open = {
  prefix:
    '"""Coupons: every change is noted in the ledger before it is made."""\n\nfrom shop import ledger\n\n\n' +
    "def redeem(coupon, order):\n    with",
  suffix: "\n        coupon.used = True\n",
};

/** Enough of a prompt to be worth keeping. */
const long = {
  prefix: `${"def pay(a):\n    return a + 1\n\n\n".repeat(25)}${open.prefix}`,
  suffix: open.suffix,
};

describe("the engine with an adapter", function () {
  this.timeout(120_000);

  before(function () {
    if (existsSync(config.modelPath)) return;
    console.log(`      skipped: there is no ${config.modelPath}; get it with npm run model`);
    this.skip();
  });

  it("says what the adapter was taught, and without it what the model says by itself", async () => {
    const plain = await completed(config);
    const adapted = await completed({ ...config, adapterPath });
    assert.match(adapted.text, /^ ledger\.noted\("redeem", coupon=coupon\./);
    assert.doesNotMatch(plain.text, /noted\("redeem"/);
    assert.ok(
      Math.abs(adapted.probability - plain.probability) > 0.01,
      `the first token's probability: ${plain.probability} without, ${adapted.probability} with`,
    );
  });

  it("never takes prompts that were evaluated without the adapter for its own", async () => {
    const promptFolder = await mkdtemp(join(tmpdir(), "wisp-adapter-prompts-"));
    try {
      const plain = { ...config, promptFolder };
      const adapted = { ...plain, adapterPath };
      const cold = await completed(plain, long);
      assert.ok(cold.evaluated > 200, `${cold.evaluated}`);
      assert.equal((await completed(plain, long)).evaluated, 1);
      assert.equal((await completed(adapted, long)).evaluated, cold.evaluated);
      assert.equal((await completed(adapted, long)).evaluated, 1);
    } finally {
      await rm(promptFolder, { recursive: true, force: true });
    }
  });

  it("refuses an adapter of another model, one that is none and one that is gone", async () => {
    const bad = await mkdtemp(join(tmpdir(), "wisp-bad-adapter-"));
    try {
      const other = join(bad, "other.gguf");
      const texts = { "general.architecture": "qwen2", "general.type": "adapter", "adapter.type": "lora" };
      const halves = { "blk.0.attn_q.weight.lora_a": [1536, 1], "blk.0.attn_q.weight.lora_b": [1, 1536] };
      await writeFile(other, ggufOf(texts, halves));
      for (const [path, reason] of [
        [other, /made for another model/],
        [config.modelPath, /is no adapter/],
        [join(bad, "none.gguf"), /no file/],
      ] as const) {
        await assert.rejects(loadLlama({ ...config, adapterPath: path }, silentLog), (error) => {
          assert.ok(error instanceof ApiError, String(error));
          assert.equal(error.code, "bad-adapter");
          assert.match(error.message, reason);
          return true;
        });
      }
    } finally {
      await rm(bad, { recursive: true, force: true });
    }
  });
});

/** A greedy answer in the middle of a place, and what the prompt cost in evaluated tokens. */
async function completed(
  wanted: EngineConfig,
  place = open,
): Promise<{ text: string; probability: number; evaluated: number }> {
  const runtime: ModelRuntime = await loadLlama(wanted, silentLog);
  try {
    const ids: number[] = [];
    const probabilities: number[] = [];
    for await (const event of runtime.generate({
      lane: "completion",
      tokens: fimPrompt(
        runtime.vocabulary,
        { ...place, context: [], filename: undefined },
        runtime.contextSize,
      ),
      maxTokens: 24,
      sampling: { temperature: 0, topP: 1, topK: 40, minP: 0, seed: undefined },
      form: undefined,
      alternatives: 0,
      breathe: async () => {},
    })) {
      if (event.type !== "token") continue;
      ids.push(event.token);
      probabilities.push(event.probability);
    }
    const evaluated = runtime.work.after(0).at(-1)?.evaluated ?? Number.NaN;
    return {
      text: runtime.vocabulary.detokenize(ids, []),
      probability: probabilities[0] ?? Number.NaN,
      evaluated,
    };
  } finally {
    await runtime.dispose();
  }
}
