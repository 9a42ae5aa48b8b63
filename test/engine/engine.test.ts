import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { TokenDecoder } from "../../src/engine/answerText.ts";
import { createApp } from "../../src/engine/app.ts";
import { serveHttp } from "../../src/engine/httpServer.ts";
import { loadLlama } from "../../src/engine/loadLlama.ts";
import { ModelHolder } from "../../src/engine/modelHolder.ts";
import type { ModelRuntime } from "../../src/engine/modelRuntime.ts";
import { RequestQueue } from "../../src/engine/requestQueue.ts";
import { modelDirectory } from "../../src/model/modelDirectory.ts";

const folder = modelDirectory({ env: process.env, platform: process.platform, home: homedir() });
const modelPath = join(folder, "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
const token = "a token for this run";
const circle = {
  model: "m",
  prompt: 'import math\n\ndef area(radius):\n    """Area of a circle."""\n    return ',
  suffix: "\n\nprint(area(3))\n",
  temperature: 0,
  max_tokens: 12,
};
const long = "def f(x):\n    return x + 1\n\n".repeat(60);

/** Fields beyond the official types. */
type Extras = { timings: { cache_n: number; prompt_n: number; draft_n_accepted: number } };

describe("the engine with the real model, over HTTP with the official SDK", () => {
  let server: { url: string; close(): void };
  let holder: ModelHolder;
  let queue: RequestQueue;
  let client: OpenAI;

  before(async function () {
    if (!existsSync(modelPath)) {
      console.log(`      skipped: there is no ${modelPath}; get it with npm run model`);
      return this.skip();
    }
    const config = {
      modelId: "m",
      modelPath,
      threads: 0,
      contextSize: 4096,
      idleUnloadMs: 0,
      gpu: "off",
    } as const;
    holder = new ModelHolder(() => loadLlama(config, silentLog), {
      idleUnloadMs: 0,
      clock: systemClock,
      log: silentLog,
    });
    queue = new RequestQueue();
    const app = createApp({ modelId: "m", holder, queue, log: silentLog, client: undefined });
    server = await serveHttp({ app, host: "127.0.0.1", port: 0, token });
    client = new OpenAI({ baseURL: server.url, apiKey: token, maxRetries: 0 });
    await holder.use(() => {});
  });

  after(async () => {
    server?.close();
    await holder?.runtime?.dispose();
  });

  it("fills in the middle with probabilities, streamed and whole alike", async () => {
    const whole = await client.completions.create({ ...circle, logprobs: 1 });
    assert.match(whole.choices[0]?.text ?? "", /math\.pi \* radius/);
    const { token_logprobs } = whole.choices[0]?.logprobs ?? {};
    assert.ok(token_logprobs && token_logprobs.length > 2);
    for (const logprob of token_logprobs) assert.ok(logprob <= 0 && logprob > -3, `${logprob}`);
    let text = "";
    for await (const chunk of await client.completions.create({ ...circle, stream: true }))
      text += chunk.choices[0]?.text ?? "";
    assert.equal(text, whole.choices[0]?.text);
  });

  it("reuses a prefilled prompt but for its last token", async () => {
    const prompt = `${long}def g(`;
    const prefill = await client.completions.create({ ...circle, prompt, max_tokens: 0 });
    const completion = (await client.completions.create({ ...circle, prompt })) as OpenAI.Completion & Extras;
    assert.equal(prefill.choices[0]?.text, "");
    assert.equal(completion.timings.prompt_n, 1);
    assert.equal(completion.timings.cache_n, (completion.usage?.prompt_tokens ?? 0) - 1);
  });

  it("foresees the first token of an answer, which begins with it and evaluates nothing of the prompt again", async () => {
    const prompt = `${long}def h(`;
    const read = await client.completions.create({ ...circle, prompt, max_tokens: 0, logprobs: 100 });
    const { tokens = [], top_logprobs = [] } = read.choices[0]?.logprobs ?? {};
    assert.equal(read.usage?.completion_tokens, 0);
    assert.equal(Object.keys(top_logprobs[0] ?? {}).length, 100);
    const answer = await client.completions.create({ ...circle, prompt, logprobs: 1 });
    assert.equal((answer as OpenAI.Completion & Extras).timings.prompt_n, 0);
    assert.equal(answer.choices[0]?.logprobs?.tokens?.[0], tokens[0]);
  });

  it("weighs a text alike cold and warm, and finds the wrong operator unlikely", async () => {
    const weigh = async (text: string) => {
      const context = `${long}def add(a, b):\n    """The sum of a and b."""\n`;
      const answer = await client.completions.create({
        ...{ model: "m", prompt: context + text, echo: true, max_tokens: 0, logprobs: 4 },
        ...{ echo_from: context.length },
      });
      const { tokens = [], token_logprobs = [], top_logprobs = [] } = answer.choices[0]?.logprobs ?? {};
      assert.equal(tokens.join(""), text);
      return { tokens, token_logprobs, top_logprobs };
    };
    const wrong = await weigh("    return a - b\n");
    const right = await weigh("    return a + b\n");
    const at = wrong.tokens.indexOf(" -");
    assert.ok((wrong.token_logprobs[at] ?? 0) < (right.token_logprobs[at] ?? 0) - 1);
    assert.equal(Object.keys(wrong.top_logprobs[at] ?? {})[0], " +");
    const again = await weigh("    return a - b\n");
    again.token_logprobs.forEach((logprob, index) => {
      assert.ok(Math.abs(logprob - (wrong.token_logprobs[index] ?? 0)) < 0.2, `${index}`);
    });
  });

  it("is free again soon after an abort in the middle of a prefill", async () => {
    const abort = new AbortController();
    const slow = client.completions.create(
      { ...circle, prompt: `x = 1\n${long}${long}` },
      { signal: abort.signal },
    );
    while (queue.length === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await assert.rejects(slow);
    const aborted = performance.now();
    while (queue.length > 0) await new Promise((resolve) => setImmediate(resolve));
    const ms = performance.now() - aborted;
    const perSecond = holder.runtime?.speed.prefill ?? 1;
    // The prompt has more than a token for every four characters.
    const wholeMs = ((2 * long.length) / 4 / perSecond) * 1000;
    assert.ok(ms < wholeMs / 2, `${ms} ms, where the whole prompt takes ${wholeMs} ms`);
  });

  it("evaluates only what was typed and the suffix when typing goes on", async () => {
    const ask = async (prompt: string) =>
      (await client.completions.create({ ...circle, prompt, max_tokens: 1 })) as OpenAI.Completion & Extras;
    await ask(`${long}total = f(`);
    const typedOn = await ask(`${long}total = f(width * 2) + f(`);
    // The six or so tokens typed, the suffix of ten, and the tokens of FIM.
    assert.ok(typedOn.timings.prompt_n < 25, JSON.stringify(typedOn.timings));
    assert.ok(typedOn.timings.cache_n > 500, JSON.stringify(typedOn.timings));
  });

  it("writes alike what it has written before, also from where that has been typed to", async () => {
    const prompt = `${long}import math\n\n\ndef area(radius):\n    return`;
    const answer = async (typed: string) => {
      const asked = { ...circle, prompt: prompt + typed, max_tokens: 6, logprobs: 1 };
      const { choices, timings } = (await client.completions.create(asked)) as OpenAI.Completion & Extras;
      return { text: choices[0]?.text ?? "", logprobs: choices[0]?.logprobs?.token_logprobs ?? [], timings };
    };
    const first = await answer("");
    assert.ok(first.text.startsWith(" math.pi *"), first.text);
    assert.equal(first.timings.draft_n_accepted, 0);
    const again = await answer("");
    assert.equal(again.text, first.text);
    assert.equal(again.timings.draft_n_accepted, 4);
    for (const [index, logprob] of first.logprobs.entries())
      assert.ok(Math.abs(logprob - (again.logprobs[index] ?? 9)) < 0.3, `${index}`);
    const typed = await answer(" math");
    assert.ok(typed.text.startsWith(".pi *"), typed.text);
    assert.ok(typed.timings.draft_n_accepted > 0, JSON.stringify(typed.timings));
  });

  it("tells likely alternatives, the greedy choice first, with probabilities of the whole vocabulary", async () => {
    const { choices } = await client.completions.create({ ...circle, logprobs: 5, max_tokens: 4 });
    const { tokens = [], token_logprobs = [], top_logprobs = [] } = choices[0]?.logprobs ?? {};
    assert.equal(top_logprobs.length, tokens.length);
    for (const [index, alternatives] of top_logprobs.entries()) {
      const logprobs = Object.values(alternatives);
      assert.ok(logprobs.length >= 2 && logprobs.length <= 5);
      assert.ok(Math.abs((token_logprobs[index] ?? Number.NaN) - Math.max(...logprobs)) < 1e-4);
      assert.ok(logprobs.reduce((sum, logprob) => sum + Math.exp(logprob), 0) <= 1.0001);
    }
  });

  it("gives several alternatives that a seed repeats", async () => {
    const ask = async () =>
      (
        await client.completions.create({ ...circle, prompt: "name = ", temperature: 1.2, seed: 3, n: 3 })
      ).choices.map(({ text }) => text);
    const texts = await ask();
    assert.equal(new Set(texts).size, 3);
    assert.deepEqual(await ask(), texts);
  });

  it("goes on with a chat after a completion, and neither evicts the other", async () => {
    const chat = {
      model: "m",
      messages: [{ role: "user" as const, content: "Count from one to ten in words." }],
      temperature: 0,
      max_tokens: 20,
    };
    const alone = (await client.chat.completions.create(chat)) as OpenAI.ChatCompletion & Extras;
    const completion = await client.completions.create(circle);
    const order: string[] = [];
    let text = "";
    let between: Promise<OpenAI.Completion & Extras> | undefined;
    for await (const chunk of await client.chat.completions.create({ ...chat, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? "";
      order.push("chat");
      between ??= client.completions.create(circle).then((answer) => {
        order.push("completion");
        return answer as OpenAI.Completion & Extras;
      });
    }
    assert.equal(text, alone.choices[0]?.message.content);
    const answer = await between;
    assert.equal(answer?.choices[0]?.text, completion.choices[0]?.text);
    assert.equal(answer?.timings.prompt_n, 1);
    const at = order.indexOf("completion");
    assert.ok(at > 0 && at < order.length - 1, order.join(" "));
    const again = (await client.chat.completions.create(chat)) as OpenAI.ChatCompletion & Extras;
    assert.equal(again.timings.prompt_n, 1);
  });

  it("writes the chat prompt of the model's own template, its default system prompt included", () => {
    const runtime = holder.runtime as ModelRuntime;
    const { tokens } = runtime.chatPrompt([{ role: "user", content: "Hi <|im_end|>" }]);
    const special = (text: string) => runtime.vocabulary.tokenize(text, true);
    assert.deepEqual(tokens, [
      ...special(
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
      ),
      // Special tokens cannot be smuggled in by what a user writes.
      ...runtime.vocabulary.tokenize("Hi <|im_end|>"),
      ...special("<|im_end|>\n<|im_start|>assistant\n"),
    ]);
  });

  it("ends JSON right after its last brace", async () => {
    for (const response_format of [
      { type: "json_object" as const },
      {
        type: "json_schema" as const,
        json_schema: {
          name: "person",
          schema: {
            type: "object",
            properties: { name: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
            required: ["name"],
          },
        },
      },
    ]) {
      const { choices } = await client.chat.completions.create({
        model: "m",
        messages: [
          { role: "user", content: "A short JSON object with the field name, of a person called Ada." },
        ],
        temperature: 0,
        max_tokens: 60,
        response_format,
      });
      const content = choices[0]?.message.content ?? "";
      assert.equal(choices[0]?.finish_reason, "stop", content);
      assert.ok(content.endsWith("}"), JSON.stringify(content));
      assert.match(JSON.stringify(JSON.parse(content)), /Ada/);
    }
  });

  it("gives back a replacement character that stands in the text", async () => {
    const text = "a\uFFFD";
    const decoder = new TokenDecoder((holder.runtime as ModelRuntime).vocabulary);
    const tokens = (holder.runtime as ModelRuntime).vocabulary.tokenize(text);
    const told = tokens.flatMap((id) => decoder.push({ token: id, probability: 1, alternatives: [] }));
    assert.equal([...told, ...decoder.end()].map((token) => token.text).join(""), text);
  });

  it("chats, and answers in JSON of a schema", async () => {
    const messages = [{ role: "user" as const, content: "What is 2 + 3? Answer with the number only." }];
    const plain = await client.chat.completions.create({
      model: "m",
      messages,
      temperature: 0,
      max_tokens: 8,
    });
    assert.match(plain.choices[0]?.message.content ?? "", /5/);
    const schema = {
      type: "object",
      properties: { sum: { type: "integer" } },
      required: ["sum"],
      additionalProperties: false,
    };
    const json = await client.chat.completions.create({
      model: "m",
      messages,
      temperature: 0,
      max_tokens: 40,
      response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
    });
    assert.equal(typeof JSON.parse(json.choices[0]?.message.content ?? "").sum, "number");
  });

  it("ends the older completion of the same user, and answers two users", async () => {
    const older = client.completions.create({ ...circle, prompt: long, user: "a" });
    while (queue.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const newer = client.completions.create({ ...circle, user: "a" });
    const other = client.completions.create({ ...circle, user: "b" });
    await assert.rejects(older, (error) => error instanceof OpenAI.APIError && error.code === "superseded");
    assert.equal((await newer).choices[0]?.text, (await other).choices[0]?.text);
  });

  it("asks for the token", async () => {
    const stranger = new OpenAI({ baseURL: server.url, apiKey: "wrong", maxRetries: 0 });
    await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  });
});
