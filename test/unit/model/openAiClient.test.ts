import assert from "node:assert/strict";
import { createServer } from "node:net";
import { inspect } from "node:util";
import fc from "fast-check";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import type { ChatRequest, CompletionEvent, FimRequest } from "../../../src/model/modelClient.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { OpenAiClient, type OpenAiClientOptions } from "../../../src/model/openAiClient.ts";
import { fimPrompt, findFimFamily } from "../../../src/prompt/fimTemplate.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import {
  type Answer,
  chatPiece,
  eventBytes,
  FakeOpenAiServer,
  hang,
  json,
  piece,
  stream,
  text,
} from "../../fakes/fakeOpenAiServer.ts";
import { FakeTlsServer } from "../../fakes/fakeTlsServer.ts";

const request: FimRequest = {
  context: [{ path: "src/a.ts", text: "export const a = 1;" }],
  path: "src/b.ts",
  prefix: "const b = ",
  suffix: ";\n",
  maxTokens: 16,
  temperature: 0,
  candidates: 1,
  stop: ["\n\n"],
};

const chatRequest: ChatRequest = {
  messages: [{ role: "user", content: "Hello" }],
  maxTokens: 32,
  temperature: 0.2,
};

function client(baseUrl: string, options: Partial<OpenAiClientOptions> = {}): OpenAiClient {
  return new OpenAiClient({
    baseUrl,
    fetch,
    apiKey: async () => undefined,
    completionModel: "qwen2.5-coder",
    chatModel: "qwen2.5-coder",
    dialect: "engine",
    clock: systemClock,
    log: silentLog,
    random: () => 0,
    ...options,
  });
}

const never = new AbortController().signal;

async function collect(events: AsyncIterable<CompletionEvent>): Promise<CompletionEvent[]> {
  const all: CompletionEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function shown(events: readonly CompletionEvent[]): string {
  return events.map((event) => (event.type === "delta" ? event.text : "")).join("");
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) assert.fail(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function failure(run: Promise<unknown>): Promise<ModelError> {
  try {
    await run;
  } catch (error) {
    assert.ok(error instanceof ModelError, String(error));
    assert.ok(error.hint.length > 0);
    return error;
  }
  return assert.fail("it did not fail");
}

describe("OpenAI client", () => {
  it("sends the engine's fields and reads text, probabilities and usage", async () => {
    const logprobs = { tokens: ["a", " +"], token_logprobs: [0, Math.log(0.5)] };
    const timings = { prompt_n: 3, cache_n: 7, prompt_ms: 5, predicted_n: 2, predicted_ms: 9 };
    await using server = await FakeOpenAiServer.start(
      stream([
        { choices: [{ index: 0, text: "a +", finish_reason: null, logprobs }] },
        piece(" 1", "length"),
        { choices: [], usage: { prompt_tokens: 10, completion_tokens: 4 }, timings },
      ]),
    );
    const events = await collect(client(server.baseUrl).complete(request, never));
    assert.deepEqual(events, [
      {
        type: "delta",
        candidate: 0,
        text: "a +",
        tokens: [
          { text: "a", probability: 1 },
          { text: " +", probability: 0.5 },
        ],
      },
      { type: "delta", candidate: 0, text: " 1" },
      {
        type: "done",
        finishReason: "length",
        usage: { promptTokens: 10, cachedPromptTokens: 7, completionTokens: 4, promptMs: 5, decodeMs: 9 },
      },
    ]);
    assert.deepEqual(server.requests[0]?.body, {
      model: "qwen2.5-coder",
      prompt: "const b = ",
      suffix: ";\n",
      input_extra: [{ filename: "src/a.ts", text: "export const a = 1;" }],
      filename: "src/b.ts",
      priority: "completion",
      max_tokens: 16,
      temperature: 0,
      stop: ["\n\n"],
      logprobs: 1,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it("sends no headers but its own, and the key only when there is one", async () => {
    await using server = await FakeOpenAiServer.start(stream([piece("x", "stop")]));
    let key: string | undefined;
    const made = client(server.baseUrl, { apiKey: async () => key });
    process.env["OPENAI_API_KEY"] = "from-environment";
    process.env["OPENAI_CUSTOM_HEADERS"] = "x-spy: 1";
    try {
      await collect(made.complete(request, never));
      key = "secret";
      await collect(made.complete(request, never));
    } finally {
      delete process.env["OPENAI_API_KEY"];
      delete process.env["OPENAI_CUSTOM_HEADERS"];
    }
    const [without, withKey] = server.requests.map(({ headers }) => headers);
    assert.equal(without?.authorization, undefined);
    assert.equal(withKey?.authorization, "Bearer secret");
    assert.equal(withKey?.["user-agent"], "wisp");
    const extra = Object.keys(withKey ?? {}).filter((name) => /^(x-|openai)/.test(name));
    assert.deepEqual(extra, []);
  });

  it("writes the family's template into the prompt for servers that pass prompts through", async () => {
    await using server = await FakeOpenAiServer.start(
      stream([piece("a<|file_", null), piece("sep|>junk", "stop")]),
    );
    const family = findFimFamily("auto", "Qwen2.5-Coder-0.5B");
    assert.ok(family);
    const made = client(server.baseUrl, {
      dialect: "template",
      renderFim: (place) => fimPrompt(family, place),
    });
    assert.equal(shown(await collect(made.complete(request, never))), "a");
    assert.equal(
      server.requests[0]?.body["prompt"],
      "<|repo_name|>workspace\n<|file_sep|>src/a.ts\nexport const a = 1;\n<|file_sep|>src/b.ts\n" +
        "<|fim_prefix|>const b = <|fim_suffix|>;\n<|fim_middle|>",
    );
    assert.deepEqual(server.requests[0]?.body["stop"], ["\n\n", ...family.stop.slice(0, 3)]);
    assert.equal("suffix" in (server.requests[0]?.body ?? {}), false);
    const unknown = client(server.baseUrl, { dialect: "template" });
    assert.equal((await failure(collect(unknown.complete(request, never)))).code, "no-fim");
  });

  it("asks a chat for a seed and for probabilities only where they are wanted", async () => {
    const answer = (): ReturnType<typeof stream> => stream([chatPiece("a", "stop")]);
    await using server = await FakeOpenAiServer.start(answer(), answer());
    await collect(client(server.baseUrl).chat({ ...chatRequest, seed: 7, probabilities: true }, never));
    await collect(client(server.baseUrl).chat(chatRequest, never));
    const [wanted, plain] = server.requests.map(({ body }) => body);
    assert.deepEqual([wanted?.["seed"], wanted?.["logprobs"]], [7, true]);
    assert.deepEqual([plain?.["seed"], plain?.["logprobs"]], [undefined, undefined]);
  });

  it("streams chat with a JSON schema", async () => {
    await using server = await FakeOpenAiServer.start(stream([chatPiece("{"), chatPiece("}", "stop")]));
    const jsonSchema = { name: "bugs", schema: { type: "object" } };
    const events = await collect(client(server.baseUrl).chat({ ...chatRequest, jsonSchema }, never));
    assert.equal(shown(events), "{}");
    assert.deepEqual(server.requests[0]?.body["response_format"], {
      type: "json_schema",
      json_schema: { name: "bugs", schema: { type: "object" }, strict: true },
    });
  });

  it("asks again without a field that the server refuses, and remembers it", async () => {
    const refuse = (message: string): Answer => json(400, { error: { message } });
    await using server = await FakeOpenAiServer.start(
      refuse("Unrecognized request argument supplied: logprobs"),
      refuse("stream_options: extra inputs are not permitted"),
      stream([piece("x", "stop")]),
    );
    const made = client(server.baseUrl);
    assert.equal(shown(await collect(made.complete(request, never))), "x");
    await collect(made.complete(request, never));
    assert.equal(server.requests.length, 4);
    assert.equal("logprobs" in (server.requests[3]?.body ?? {}), false);
    assert.equal("stream_options" in (server.requests[3]?.body ?? {}), false);
  });

  it("gives the same events however the stream is cut into pieces", async () => {
    const all = [piece("naïve "), piece("😀 = "), piece("€"), piece("", "stop")];
    const bytes = eventBytes(all);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 30 }), async (cuts) => {
        const ends = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const body = new ReadableStream({
          start(controller) {
            for (let i = 1; i < ends.length; i++) controller.enqueue(bytes.subarray(ends[i - 1], ends[i]));
            controller.close();
          },
        });
        const answer = new Response(body, { headers: { "content-type": "text/event-stream" } });
        const made = client("http://engine.invalid/v1", { fetch: async () => answer });
        const events = await collect(made.complete(request, never));
        assert.equal(shown(events), "naïve 😀 = €");
        assert.equal(events.length, 4);
      }),
      { numRuns: 60 },
    );
  });

  it("takes a plain JSON answer to a request for a stream", async () => {
    const whole = (choice: object): Answer =>
      json(200, { choices: [{ index: 0, finish_reason: "stop", ...choice }], usage: { prompt_tokens: 3 } });
    await using server = await FakeOpenAiServer.start(
      whole({ text: "whole" }),
      whole({ message: { role: "assistant", content: "said" } }),
      json(200, { error: { message: "boom" } }),
    );
    const made = client(server.baseUrl);
    const events = await collect(made.complete(request, never));
    assert.equal(shown(events), "whole");
    assert.deepEqual(events.at(-1), { type: "done", finishReason: "stop", usage: { promptTokens: 3 } });
    assert.equal(shown(await collect(made.chat(chatRequest, never))), "said");
    assert.equal((await failure(collect(made.complete(request, never)))).code, "server-error");
  });

  it("reads errors of servers that word them in their own way", async () => {
    for (const [body, code, pattern] of [
      [{ detail: [{ loc: ["body", "x"], msg: "extra fields" }] }, "refused", /extra fields/],
      [
        { detail: [{ loc: ["body", "x"], msg: "too long", input: "const code = 1;" }] },
        "refused",
        /refused the request: 422 body\.x: too long$|refused the request: body\.x: too long$/,
      ],
      [{ object: "error", message: "no such thing", code: 400 }, "refused", /no such thing/],
      [{ error: "model 'x' not found, try pulling it first" }, "refused", /try pulling/],
    ] as const) {
      await using server = await FakeOpenAiServer.start(json(422, body));
      const error = await failure(collect(client(server.baseUrl).complete(request, never)));
      assert.equal(error.code, code);
      assert.match(error.message, pattern);
    }
  });

  const day = 24 * 60 * 60_000;
  const certificates: readonly [string, number, number, RegExp][] = [
    ["self-signed", -day, day, /SELF_SIGNED_CERT/],
    ["expired", -2 * day, -day, /CERT_HAS_EXPIRED/],
  ];
  for (const [name, from, to, reason] of certificates) {
    it(`does not talk to a server with a ${name} certificate, and says why`, async () => {
      const now = Date.now();
      await using server = await FakeTlsServer.start(new Date(now + from), new Date(now + to));
      const made = client(server.baseUrl, { apiKey: async () => "secret", dialect: "openai-suffix" });
      const error = await failure(collect(made.complete(request, never)));
      assert.equal(error.code, "unreachable");
      assert.match(error.message, /certificate of 127\.0\.0\.1:\d+ is not trusted/);
      assert.match(error.message, reason);
      assert.equal(server.requests.length, 0);
    });
  }

  it("takes an empty reason for none, so that a special token in pieces is still kept out", async () => {
    const events = [piece("a + b<|endof", ""), piece("text|>", "eos_token")];
    await using server = await FakeOpenAiServer.start(stream(events));
    const asked = client(server.baseUrl, {
      dialect: "template",
      renderFim: () => ({ prompt: "p", stop: ["<|endoftext|>"] }),
    });
    assert.equal(shown(await collect(asked.complete(request, never))), "a + b");
  });

  const suffixDialects = ["openai-suffix", "infill", "mistral-fim", "deepseek-fim"] as const;
  for (const dialect of suffixDialects) {
    it(`shows no special token by ${dialect}, and closes the request that goes on behind it`, async () => {
      const token = "<|im_end|>";
      const events =
        dialect === "infill"
          ? [
              { content: "a + b", stop: false },
              { content: token, stop: false },
            ]
          : [piece("a + b"), piece(token)];
      await using server = await FakeOpenAiServer.start(stream(events, "hang"));
      const asked = client(server.baseUrl, { dialect });
      const answer = await collect(asked.complete(request, never));
      assert.equal(shown(answer), "a + b");
      assert.deepEqual(answer.at(-1), { type: "done", finishReason: "stop", usage: {} });
      await server.requests[0]?.closed;
    });
  }

  it("reads the other alternatives to their end when one has met a special token", async () => {
    const events = [piece("a<|im_end|>", null, 0), piece("b", null, 1), piece("c", "stop", 1)];
    await using server = await FakeOpenAiServer.start(stream(events));
    const asked = client(server.baseUrl, { dialect: "openai-suffix" });
    assert.equal(shown(await collect(asked.complete({ ...request, candidates: 2 }, never))), "abc");
  });

  it("takes what chat refuses for no word on completions", async () => {
    const refuses = json(400, { error: { message: "Use 'max_completion_tokens' instead of 'max_tokens'." } });
    await using server = await FakeOpenAiServer.start((response, seen) => {
      const isChat = seen.path.endsWith("/chat/completions");
      const takes = isChat ? "max_completion_tokens" : "max_tokens";
      const answer = isChat ? chatPiece("hi", "stop") : piece("x", "stop");
      (takes in seen.body ? stream([answer]) : refuses)(response, seen);
    });
    const asked = client(server.baseUrl, { dialect: "openai-suffix" });
    assert.equal(shown(await collect(asked.chat(chatRequest, never))), "hi");
    assert.equal(shown(await collect(asked.complete(request, never))), "x");
    assert.equal(shown(await collect(asked.chat(chatRequest, never))), "hi");
    assert.equal(server.requests.length, 4, "and each is remembered");
  });

  it("learns nothing of a field from a prompt that is too long", async () => {
    const message =
      "'max_tokens' or 'max_completion_tokens' is too large: 32. This model's maximum context length is 8 tokens.";
    await using server = await FakeOpenAiServer.start(
      json(400, { error: { message } }),
      stream([chatPiece("hi", "stop")]),
    );
    const asked = client(server.baseUrl);
    assert.equal((await failure(collect(asked.chat(chatRequest, never)))).code, "context-overflow");
    assert.equal(shown(await collect(asked.chat(chatRequest, never))), "hi");
    assert.deepEqual(
      server.requests.map(({ body }) => body["max_tokens"]),
      [32, 32],
    );
  });

  it("follows no redirect whose target a browser hides, and says what CORS may have to do with a failure", async () => {
    const hidden = new Response(null);
    Object.defineProperty(hidden, "type", { value: "opaqueredirect" });
    const redirected = client("https://models.example.com/v1", { fetch: async () => hidden });
    const elsewhere = await failure(collect(redirected.complete(request, never)));
    assert.equal(elsewhere.code, "bad-response");
    assert.match(elsewhere.message, /sends requests elsewhere/);

    const blocked = async (baseUrl: string): Promise<string> => {
      const fetch = () => Promise.reject(new TypeError("Failed to fetch"));
      const error = await failure(collect(client(baseUrl, { fetch }).complete(request, never)));
      assert.equal(error.code, "unreachable");
      return error.hint;
    };
    assert.match(await blocked("https://models.example.com/v1"), /lets web pages ask it \(CORS\)/);
    Object.defineProperty(globalThis, "origin", { value: "https://editor.example.com", configurable: true });
    try {
      assert.match(
        await blocked("https://models.example.com/v1"),
        /pages of https:\/\/editor\.example\.com ask/,
      );
      assert.match(await blocked("http://localhost:8080/v1"), /CORS/);
      assert.match(await blocked("http://127.0.0.1:8080/v1"), /CORS/);
      for (const forbidden of [
        "http://models.example.com/v1",
        "http://10.0.0.5:8080/v1",
        "http://[::1]:8080/v1",
      ])
        assert.match(await blocked(forbidden), /give the server an https address/);
    } finally {
      Reflect.deleteProperty(globalThis, "origin");
    }
  });

  it("asks for a JSON schema in the form that the server takes, or in none, and remembers it", async () => {
    const schema = { type: "object", properties: { sum: { type: "integer" } } };
    const question = {
      messages: [{ role: "user", content: "2 + 3?" }],
      maxTokens: 8,
      temperature: 0,
      jsonSchema: { name: "sum", schema },
    } as const;
    const detail = [{ type: "literal_error", loc: ["body", "response_format", "type"], msg: "Input" }];
    const taking =
      (types: readonly string[], status: number): Answer =>
      (response, seen) => {
        const { type } = (seen.body["response_format"] ?? { type: "none" }) as { type: string };
        const answer = types.includes(type) ? stream([chatPiece("{}", "stop")]) : json(status, { detail });
        return answer(response, seen);
      };
    const formats = (server: FakeOpenAiServer): unknown[] =>
      server.requests.map(({ body }) => body["response_format"]);
    const newer = { type: "json_schema", json_schema: { name: "sum", schema, strict: true } };
    const older = { type: "json_object", schema };

    await using python = await FakeOpenAiServer.start(taking(["json_object"], 500));
    const asked = client(python.baseUrl);
    for (let n = 0; n < 3; n++) assert.equal(shown(await collect(asked.chat(question, never))), "{}");
    assert.deepEqual(formats(python), [newer, older, newer, older, older]);

    await using plain = await FakeOpenAiServer.start(taking(["none"], 422));
    assert.equal(shown(await collect(client(plain.baseUrl).chat(question, never))), "{}");
    assert.deepEqual(formats(plain), [newer, older, undefined]);
  });

  it("does without probabilities where an answer with them is empty", async () => {
    const empty = text(200, "", { "content-type": "text/event-stream" });
    await using mute = await FakeOpenAiServer.start(empty);
    const error = await failure(collect(client(mute.baseUrl).complete(request, never)));
    assert.equal(error.code, "bad-response");
    assert.deepEqual(
      mute.requests.map(({ body }) => "logprobs" in body),
      [true, false],
    );

    await using server = await FakeOpenAiServer.start(empty, stream([piece("x", "stop")]));
    const same = client(server.baseUrl);
    const asked = () => server.requests.map(({ body }) => "logprobs" in body);
    for (let n = 0; n < 2; n++) assert.equal(shown(await collect(same.complete(request, never))), "x");
    assert.deepEqual(asked(), [true, false, true], "it may have been an accident");
  });

  it("asks for no probabilities any more where answers come only without them", async () => {
    const failures: Answer[] = [
      text(200, "", { "content-type": "text/event-stream" }),
      json(500, { error: { message: "logprobs need logits_all" } }),
    ];
    for (const fails of failures) {
      await using server = await FakeOpenAiServer.start((response, seen) =>
        ("logprobs" in seen.body ? fails : stream([piece("x", "stop")]))(response, seen),
      );
      const same = client(server.baseUrl);
      for (let n = 0; n < 3; n++) assert.equal(shown(await collect(same.complete(request, never))), "x");
      assert.deepEqual(
        server.requests.map(({ body }) => "logprobs" in body),
        [true, false, true, false, false],
      );
    }
  });

  it("learns nothing of a field from a server that fails without it too", async () => {
    const fails = json(500, { error: { message: "no memory for logprobs" } });
    await using server = await FakeOpenAiServer.start(
      fails,
      fails,
      fails,
      fails,
      stream([piece("x", "stop")]),
    );
    const same = client(server.baseUrl);
    for (let n = 0; n < 2; n++) await failure(collect(same.complete(request, never)));
    assert.equal(shown(await collect(same.complete(request, never))), "x");
    assert.deepEqual(
      server.requests.map(({ body }) => "logprobs" in body),
      [true, false, true, false, true],
    );
  });

  const refusals: readonly [string, Answer, string][] = [
    ["401", json(401, { error: { message: "bad key" } }), "unauthorized"],
    ["403", json(403, { error: { message: "no" } }), "unauthorized"],
    ["404", json(404, { error: { message: "no such model", code: "model_not_found" } }), "model-not-found"],
    ["429", json(429, { error: { message: "slow down" } }, { "retry-after": "7" }), "rate-limited"],
    ["400", json(400, { error: { message: "no such field" } }), "refused"],
    ["405", json(405, { detail: "Method Not Allowed" }), "refused"],
    ["408", text(408, "Request Timeout"), "server-error"],
    ["425", text(425, "Too Early"), "server-error"],
    ["501", json(501, { error: { message: "Not supported" } }), "refused"],
    ["500", text(500, "<h1>oops</h1>", { "content-type": "text/html" }), "server-error"],
    [
      "a malformed event",
      text(200, "data: {nope\n\n", { "content-type": "text/event-stream" }),
      "bad-response",
    ],
    ["a web page", text(200, "<html></html>", { "content-type": "text/html" }), "bad-response"],
    ["events of another shape", stream([{ choices: "x" }]), "bad-response"],
    ["an end without a reason", stream([piece("x")]), "bad-response"],
    ["a cut in the middle", stream([piece("x")], "cut"), "unreachable"],
    ["an error event", stream([{ error: { message: "boom", code: "internal" } }]), "server-error"],
    [
      "llama-server's overflow",
      json(400, { error: { code: 400, type: "exceed_context_size_error", message: "too long" } }),
      "context-overflow",
    ],
    ["the engine's code", json(503, { error: { message: "m", code: "bad-model-file" } }), "bad-model-file"],
  ];
  for (const [name, answer, code] of refusals) {
    it(`turns ${name} into ${code}, without trying again`, async () => {
      await using server = await FakeOpenAiServer.start(answer);
      const error = await failure(collect(client(server.baseUrl).complete(request, never)));
      assert.equal(error.code, code, error.message);
      assert.equal(server.requests.length, 1);
      if (code === "rate-limited") assert.match(error.hint, /7 s/);
    });
  }

  it("says when nothing answers", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const error = await failure(collect(client(`http://127.0.0.1:${port}/v1`).complete(request, never)));
    assert.equal(error.code, "unreachable");
    assert.match(error.message, /ECONNREFUSED/);
  });

  it("ends a superseded completion as cancelled", async () => {
    await using server = await FakeOpenAiServer.start(
      json(409, { error: { message: "newer", code: "superseded" } }),
    );
    const events = await collect(client(server.baseUrl).complete(request, never));
    assert.deepEqual(events, [{ type: "done", finishReason: "cancelled", usage: {} }]);
  });

  it("never takes the key to another origin, and follows at home", async () => {
    await using other = await FakeOpenAiServer.start(stream([piece("stolen", "stop")]));
    await using server = await FakeOpenAiServer.start(
      text(307, "", { location: `${other.origin}/v1/completions` }),
      text(308, "", { location: "/moved" }),
      stream([piece("home", "stop")]),
    );
    const made = client(server.baseUrl, { apiKey: async () => "secret" });
    const error = await failure(collect(made.complete(request, never)));
    assert.equal(error.code, "bad-response");
    assert.ok(!`${error.message}${error.hint}`.includes("secret"));
    assert.ok(error.message.includes(other.origin), "it says where it was sent");
    assert.equal(other.requests.length, 0);
    assert.equal(shown(await collect(made.complete(request, never))), "home");
    assert.equal(server.requests[2]?.headers.authorization, "Bearer secret");
  });

  it("says that a key cannot be sent, without quoting it", async () => {
    await using server = await FakeOpenAiServer.start(stream([piece("x", "stop")]));
    const made = client(server.baseUrl, { apiKey: async () => "secret\u200b" });
    const error = await failure(collect(made.complete(request, never)));
    assert.equal(error.code, "unauthorized");
    assert.ok(!inspect(error, { depth: 10 }).includes("secret"));
    assert.equal(server.requests.length, 0);
  });

  it("follows no redirect that would ask in another way, and not for ever", async () => {
    for (const status of [301, 302, 303]) {
      await using server = await FakeOpenAiServer.start(text(status, "", { location: "/moved" }));
      const changed = await failure(collect(client(server.baseUrl).complete(request, never)));
      assert.equal(changed.code, "bad-response");
      assert.match(changed.message, new RegExp(`redirect \\(${status}\\) that would leave out`));
      assert.equal(server.requests.length, 1);
    }
    await using circle = await FakeOpenAiServer.start(text(307, "", { location: "/v1/completions" }));
    const error = await failure(collect(client(circle.baseUrl).complete(request, never)));
    assert.equal(error.code, "bad-response");
    assert.match(error.message, /from one of its paths to the next, without end/);
    assert.doesNotMatch(error.message, /elsewhere/);
    assert.equal(circle.requests.length, 4);
  });

  it("quotes nothing of an answer that it cannot read, in which the key may stand", async () => {
    const type = { "content-type": "application/json" };
    const answers = [
      text(200, "sk-hush is no good", type),
      text(200, "data: sk-hush\n\n", { "content-type": "text/event-stream" }),
    ];
    for (const answer of answers) {
      await using server = await FakeOpenAiServer.start(answer);
      const asked = client(server.baseUrl, { apiKey: async () => "sk-hush" });
      for (const run of [() => collect(asked.complete(request, never)), () => asked.listModels(never)]) {
        const error = await failure(run());
        assert.equal(error.code, "bad-response");
        assert.ok(!inspect(error, { depth: 10 }).includes("hush"), inspect(error));
      }
    }
  });

  it("says what a gateway's page is called, not how it is written", async () => {
    const page = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>x</body></html>";
    await using server = await FakeOpenAiServer.start(text(502, page, { "content-type": "text/html" }));
    const error = await failure(collect(client(server.baseUrl).complete(request, never)));
    assert.match(error.message, /failed: 502 Bad Gateway$/);
  });

  it("closes the request when cancelled, before the first byte and in the middle", async () => {
    for (const answer of [hang, stream([piece("x")], "hang")]) {
      await using server = await FakeOpenAiServer.start(answer);
      const controller = new AbortController();
      const events: CompletionEvent[] = [];
      const reading = (async () => {
        for await (const event of client(server.baseUrl).complete(request, controller.signal))
          events.push(event);
      })();
      await until(
        () => server.requests.length === 1 && (answer === hang || events.length === 1),
        "the start",
      );
      controller.abort();
      await reading;
      assert.deepEqual(events.at(-1), { type: "done", finishReason: "cancelled", usage: {} });
      await server.requests[0]?.closed;
    }
  });

  it("tells nothing more of what had come when it is cancelled", async () => {
    await using server = await FakeOpenAiServer.start(stream([piece("x"), piece("y"), piece("z", "stop")]));
    const controller = new AbortController();
    const events: CompletionEvent[] = [];
    for await (const event of client(server.baseUrl).complete(request, controller.signal)) {
      events.push(event);
      controller.abort();
    }
    assert.deepEqual(
      events.map((event) => (event.type === "delta" ? event.text : event.finishReason)),
      ["x", "cancelled"],
    );
  });

  it("closes the request when the reader stops reading", async () => {
    await using server = await FakeOpenAiServer.start(stream([piece("x"), piece("y")], "hang"));
    for await (const event of client(server.baseUrl).complete(request, never)) {
      assert.equal(event.type, "delta");
      break;
    }
    await server.requests[0]?.closed;
  });

  it("gives up when the first byte or the next piece takes too long, and closes the request", async () => {
    const timeouts = { firstByteMs: 1000, betweenChunksMs: 200 };
    for (const [answer, ms] of [
      [hang, 1000],
      [stream([piece("x")], "hang"), 200],
    ] as const) {
      await using server = await FakeOpenAiServer.start(answer);
      const clock = new FakeClock();
      const events: CompletionEvent[] = [];
      const reading = failure(
        (async () => {
          for await (const event of client(server.baseUrl, { clock, timeouts }).complete(request, never))
            events.push(event);
        })(),
      );
      await until(
        () => server.requests.length === 1 && (answer === hang || events.length === 1),
        "the start",
      );
      await until(() => clock.nextInMs === ms, "the wait");
      clock.advance(ms - 1);
      assert.equal(clock.pending, 1);
      clock.advance(1);
      assert.equal((await reading).code, "timeout");
      await server.requests[0]?.closed;
      assert.equal(clock.pending, 0);
    }
  });

  const endless: readonly [string, string, string][] = [
    ["a JSON body of blanks", "application/json", " "],
    ["a stream of events without text", "text/event-stream", 'data: {"choices":[]}\n\n'],
    ["a stream of pings", "text/event-stream", ": ping\n\n"],
  ];
  for (const [name, type, bit] of endless) {
    it(`gives up on ${name} that never ends`, async () => {
      await using server = await FakeOpenAiServer.start(async (response) => {
        response.writeHead(200, { "content-type": type });
        while (!response.destroyed) {
          response.write(bit);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      });
      const timeouts = { firstByteMs: 5000, betweenChunksMs: 5000, wholeMs: 300 };
      const error = await failure(collect(client(server.baseUrl, { timeouts }).complete(request, never)));
      assert.equal(error.code, "timeout");
      assert.match(error.message, /does not come to an end/);
      await server.requests[0]?.closed;
    });
  }

  it("takes an answer without a body for none, in every dialect", async () => {
    for (const dialect of ["openai-suffix", "infill", "ollama-raw"] as const) {
      await using server = await FakeOpenAiServer.start((response) => void response.writeHead(204).end());
      const made = client(server.baseUrl, { dialect, renderFim: () => ({ prompt: "x", stop: [] }) });
      const error = await failure(collect(made.complete(request, never)));
      assert.equal(error.code, "bad-response", dialect);
      assert.match(error.message, /answered with nothing/);
    }
  });

  it("tries chat and the list of models again, honouring retry-after, and stops when told", async () => {
    const busy = json(503, { error: { message: "loading" } }, { "retry-after": "2" });
    await using server = await FakeOpenAiServer.start(busy, busy, stream([chatPiece("hi", "stop")]));
    const clock = new FakeClock();
    const made = client(server.baseUrl, { clock });
    const answer = collect(made.chat(chatRequest, never));
    for (const tries of [1, 2]) {
      await until(() => server.requests.length === tries && clock.nextInMs === 2000, "the wait");
      clock.advance(1999);
      assert.equal(clock.pending, 1);
      clock.advance(1);
    }
    assert.equal(shown(await answer), "hi");

    await using down = await FakeOpenAiServer.start(busy);
    const controller = new AbortController();
    const listing = client(down.baseUrl, { clock }).listModels(controller.signal);
    listing.catch(() => {});
    await until(() => down.requests.length === 1 && clock.nextInMs === 2000, "the wait");
    controller.abort();
    await assert.rejects(listing, { name: "AbortError" });
    assert.equal(clock.pending, 0);
  });

  it("tries chat again where the connection broke before an answer, and not where the server failed", async () => {
    const broken: Answer = (response) => void response.destroy();
    await using server = await FakeOpenAiServer.start(
      broken,
      stream([chatPiece("hi", "stop")]),
      json(500, { error: { message: "boom" } }),
    );
    const clock = new FakeClock();
    const made = client(server.baseUrl, { clock, random: () => 0.5 });
    const answer = collect(made.chat(chatRequest, never));
    await until(() => server.requests.length === 1 && clock.nextInMs === 500, "the wait");
    clock.advance(500);
    assert.equal(shown(await answer), "hi");
    assert.equal((await failure(collect(made.chat(chatRequest, never)))).code, "server-error");
    assert.equal(server.requests.length, 3);
  });

  it("lists models", async () => {
    await using server = await FakeOpenAiServer.start(
      json(200, { data: [{ id: "a" }, { id: "b" }] }),
      json(200, { models: [] }),
    );
    assert.deepEqual(await client(server.baseUrl).listModels(never), ["a", "b"]);
    assert.equal((await failure(client(server.baseUrl).listModels(never))).code, "bad-response");
  });

  it("counts tokens where the server can, and does not ask again where it cannot", async () => {
    await using server = await FakeOpenAiServer.start(json(200, { tokens: [1, 2, 3] }), json(404, {}));
    const made = client(server.baseUrl);
    assert.equal(await made.countTokens("text", never), 3);
    assert.equal(server.requests[0]?.path, "/tokenize");
    assert.equal(await made.countTokens("text", never), undefined);
    assert.equal(await made.countTokens("text", never), undefined);
    assert.equal(server.requests.length, 2);
  });

  const uncountable: readonly [Answer, boolean][] = [
    [json(403, { error: { message: "no such route for you" } }), false],
    [json(401, {}), false],
    [json(503, {}), true],
    [json(429, {}, { "retry-after": "7" }), true],
    [(response) => void response.destroy(), true],
  ];
  it("fails over no count: it is estimated then, and asked for again where the failure may pass", async () => {
    for (const [answer, mayPass] of uncountable) {
      await using server = await FakeOpenAiServer.start(answer, json(200, { tokens: [1] }));
      const made = client(server.baseUrl);
      assert.equal(await made.countTokens("text", never), undefined);
      assert.equal(await made.countTokens("text", never), mayPass ? 1 : undefined);
    }
  });

  it("waits for no count of a server that lets it hang, but for the engine, which may load its model", async () => {
    for (const [dialect, ms] of [
      ["openai-suffix", 3_000],
      ["engine", 60_000],
    ] as const) {
      await using server = await FakeOpenAiServer.start(hang);
      const clock = new FakeClock();
      const counting = client(server.baseUrl, { dialect, clock }).countTokens("text", never);
      await until(() => server.requests.length === 1, "the question");
      assert.equal(clock.nextInMs, ms);
      clock.advance(ms);
      assert.equal(await counting, undefined);
    }
  });

  it("asks no service on the net to count, whose documents know no such path", async () => {
    const asked: string[] = [];
    const fetch = async (url: unknown): Promise<Response> => {
      asked.push(String(url));
      return new Response("{}", { status: 404 });
    };
    const services = ["https://api.mistral.ai/v1", "https://api.deepseek.com", "https://api.openai.com/v1"];
    for (const baseUrl of services)
      assert.equal(await client(baseUrl, { fetch }).countTokens("text", never), undefined);
    assert.deepEqual(asked, []);
  });

  it("weighs a text on the engine only, with the likeliest alternative first", async () => {
    const logprobs = {
      tokens: ["x", " 1"],
      token_logprobs: [Math.log(0.5), Math.log(0.25)],
      top_logprobs: [{ x: Math.log(0.5) }, { "7": Math.log(0.125), " 1": Math.log(0.25) }],
    };
    await using server = await FakeOpenAiServer.start(
      json(200, { choices: [{ index: 0, text: "x 1", logprobs, finish_reason: "length" }] }),
      json(200, { choices: [{ index: 0, text: "x 1", logprobs: { tokens: ["x"] } }] }),
    );
    const made = client(server.baseUrl);
    const weighed = await made.weigh({ context: "a\n", text: "x 1" }, never);
    assert.deepEqual(
      weighed?.map(({ text, alternatives }) => [text, ...alternatives.map((other) => other.text)]),
      [
        ["x", "x"],
        [" 1", " 1", "7"],
      ],
    );
    const { body } = server.requests[0] ?? {};
    assert.deepEqual([body?.["prompt"], body?.["echo_from"], body?.["max_tokens"]], ["a\nx 1", 2, 0]);
    await assert.rejects(made.weigh({ context: "", text: "x" }, never), ModelError);
    const other = client(server.baseUrl, { dialect: "openai-suffix" });
    assert.equal(await other.weigh({ context: "", text: "x" }, never), undefined);
    assert.equal(server.requests.length, 2);
  });

  it("prefills on the engine only", async () => {
    await using server = await FakeOpenAiServer.start(json(200, { choices: [] }), json(500, {}));
    const made = client(server.baseUrl);
    await made.prefill(request, never);
    assert.equal((await failure(made.prefill(request, never))).code, "server-error");
    await client(server.baseUrl, { dialect: "openai-suffix" }).prefill(request, never);
    assert.equal(server.requests.length, 2);
    assert.deepEqual(server.requests[0]?.body["max_tokens"], 0);
    assert.deepEqual(server.requests[0]?.body["priority"], "prefill");
  });

  it("tells the tokens with which an answer may begin, likeliest first, and with which lead it will be asked for", async () => {
    const choice = (logprobs: object | null, finish_reason: string) =>
      json(200, { choices: [{ index: 0, text: "", logprobs, finish_reason }] });
    const logprobs = {
      tokens: [" b"],
      token_logprobs: [Math.log(0.5)],
      top_logprobs: [{ " a": Math.log(0.25), " b": Math.log(0.5) }],
    };
    await using server = await FakeOpenAiServer.start(choice(logprobs, "length"), choice(null, "stop"));
    const made = client(server.baseUrl);
    const told = await made.prefill({ ...request, lead: " " }, never);
    assert.deepEqual(
      told?.map(({ text, probability }) => [text, Number(probability.toFixed(3))]),
      [
        [" b", 0.5],
        [" a", 0.25],
      ],
    );
    assert.equal(server.requests[0]?.body["lead"], " ");
    assert.deepEqual(await made.prefill(request, never), [{ text: "", probability: 1 }]);
  });
});
