import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { type Dialect, dialectUrl, serverRoot } from "../../../src/model/dialects.ts";
import type { CompletionEvent, FimRequest } from "../../../src/model/modelClient.ts";
import { OpenAiClient } from "../../../src/model/openAiClient.ts";
import { commented, fimFamilies, fimPrompt } from "../../../src/prompt/fimTemplate.ts";
import { type Answer, FakeOpenAiServer, json, piece, stream, text } from "../../fakes/fakeOpenAiServer.ts";

const never = new AbortController().signal;
const request: FimRequest = {
  context: [{ path: "src/a.ts", text: "export const a = 1;" }],
  path: "src/b.ts",
  prefix: "const b = ",
  suffix: ";\n",
  maxTokens: 16,
  temperature: 0.5,
  candidates: 1,
  stop: ["\n\n"],
  seed: 7,
};

function client(baseUrl: string, dialect: Dialect): OpenAiClient {
  const family = fimFamilies[0];
  assert.ok(family);
  return new OpenAiClient({
    baseUrl,
    fetch: (input, init) => fetch(input, init),
    apiKey: async () => undefined,
    completionModel: "m",
    chatModel: "m",
    dialect,
    clock: systemClock,
    log: silentLog,
    user: "window",
    renderContext: commented,
    renderFim: (place) => fimPrompt(family, place),
  });
}

async function collect(events: AsyncIterable<CompletionEvent>): Promise<CompletionEvent[]> {
  const all: CompletionEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function asked(dialect: Dialect, answer: Answer) {
  await using server = await FakeOpenAiServer.start(answer);
  const events = await collect(client(server.baseUrl, dialect).complete(request, never));
  const [seen] = server.requests;
  assert.ok(seen);
  return { path: seen.path, body: seen.body, events };
}

const openAiAnswer = stream([piece("1", "stop")]);
const withContext = "// Path: src/a.ts\n// export const a = 1;\nconst b = ";

describe("dialects", () => {
  it("asks llama-server's infill with other files and the cache, and reads what it cost", async () => {
    const timings = { prompt_n: 6, prompt_ms: 12, predicted_n: 2, predicted_ms: 20 };
    const { path, body, events } = await asked(
      "infill",
      stream([
        { content: "1", stop: false, completion_probabilities: [{ id: 1, token: "1", logprob: 0 }] },
        { content: "", stop: true, stop_type: "limit", tokens_evaluated: 30, timings },
      ]),
    );
    assert.equal(path, "/infill");
    assert.deepEqual(body, {
      model: "m",
      input_prefix: "const b = ",
      input_suffix: ";\n",
      input_extra: [{ filename: "src/a.ts", text: "export const a = 1;" }],
      n_predict: 16,
      temperature: 0.5,
      stop: ["\n\n"],
      seed: 7,
      n_probs: 1,
      cache_prompt: true,
      stream: true,
    });
    assert.deepEqual(events, [
      { type: "delta", candidate: 0, text: "1", tokens: [{ text: "1", probability: 1 }] },
      {
        type: "done",
        finishReason: "length",
        usage: {
          promptTokens: 30,
          cachedPromptTokens: 24,
          completionTokens: 2,
          promptMs: 12,
          decodeMs: 20,
        },
      },
    ]);
  });

  it("asks Ollama with a raw prompt and options of their own, line by line", async () => {
    const lines = [
      { model: "m", response: "1", done: false },
      {
        model: "m",
        response: "",
        done: true,
        done_reason: "stop",
        prompt_eval_count: 26,
        prompt_eval_duration: 130_000_000,
        eval_count: 2,
        eval_duration: 42_000_000,
      },
    ];
    const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const seen = await asked("ollama-raw", text(200, body, { "content-type": "application/x-ndjson" }));
    assert.equal(seen.path, "/api/generate");
    const { prompt, ...rest } = seen.body;
    assert.match(String(prompt), /^<\|repo_name\|>.*<\|fim_middle\|>$/s);
    assert.deepEqual(rest, {
      model: "m",
      raw: true,
      stream: true,
      options: {
        num_predict: 16,
        temperature: 0.5,
        seed: 7,
        stop: ["\n\n", ...(fimFamilies[0]?.stop ?? []), ...(fimFamilies[0]?.markers ?? [])],
      },
    });
    assert.deepEqual(seen.events, [
      { type: "delta", candidate: 0, text: "1" },
      {
        type: "done",
        finishReason: "stop",
        usage: { promptTokens: 26, completionTokens: 2, promptMs: 130, decodeMs: 42 },
      },
    ]);
  });

  it("tells an error that Ollama writes in the middle of an answer", async () => {
    const body = '{"response":"1","done":false}\n{"error":"llama runner process has terminated"}\n';
    await assert.rejects(
      asked("ollama-raw", text(200, body, { "content-type": "application/x-ndjson" })),
      /llama runner process has terminated/,
    );
  });

  it("asks Mistral and DeepSeek at their own paths, with other files as comments", async () => {
    const mistral = await asked("mistral-fim", openAiAnswer);
    assert.equal(mistral.path, "/v1/fim/completions");
    assert.deepEqual(mistral.body, {
      model: "m",
      prompt: withContext,
      suffix: ";\n",
      max_tokens: 16,
      temperature: 0.5,
      stop: ["\n\n"],
      random_seed: 7,
      stream: true,
    });
    const deepseek = await asked("deepseek-fim", openAiAnswer);
    assert.equal(deepseek.path, "/beta/completions");
    assert.equal(deepseek.body["prompt"], withContext);
    assert.equal(deepseek.body["suffix"], ";\n");
  });

  it("names its window to an engine, and to nobody else", async () => {
    assert.equal((await asked("engine", openAiAnswer)).body["user"], "window");
    for (const dialect of ["openai-suffix", "template", "mistral-fim", "deepseek-fim"] as const)
      assert.equal("user" in (await asked(dialect, openAiAnswer)).body, false, dialect);
  });

  it("asks one after the other for alternatives where a server gives one answer at a time", async () => {
    const answer = (content: string): Answer =>
      stream([
        { content, stop: false },
        { content: "", stop: true, stop_type: "eos" },
      ]);
    await using server = await FakeOpenAiServer.start(answer("first"), answer("second"));
    const events = await collect(
      client(server.baseUrl, "infill").complete({ ...request, candidates: 2 }, never),
    );
    assert.deepEqual(events, [
      { type: "delta", candidate: 0, text: "first" },
      { type: "delta", candidate: 1, text: "second" },
      { type: "done", finishReason: "stop", usage: {} },
    ]);
    assert.deepEqual(
      server.requests.map(({ body }) => body["seed"]),
      [7, 8],
    );
    await using two = await FakeOpenAiServer.start(stream([piece("a", "stop", 0), piece("b", "stop", 1)]));
    await collect(client(two.baseUrl, "template").complete({ ...request, candidates: 2 }, never));
    assert.equal(two.requests.length, 1);
    assert.equal(two.requests[0]?.body["n"], 2);
  });

  it("evaluates prompts ahead where the server can, and generates nothing", async () => {
    await using server = await FakeOpenAiServer.start(json(200, {}));
    await client(server.baseUrl, "infill").prefill(request, never);
    const { body } = server.requests[0] ?? {};
    assert.equal(body?.["n_predict"], 0);
    assert.equal("stream" in (body ?? {}) || "n_probs" in (body ?? {}), false);
    for (const dialect of ["template", "openai-suffix", "ollama-raw", "mistral-fim"] as const)
      await client(server.baseUrl, dialect).prefill(request, never);
    assert.equal(server.requests.length, 1);
  });

  it("counts tokens in vLLM's form where llama-server's is refused", async () => {
    await using server = await FakeOpenAiServer.start(
      json(400, { error: { message: "Field required: prompt" } }),
      json(200, { count: 2, tokens: [1, 2] }),
    );
    assert.equal(await client(server.baseUrl, "template").countTokens("x y", never), 2);
    assert.deepEqual(server.requests[1]?.body, { model: "m", prompt: "x y", add_special_tokens: false });
  });

  it("finds the root of an address, also behind a path", () => {
    const roots: readonly [string, string][] = [
      ["http://a:1/v1", "http://a:1"],
      ["http://a:1/v1/", "http://a:1"],
      ["https://api.deepseek.com/beta", "https://api.deepseek.com"],
      ["https://a/llm/v1", "https://a/llm"],
      ["https://a/openai", "https://a/openai"],
    ];
    for (const [baseUrl, root] of roots) assert.equal(serverRoot(baseUrl), root);
    assert.equal(dialectUrl("infill", "https://a/llm/v1/"), "https://a/llm/infill");
    assert.equal(dialectUrl("template", "https://a/llm/v1/"), "https://a/llm/v1/completions");
  });
});
