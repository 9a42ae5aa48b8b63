import assert from "node:assert/strict";
import { systemClock } from "../../../../src/base/clock.ts";
import { silentLog } from "../../../../src/base/log.ts";
import { serverClient } from "../../../../src/editor/clients.ts";
import type { ServerKeys } from "../../../../src/editor/secrets.ts";
import { ModelError } from "../../../../src/model/modelErrors.ts";
import { FakeFaultyServer } from "../../../fakes/fakeFaultyServer.ts";
import { type FakeModel, talker, vllm } from "../../../fakes/fakeKnownServers.ts";
import { FakeRoutesServer, type Routes, replyJson } from "../../../fakes/fakeRoutesServer.ts";
import { never, request, text } from "./exampleRequest.ts";

async function clientOf(url: string, fimTemplate?: string) {
  const keys: Pick<ServerKeys, "get"> = { get: async () => undefined };
  const server = { url, profiles: [], fallback: "none", ...(fimTemplate && { fimTemplate }) } as const;
  return serverClient(server, keys as ServerKeys, { clock: systemClock, log: silentLog })();
}

describe("a server that was set by hand", () => {
  it("is asked in the form that its model proves, whatever its name says", async () => {
    const model: FakeModel = { id: "qwen2.5-coder-by-name", family: "mellum" };
    await using server = await FakeRoutesServer.start(vllm(model));
    const client = await clientOf(`${server.origin}/v1`);
    assert.equal(await text(client.complete(request, never)), "a + b");
  });

  it("refuses a model for completion that talks, with the reason, and chats with it", async () => {
    await using server = await FakeRoutesServer.start(vllm(talker));
    const client = await clientOf(`${server.origin}/v1`);
    await assert.rejects(text(client.complete(request, never)), (error: unknown) => {
      assert.ok(error instanceof ModelError);
      assert.equal(error.code, "no-fim");
      assert.match(error.message, /my-coder-qwen2\.5-coder-chat cannot fill in the middle here/);
      return true;
    });
    assert.equal(
      await text(
        client.chat({ messages: [{ role: "user", content: "x" }], maxTokens: 4, temperature: 0 }, never),
      ),
      "Hello!",
    );
  });

  it("is asked as the settings say without a test", async () => {
    await using server = await FakeRoutesServer.start(vllm({ id: "m", family: "mellum" }));
    const client = await clientOf(`${server.origin}/v1`, "mellum");
    assert.equal(await text(client.complete(request, never)), "a + b");
    assert.equal(server.requests.filter(({ route }) => route === "POST /v1/completions").length, 1);
  });

  it("chats without the test, and tests again after the server was away", async () => {
    await using server = await FakeRoutesServer.start(vllm({ id: "m", family: "mellum" }));
    await using wire = await FakeFaultyServer.start(server.origin);
    const keys: Pick<ServerKeys, "get"> = { get: async () => undefined };
    const settings = { url: wire.baseUrl, completionModel: "m", profiles: [], fallback: "none" } as const;
    const client = await serverClient(settings, keys as ServerKeys, { clock: systemClock, log: silentLog })();
    const messages = [{ role: "user", content: "x" } as const];
    assert.equal(await text(client.chat({ messages, maxTokens: 4, temperature: 0 }, never)), "Hello!");
    assert.ok(server.requests.every(({ route }) => route === "POST /v1/chat/completions"));
    await wire.stop();
    await assert.rejects(text(client.complete(request, never)), { code: "unreachable" });
    await wire.start();
    assert.equal(await text(client.complete(request, never)), "a + b");
  });

  for (const status of [500, 503]) {
    it(`is tried again when it failed with ${status} during the test, as one does that still loads its model`, async () => {
      const routes = vllm({ id: "m", family: "mellum" });
      let loading = true;
      const loadingFirst = Object.fromEntries(
        Object.entries(routes).map(([route, answer]): [string, Routes[string]] => [
          route,
          (asked) =>
            loading && route !== "GET /v1/models"
              ? replyJson(status, { error: { message: "Loading model" } })
              : answer(asked),
        ]),
      );
      await using server = await FakeRoutesServer.start(loadingFirst);
      const client = await clientOf(`${server.origin}/v1`);
      await assert.rejects(text(client.complete(request, never)), {
        code: "server-error",
        message: /Loading model/,
      });
      loading = false;
      assert.equal(await text(client.complete(request, never)), "a + b");
    });
  }
});
