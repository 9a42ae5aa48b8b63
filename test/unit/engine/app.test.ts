import assert from "node:assert/strict";
import { silentLog } from "../../../src/base/log.ts";
import { ApiError } from "../../../src/engine/apiError.ts";
import { createApp } from "../../../src/engine/app.ts";
import { ModelHolder } from "../../../src/engine/modelHolder.ts";
import { RequestQueue } from "../../../src/engine/requestQueue.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { ScriptedRuntime, unitVocabulary } from "./fakeRuntime.ts";

function engine(runtime: ScriptedRuntime | ApiError) {
  const load = async () => {
    if (runtime instanceof ApiError) throw runtime;
    return runtime;
  };
  const holder = new ModelHolder(load, { idleUnloadMs: 0, clock: new FakeClock(), log: silentLog });
  const app = createApp({
    modelId: "m",
    holder,
    queue: new RequestQueue(),
    log: silentLog,
    client: "editor",
  });
  return (path: string, body?: unknown) =>
    Promise.resolve(
      app.request(path, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    );
}

async function json(response: Response): Promise<Record<string, never>> {
  return (await response.json()) as Record<string, never>;
}

describe("the engine's app", () => {
  it("fills in the middle, and ends before a stop", async () => {
    const runtime = new ScriptedRuntime("one\n\ntwo");
    const response = await engine(runtime)("/v1/completions", {
      model: "m",
      prompt: "a",
      suffix: "b",
      filename: "f.ts",
      input_extra: [{ filename: "g.ts", text: "x" }],
      max_tokens: 20,
      stop: ["\n\n"],
      logprobs: 1,
    });
    assert.equal(response.status, 200);
    const body = (await json(response)) as unknown as {
      choices: {
        text: string;
        finish_reason: string;
        logprobs: { tokens: string[]; token_logprobs: number[] };
      }[];
      usage: { prompt_tokens: number; prompt_tokens_details: { cached_tokens: number } };
    };
    const [choice] = body.choices;
    assert.equal(choice?.text, "one");
    assert.equal(choice?.finish_reason, "stop");
    assert.deepEqual(choice?.logprobs.tokens, ["o", "n", "e"]);
    assert.equal(choice?.logprobs.token_logprobs[0], Math.log(0.5));
    assert.equal(body.usage.prompt_tokens_details.cached_tokens, 2);
    const text = (part: string) => unitVocabulary.tokenize(part);
    assert.deepEqual(runtime.asked[0]?.tokens, [
      1003,
      ...text("workspace\n"),
      1004,
      ...text("g.ts\nx\n"),
      1004,
      ...text("f.ts\n"),
      1000,
      ...text("a"),
      1001,
      ...text("b"),
      1002,
    ]);
  });

  it("weighs a text that is there already, and refuses to echo and generate in one", async () => {
    const ask = engine(new ScriptedRuntime("never said"));
    const echo = { model: "m", prompt: "# f\nx = 1", echo: true, max_tokens: 0, logprobs: 4 };
    const weighed = (await json(await ask("/v1/completions", { ...echo, echo_from: 4 }))) as unknown as {
      choices: { text: string; logprobs: { tokens: string[]; top_logprobs: Record<string, number>[] } }[];
      usage: { completion_tokens: number };
    };
    assert.equal(weighed.choices[0]?.text, "x = 1");
    assert.deepEqual(weighed.choices[0]?.logprobs.tokens, ["x", " ", "=", " ", "1"]);
    assert.deepEqual(weighed.choices[0]?.logprobs.top_logprobs[0], { y: Math.log(0.25) });
    assert.equal(weighed.usage.completion_tokens, 0);
    for (const wrong of [{ max_tokens: 5 }, { suffix: "y" }, { echo_from: 10 }])
      assert.equal((await ask("/v1/completions", { ...echo, ...wrong })).status, 400);
  });

  it("tells the first token of an answer when it only reads a prompt, if asked to", async () => {
    const ask = engine(new ScriptedRuntime("yes"));
    const read = async (more: object) =>
      (await json(
        await ask("/v1/completions", { model: "m", prompt: "x", max_tokens: 0, ...more }),
      )) as unknown as {
        choices: { text: string; logprobs: { tokens: string[] } | null }[];
        usage: { completion_tokens: number };
      };
    const told = await read({ logprobs: 20 });
    assert.deepEqual(told.choices[0]?.logprobs?.tokens, ["y"]);
    assert.equal(told.usage.completion_tokens, 0, "it is not decoded");
    const silent = await read({});
    assert.deepEqual([silent.choices[0]?.text, silent.choices[0]?.logprobs], ["", null]);
  });

  it("streams chat with its role, its end and its usage", async () => {
    const response = await engine(new ScriptedRuntime("hey"))("/v1/chat/completions", {
      messages: [{ role: "user", content: "hi" }],
      max_tokens: 2,
      stream: true,
      stream_options: { include_usage: true },
    });
    const lines = (await response.text()).trim().split("\n\n");
    assert.equal(lines.pop(), "data: [DONE]");
    const chunks = lines.map((line) => JSON.parse(line.replace("data: ", "")));
    assert.deepEqual(
      chunks.flatMap(({ choices }) => choices.map((choice: { delta: object }) => choice.delta)),
      [{ role: "assistant", content: "h" }, { content: "e" }, {}],
    );
    assert.equal(chunks.at(-2).choices[0].finish_reason, "length");
    assert.equal(chunks.at(-1).usage.completion_tokens, 2);
  });

  it("lets fields of other servers through", async () => {
    const ask = engine(new ScriptedRuntime("yes"));
    for (const path of ["/v1/completions", "/v1/chat/completions"]) {
      const messages = [{ role: "user", content: "hi" }];
      const extras = { n_predict: 4, id_slot: 0, t_max_predict_ms: 100, tool_choice: "none" };
      const body = path.includes("chat") ? { messages } : { prompt: "a" };
      assert.equal((await ask(path, { model: "m", ...body, ...extras })).status, 200, path);
    }
  });

  for (const [what, body] of [
    ["temperature", { prompt: "a", temperature: "hot" }],
    ["prompt", { prompt: [1, 2] }],
    ["max_tokens", { prompt: "a", max_tokens: -1 }],
    ["input_extra", { prompt: "a", input_extra: [{}] }],
  ] as const) {
    it(`refuses a request by the name of its field ${what}`, async () => {
      const response = await engine(new ScriptedRuntime(""))("/v1/completions", body);
      assert.equal(response.status, 400);
      const { error } = (await json(response)) as unknown as { error: { message: string; code: string } };
      assert.match(error.message, new RegExp(what));
      assert.equal(error.code, "invalid-request");
    });
  }

  it("refuses a suffix where the model has no FIM tokens, and a prompt that is too long", async () => {
    const plain = engine(new ScriptedRuntime("x", { ...unitVocabulary, fim: undefined }));
    const noFim = await plain("/v1/completions", { prompt: "a", suffix: "b" });
    assert.equal(noFim.status, 422);
    assert.match(await noFim.text(), /"no-fim"/);
    const long = await plain("/v1/completions", { prompt: "a".repeat(300), stream: true });
    assert.equal(long.status, 400);
    assert.match(await long.text(), /"context-overflow"/);
  });

  it("reports a model that cannot be loaded, with its status even for a stream", async () => {
    const ask = engine(new ApiError("bad-model-file", "cut off"));
    const response = await ask("/v1/completions", { prompt: "a", stream: true });
    assert.equal(response.status, 422);
    const health = (await json(await ask("/health"))) as unknown as {
      status: string;
      error: { code: string };
    };
    assert.equal(health.status, "error");
    assert.equal(health.error.code, "bad-model-file");
  });

  it("tells what the model runs on as soon as it is loaded", async () => {
    const runtime = new ScriptedRuntime("a");
    const ask = engine(runtime);
    const placed = async (): Promise<Record<string, unknown>> => {
      const { device, unused_gpu } = await json(await ask("/health"));
      return { device, unused_gpu };
    };
    assert.deepEqual(await placed(), { device: undefined, unused_gpu: undefined });
    await ask("/v1/completions", { prompt: "a" });
    assert.deepEqual(await placed(), { device: null, unused_gpu: null });
    runtime.placement = { unusedGpu: "there is none" };
    assert.deepEqual(await placed(), { device: null, unused_gpu: "there is none" });
    runtime.placement = { device: "A (2 of 3 layers)" };
    assert.deepEqual(await placed(), { device: "A (2 of 3 layers)", unused_gpu: null });
  });

  it("answers an unknown path with an error of the protocol", async () => {
    const response = await engine(new ScriptedRuntime(""))("/v1/nothing");
    assert.equal(response.status, 404);
    assert.match(await response.text(), /"error"/);
  });
});
