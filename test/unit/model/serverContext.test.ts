import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { serverContextTokens } from "../../../src/model/serverContext.ts";
import { FakeRoutesServer, type Routes, replyJson } from "../../fakes/fakeRoutesServer.ts";

describe("serverContextTokens", () => {
  async function tokensOf(bodies: Readonly<Record<string, unknown>>, model?: string): Promise<unknown> {
    const routes: Routes = Object.fromEntries(
      Object.entries(bodies).map(([path, body]) => [`GET ${path}`, () => replyJson(200, body)]),
    );
    await using server = await FakeRoutesServer.start(routes);
    const options = { fetch, apiKey: async () => "key", clock: systemClock, withinMs: 5000 };
    const tokens = await serverContextTokens(
      `${server.origin}/v1/`,
      model,
      options,
      AbortSignal.timeout(9000),
    );
    assert.ok(server.requests.every(({ headers }) => headers["authorization"] === "Bearer key"));
    return tokens;
  }

  it("is what each kind of server says of itself", async () => {
    const llama = { "/props": { default_generation_settings: { n_ctx: 4096 }, total_slots: 2 } };
    assert.equal(await tokensOf(llama, "any"), 4096);
    assert.equal(await tokensOf({ "/health": { status: "ready", context_size: 6144 } }, "any"), 6144);
    const list = (...data: readonly unknown[]) => ({ "/v1/models": { object: "list", data } });
    const vllm = list({ id: "a", max_model_len: 16384 }, { id: "b", max_model_len: 32768 });
    assert.equal(await tokensOf(vllm, "b"), 32768);
    assert.equal(await tokensOf(vllm), 16384);
    const ollama = { "/api/ps": { models: [{ name: "q:1b", model: "q:1b", context_length: 4096 }] } };
    assert.equal(await tokensOf({ ...ollama, ...list({ id: "q:1b" }) }, "q:1b"), 4096);
    const studio = {
      "/api/v0/models": { data: [{ id: "q", max_context_length: 32768, loaded_context_length: 2048 }] },
    };
    assert.equal(await tokensOf({ ...studio, ...list({ id: "q" }) }, "q"), 2048);
    assert.equal(await tokensOf(list({ id: "h", context_length: 131072 }), "h"), 131072);
  });

  it("asks a service on the net in its own way only, and goes on where a path breaks", async () => {
    const asked: string[] = [];
    const options = {
      apiKey: async () => "key",
      clock: systemClock,
      withinMs: 5000,
      fetch: async (input: string | URL | Request) => {
        asked.push(String(input));
        if (!String(input).endsWith("/models")) throw new TypeError("reset");
        return Response.json({ data: [{ id: "m", context_length: 65536 }] });
      },
    };
    const ask = (url: string): Promise<number | undefined> =>
      serverContextTokens(url, "m", options, AbortSignal.timeout(9000));
    assert.equal(await ask("https://api.mistral.ai/v1"), 65536);
    assert.deepEqual(asked, ["https://api.mistral.ai/v1/models"]);
    assert.equal(await ask("http://gateway.invalid/v1"), 65536);
  });

  it("is not known where the server does not tell, or tells of another model, or nonsense", async () => {
    const other = { "/v1/models": { data: [{ id: "a", max_model_len: 16384 }] } };
    assert.equal(await tokensOf(other, "b"), undefined);
    assert.equal(await tokensOf({}, "b"), undefined);
    for (const n_ctx of [0, -1, "4096", 1.5, null])
      assert.equal(await tokensOf({ "/props": { default_generation_settings: { n_ctx } } }), undefined);
    assert.equal(
      await tokensOf({ "/props": [], "/health": "ok", "/v1/models": { data: "none" } }),
      undefined,
    );
  });
});
