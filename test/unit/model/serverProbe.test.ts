import assert from "node:assert/strict";
import { createServer } from "node:net";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { holes, judge } from "../../../src/model/fimSelfTest.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import type { ProbeOptions } from "../../../src/model/probeRequests.ts";
import { identifyServer, serverAddress } from "../../../src/model/serverIdentity.ts";
import { checkChat, checkCompletion, refusalText } from "../../../src/model/serverProbe.ts";
import { scanLoopback } from "../../../src/model/serverScan.ts";
import { fimFamilies } from "../../../src/prompt/fimTemplate.ts";
import { deepseek, mistral, openai, serviceAt } from "../../fakes/fakeHostedServers.ts";
import {
  coder,
  type FakeModel,
  llamaCppPython,
  llamaServer,
  lmStudio,
  ollama,
  talker,
  tgi,
  vllm,
} from "../../fakes/fakeKnownServers.ts";
import {
  FakeRoutesServer,
  type Reply,
  type Routes,
  replyEvents,
  replyJson,
} from "../../fakes/fakeRoutesServer.ts";

const never = new AbortController().signal;

function options(more: Partial<ProbeOptions> = {}): ProbeOptions {
  return {
    fetch: (input, init) => fetch(input, init),
    apiKey: async () => undefined,
    clock: systemClock,
    log: silentLog,
    withinMs: 5000,
    families: fimFamilies,
    onStep: () => {},
    ...more,
  };
}

async function probed(routes: Routes, model: string) {
  await using server = await FakeRoutesServer.start(routes);
  const identity = await identifyServer(server.origin, options(), never);
  const completion = await checkCompletion(identity, model, options(), never);
  const chat = await checkChat(identity, model, options(), never);
  return { identity, completion, chat, requests: server.requests };
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    assert.ok(error instanceof ModelError, String(error));
    return error.code;
  }
  return "none";
}

describe("server probe", () => {
  const known: readonly [string, (model: FakeModel) => Routes, string, string | undefined, object][] = [
    [
      "vllm",
      vllm,
      "template",
      "0.10.1",
      { raw: true, suffix: false, infill: false, logprobs: true, stream: true, tokenizer: true },
    ],
    [
      "llama-server",
      llamaServer,
      "infill",
      "b6500-1a2b3c4",
      { infill: true, suffix: false, raw: true, logprobs: true, stream: true, tokenizer: true },
    ],
    [
      "ollama",
      ollama,
      "ollama-raw",
      "0.12.6",
      { raw: true, suffix: true, infill: false, logprobs: false, stream: true, tokenizer: false },
    ],
    [
      "lm-studio",
      lmStudio,
      "template",
      undefined,
      { raw: true, suffix: false, infill: false, logprobs: false, stream: true, tokenizer: false },
    ],
    [
      "tgi",
      tgi,
      "template",
      "3.3.4",
      { raw: true, suffix: false, infill: false, logprobs: false, stream: true, tokenizer: false },
    ],
    [
      "llama-cpp-python",
      (model) => llamaCppPython(model, { logitsAll: true }),
      "template",
      "0.3.36",
      { raw: true, suffix: false, infill: false, logprobs: true, stream: true, tokenizer: false },
    ],
  ];
  for (const [kind, routes, dialect, version, abilities] of known) {
    it(`knows ${kind}, finds how its model fills in the middle, and shows the answer`, async () => {
      const { identity, completion, chat } = await probed(routes(coder), coder.id);
      assert.equal(identity.kind.id, kind);
      assert.equal(identity.version, version);
      assert.match(identity.baseUrl, /\/v1$/);
      assert.equal(identity.models[0]?.id, coder.id);
      assert.equal(completion.way?.dialect, dialect);
      assert.deepEqual(completion.abilities, abilities);
      const last = holes.at(-1);
      assert.deepEqual(completion.way?.shown, [last?.prefix, last?.answer, last?.suffix]);
      assert.ok((completion.firstTextMs ?? -1) >= 0 && (completion.totalMs ?? -1) >= 0);
      const { works, jsonSchema, streams } = chat;
      assert.deepEqual({ works, jsonSchema, streams }, { works: true, jsonSchema: true, streams: true });
    });

    it(`refuses a chat model on ${kind} whatever its name says`, async () => {
      const { completion, chat } = await probed(routes(talker), talker.id);
      assert.equal(completion.way, undefined);
      assert.ok(completion.tried.length > 0 || completion.abilities.tokenizer);
      assert.match(refusalText(completion), /cannot fill in the middle/);
      if (completion.tried.some(({ verdict }) => verdict === "chat-text"))
        assert.match(refusalText(completion), /sentences/);
      assert.equal(chat.works, true);
    });
  }

  it("tells loaded models and leaves embedding models out", async () => {
    await using server = await FakeRoutesServer.start(lmStudio(coder));
    const { models } = await identifyServer(`${server.origin}/v1`, options(), never);
    assert.deepEqual(models, [
      { id: coder.id, loaded: true },
      { id: "meta-llama-3.1-8b-instruct", loaded: false },
    ]);
  });

  const hosted = [
    ["mistral", "https://api.mistral.ai", mistral, "mistral-fim"],
    ["deepseek", "https://api.deepseek.com", deepseek, "deepseek-fim"],
    ["openai", "https://api.openai.com", openai, "openai-suffix", "gpt-3.5-turbo-instruct"],
  ] as const;
  for (const [kind, origin, routes, dialect, id = "codestral-latest"] of hosted) {
    it(`asks ${kind} in its own way, with the key`, async () => {
      const model = { id, family: undefined };
      const { server, fetch: toFake } = await serviceAt(origin, routes(model, "secret"));
      await using _ = server;
      const withKey = options({ fetch: toFake, apiKey: async () => "secret" });
      assert.equal(
        await codeOf(identifyServer(origin, { ...withKey, apiKey: async () => undefined }, never)),
        "unauthorized",
      );
      const identity = await identifyServer(origin, withKey, never);
      assert.equal(identity.kind.id, kind);
      const completion = await checkCompletion(identity, model.id, withKey, never);
      assert.equal(completion.way?.dialect, dialect);
      assert.equal((await checkChat(identity, model.id, withKey, never)).jsonSchema, true);
    });
  }

  it("does without probabilities where llama-cpp-python computes none", async () => {
    const { completion } = await probed(llamaCppPython(coder, { logitsAll: false }), coder.id);
    assert.equal(completion.way?.family, "qwen2.5-coder");
    assert.equal(completion.abilities.logprobs, false);
  });

  it("tries every family where the tokenizer fails in between", async () => {
    const routes = vllm({ id: "m", family: "mellum" });
    let counted = 0;
    const { completion } = await probed(
      {
        ...routes,
        "POST /tokenize": (asked) =>
          ++counted > 2 ? replyJson(503, {}) : (routes["POST /tokenize"]?.(asked) ?? replyJson(404, {})),
      },
      "m",
    );
    assert.equal(completion.way?.family, "mellum");
  });

  it("leaves out families whose tokens the server's tokenizer does not know", async () => {
    const { completion, requests } = await probed(
      vllm({ id: "qwen2.5-coder", family: "mellum" }),
      "qwen2.5-coder",
    );
    assert.equal(completion.way?.family, "mellum");
    const prompts = requests.flatMap(({ body }) =>
      typeof body["prompt"] === "string" ? [body["prompt"]] : [],
    );
    assert.ok(prompts.every((prompt) => !/<\|fim_prefix\|>./.test(prompt)));
  });

  it("says what is wrong with an address", async () => {
    await using page = await FakeRoutesServer.start({
      "*": () => (response) => {
        response.writeHead(200, { "content-type": "text/html" }).end("<html></html>");
      },
    });
    await using locked = await FakeRoutesServer.start({ "*": () => replyJson(401, {}) });
    assert.equal(await codeOf(identifyServer(page.origin, options(), never)), "bad-response");
    assert.equal(await codeOf(identifyServer(locked.origin, options(), never)), "unauthorized");
    await using plain = await FakeRoutesServer.start({
      "*": () => (response) => {
        response.writeHead(301, { location: "https://models.example.com/v1/models" }).end();
      },
    });
    await assert.rejects(identifyServer(plain.origin, options(), never), {
      code: "bad-response",
      message: /sends requests elsewhere, to https:\/\/models\.example\.com\.$/,
    });
    for (const bad of ["", "ftp://x", "http://user:pass@host/v1", "http://host/v1?key=1", "http://host/v1#1"])
      assert.throws(() => serverAddress(bad), ModelError, bad);
    assert.equal(serverAddress(" localhost:8080/ "), "http://localhost:8080");
    for (const path of ["chat/completions", "completions", "models", "fim/completions", "chat/completions/"])
      assert.equal(serverAddress(`https://host/team/v1/${path}`), "https://host/team/v1");
    assert.equal(serverAddress("https://models/v1"), "https://models/v1");
    assert.equal(serverAddress("https://models"), "https://models");
  });

  it("ends when the server goes away in between", async () => {
    await using server = await FakeRoutesServer.start(vllm(coder));
    const identity = await identifyServer(server.origin, options(), never);
    const gone = { ...identity, baseUrl: `http://127.0.0.1:${await freePort()}/v1` };
    assert.equal(await codeOf(checkCompletion(gone, coder.id, options(), never)), "unreachable");
    const controller = new AbortController();
    controller.abort();
    await assert.rejects(checkCompletion(identity, coder.id, options(), controller.signal), {
      name: "AbortError",
    });
  });

  it("gives up on an address that answers without end", async () => {
    await using server = await FakeRoutesServer.start({
      "*": () => async (response) => {
        response.writeHead(200, { "content-type": "application/json" });
        while (!response.destroyed) {
          response.write(" ");
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      },
    });
    assert.equal(await codeOf(identifyServer(server.origin, options({ withinMs: 200 }), never)), "timeout");
  });

  it("closes its question when it is withdrawn", async () => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    await using server = await FakeRoutesServer.start({
      "*": () => (response) => {
        response.on("close", () => closed.resolve());
        asked.resolve();
      },
    });
    const controller = new AbortController();
    const patient = options({ withinMs: 600_000 });
    const identifying = identifyServer(server.origin, patient, controller.signal);
    await asked.promise;
    controller.abort();
    await assert.rejects(identifying, { name: "AbortError" });
    await closed.promise;
  });

  for (const [what, reply] of [
    ["lets a path that it does not know hang", () => {}],
    ["resets what asks for a path that it does not know", (response) => response.destroy()],
  ] as const satisfies readonly (readonly [string, Reply])[]) {
    it(`knows a server behind a gateway that ${what}`, async () => {
      await using server = await FakeRoutesServer.start({ ...vllm(coder), "GET /props": () => reply });
      const identity = await identifyServer(server.origin, options({ withinMs: 500 }), never);
      assert.equal(identity.kind.id, "vllm");
    });
  }

  const resets = (): Reply => (response) => void response.destroy();
  it("goes on where a gateway resets or lets hang what a server need not have, and waits for that no longer", async () => {
    for (const [reply, waits] of [
      [resets, []],
      [(): Reply => () => {}, [30_000, 30_000]],
    ] as const) {
      const ended: number[] = [];
      const clock: ProbeOptions["clock"] = {
        now: systemClock.now,
        after: (ms, action) =>
          systemClock.after(ms / 600, () => {
            ended.push(ms);
            action();
          }),
      };
      const { "GET /version": _, ...routes } = vllm(coder);
      const unknown = { ...routes, "POST /infill": () => reply(), "POST /tokenize": () => reply() };
      await using server = await FakeRoutesServer.start(unknown);
      const identity = await identifyServer(server.origin, options(), never);
      assert.equal(identity.kind.id, "other");
      const { way, abilities } = await checkCompletion(identity, coder.id, options({ clock }), never);
      assert.equal(way?.dialect, "template");
      assert.deepEqual([abilities.infill, abilities.tokenizer], [false, false]);
      assert.deepEqual(ended, waits);
    }
  });

  it("tries no other form of the prompt on a path that does not come through", async () => {
    const { completion, requests } = await probed(
      { ...ollama(coder), "POST /api/generate": resets },
      coder.id,
    );
    assert.equal(completion.way?.dialect, "openai-suffix");
    assert.equal(requests.filter(({ route }) => route === "POST /api/generate").length, 1);
  });

  it("refuses a model that writes special tokens behind what belongs there, by whichever path", async () => {
    const known = llamaServer(coder);
    const writesOn: Routes = {
      ...known,
      "POST /infill": ({ body }) => {
        const hole = holes.find(({ prefix }) => prefix === body["input_prefix"]);
        const content = `${hole?.answer}<|im_end|>\n<|im_start|>assistant`;
        return replyEvents([{ content, stop: true, stop_type: "eos" }], false);
      },
      "POST /v1/completions": () => replyJson(404, {}),
    };
    const { completion } = await probed(writesOn, coder.id);
    assert.equal(completion.way, undefined);
    assert.match(refusalText(completion), /writes the prompt's special tokens back/);
  });

  it("is not led astray by what fails once a way is found", async () => {
    const locks = (): Reply => replyJson(401, {});
    for (const reply of [resets, locks]) {
      const { completion } = await probed({ ...vllm(coder), "POST /infill": reply }, coder.id);
      assert.equal(completion.way?.dialect, "template");
      assert.equal(completion.abilities.infill, false);
    }
  });

  it("ends where nothing at all comes through", async () => {
    const gone = { ...llamaServer(coder), "POST /infill": resets, "POST /v1/completions": resets };
    assert.equal(await codeOf(probed(gone, coder.id)), "unreachable");
    const model = { id: "codestral-latest", family: undefined };
    const routes = { ...mistral(model, "secret"), "POST /v1/fim/completions": resets };
    const { server, fetch: toFake } = await serviceAt("https://api.mistral.ai", routes);
    await using _ = server;
    const withKey = options({ fetch: toFake, apiKey: async () => "secret" });
    const identity = await identifyServer("https://api.mistral.ai", withKey, never);
    assert.equal(await codeOf(checkCompletion(identity, model.id, withKey, never)), "unreachable");
  });

  const forbids = (): Reply => replyJson(403, { error: { message: "Forbidden" } });

  it("goes on where a gateway forbids the paths that it does not know", async () => {
    const { completion } = await probed(
      { ...llamaServer(coder), "POST /infill": forbids, "POST /tokenize": forbids },
      coder.id,
    );
    assert.equal(completion.way?.dialect, "template");
    assert.match(completion.tried[0]?.refusal ?? "", /Forbidden/);
    assert.deepEqual([completion.abilities.infill, completion.abilities.tokenizer], [false, false]);
  });

  it("ends where every path is forbidden, and where one is that was open before", async () => {
    const closed = { ...vllm(coder), "POST /v1/completions": forbids, "POST /tokenize": forbids };
    assert.equal(await codeOf(probed(closed, coder.id)), "unauthorized");
    let asked = 0;
    const known = vllm(talker);
    const closing: Routes = {
      ...known,
      "POST /v1/completions": (request) =>
        asked++ > 0 ? forbids() : (known["POST /v1/completions"]?.(request) ?? forbids()),
      "POST /tokenize": () => replyJson(404, {}),
    };
    assert.equal(await codeOf(probed(closing, talker.id)), "unauthorized");
    const locked = { ...vllm(coder), "POST /v1/completions": () => replyJson(401, {}) };
    assert.equal(await codeOf(probed(locked, coder.id)), "unauthorized");
  });

  it("waits where a server asks for it, and goes on", async () => {
    let asked = 0;
    const known = llamaServer(coder);
    const limited: Routes = {
      ...known,
      "POST /infill": (request) =>
        asked++ === 1
          ? replyJson(429, { error: { message: "Slow down" } }, { "retry-after": "1" })
          : (known["POST /infill"]?.(request) ?? replyJson(404, {})),
    };
    const started = performance.now();
    const { completion } = await probed(limited, coder.id);
    assert.equal(completion.way?.dialect, "infill");
    assert.ok(performance.now() - started >= 990);
  });

  it("is recognised by an address of one of its requests", async () => {
    await using server = await FakeRoutesServer.start(vllm(coder));
    const identity = await identifyServer(`${server.origin}/v1/chat/completions`, options(), never);
    assert.equal(identity.baseUrl, `${server.origin}/v1`);
  });

  it("closes the request that tries a model when it is withdrawn", async () => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    await using server = await FakeRoutesServer.start({
      ...llamaServer(coder),
      "POST /infill": () => (response) => {
        response.on("close", () => closed.resolve());
        asked.resolve();
      },
    });
    const identity = await identifyServer(server.origin, options(), never);
    const controller = new AbortController();
    const checking = checkCompletion(identity, coder.id, options(), controller.signal);
    await asked.promise;
    controller.abort();
    await assert.rejects(checking, { name: "AbortError" });
    await closed.promise;
  });

  it("finds servers on this machine's ports, without a key", async () => {
    await using llama = await FakeRoutesServer.start(llamaServer(coder));
    await using locked = await FakeRoutesServer.start({ "*": () => replyJson(401, {}) });
    const withKey = options({ apiKey: async () => "secret" });
    const found = await scanLoopback(withKey, never, [llama.port, await freePort(), locked.port]);
    assert.deepEqual(
      found.map(({ address, identity }) => [address, identity?.kind.id]),
      [
        [llama.origin, "llama-server"],
        [locked.origin, undefined],
      ],
    );
    for (const { headers } of [...llama.requests, ...locked.requests])
      assert.equal(headers["authorization"], undefined);
  });
});

describe("judging a filled hole", () => {
  const answers: readonly [number, string, string][] = [
    [0, "a + b", "fits"],
    [0, "a + b\n\n\nprint(add(1, 2))", "fits"],
    [0, "", "empty"],
    [0, " \n", "empty"],
    [0, "Sure! Here's the code you asked for:", "chat-text"],
    [0, "```python\nreturn a + b\n```", "chat-text"],
    [0, "<|fim_middle|>a + b", "special-tokens"],
    [0, "<fim_prefix>def add", "special-tokens"],
    [0, "[PREFIX]x", "special-tokens"],
    [0, "None", "wrong"],
    [0, "def add(a, b):\n    return a + b\n<fim_suffix>", "special-tokens"],
    [0, "a + b\n<|endoftext|><|im_start|>assistant", "special-tokens"],
    [0, "a + b<|endoftext|>", "special-tokens"],
    [0, "a + b</s>", "special-tokens"],
    [0, "a + b\n```\nHere is the explanation", "chat-text"],
    [1, "result = width * height\n```\n", "chat-text"],
    [1, "result = width * height<｜end▁of▁sentence｜>", "special-tokens"],
    [1, "result = width * height", "fits"],
    [1, "result = width * height\n    return result\n\n# Example usage\n", "fits"],
    [1, "return width * height\n\nprint(area(5, 3))", "ignores-suffix"],
    [1, "surface = width * height", "ignores-suffix"],
    [1, "def area(width, height):\n    <fim_suffix>", "special-tokens"],
  ];
  for (const [at, text, verdict] of answers) {
    it(`calls ${JSON.stringify(text)} ${verdict}`, () => {
      const hole = holes[at];
      assert.ok(hole);
      assert.equal(judge(hole, text), verdict);
    });
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
