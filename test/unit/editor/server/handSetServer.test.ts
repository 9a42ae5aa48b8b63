import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { systemClock } from "../../../../src/base/clock.ts";
import { silentLog } from "../../../../src/base/log.ts";
import { Backend } from "../../../../src/editor/backend.ts";
import { resilientClient, serverClient } from "../../../../src/editor/clients.ts";
import type { ServerKeys } from "../../../../src/editor/secrets.ts";
import type { CompletionEvent, ModelClient } from "../../../../src/model/modelClient.ts";
import { ModelError } from "../../../../src/model/modelErrors.ts";
import { never, request, text } from "../../../fakes/exampleRequest.ts";
import { FakeFaultyServer } from "../../../fakes/fakeFaultyServer.ts";
import { type FakeModel, talker, vllm } from "../../../fakes/fakeKnownServers.ts";
import { FakeRoutesServer, type Routes, replyJson } from "../../../fakes/fakeRoutesServer.ts";

const keys = { get: async () => undefined } as Pick<ServerKeys, "get"> as ServerKeys;
const parts = { clock: systemClock, log: silentLog };

async function clientOf(url: string, more: { fimTemplate?: string; completionModel?: string } = {}) {
  return serverClient({ url, profiles: [], fallback: "none", ...more }, keys, parts)(never);
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
    const client = await clientOf(`${server.origin}/v1`, { fimTemplate: "mellum" });
    assert.equal(await text(client.complete(request, never)), "a + b");
    assert.equal(server.requests.filter(({ route }) => route === "POST /v1/completions").length, 1);
  });

  it("chats without the test, and tests again after the server was away", async () => {
    await using server = await FakeRoutesServer.start(vllm({ id: "m", family: "mellum" }));
    await using wire = await FakeFaultyServer.start(server.origin);
    const client = await clientOf(wire.baseUrl, { completionModel: "m" });
    const messages = [{ role: "user", content: "x" } as const];
    assert.equal(await text(client.chat({ messages, maxTokens: 4, temperature: 0 }, never)), "Hello!");
    assert.ok(server.requests.every(({ route }) => route === "POST /v1/chat/completions"));
    await wire.stop();
    await assert.rejects(text(client.complete(request, never)), { code: "unreachable" });
    await wire.start();
    assert.equal(await text(client.complete(request, never)), "a + b");
  });

  it("is asked where it was tried when its address has no version", async () => {
    await using server = await FakeRoutesServer.start(vllm({ id: "m", family: "mellum" }));
    const client = await clientOf(server.origin, { completionModel: "m" });
    assert.equal(await text(client.complete(request, never)), "a + b");
  });

  it("may be named by the address of one of its requests", async () => {
    await using server = await FakeRoutesServer.start(vllm({ id: "m", family: "mellum" }));
    const client = await clientOf(`${server.origin}/v1/chat/completions/`);
    const messages = [{ role: "user", content: "x" } as const];
    assert.equal(await text(client.chat({ messages, maxTokens: 4, temperature: 0 }, never)), "Hello!");
    assert.equal(await text(client.complete(request, never)), "a + b");
  });

  it("is tried no longer when another one takes its place, and nobody is told of a failure", async () => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    await using server = await FakeRoutesServer.start({
      ...vllm({ id: "m", family: "mellum" }),
      "POST /v1/completions": () => (response) => {
        response.on("close", () => closed.resolve());
        asked.resolve();
      },
    });
    const settings = {
      url: `${server.origin}/v1`,
      completionModel: "m",
      profiles: [],
      fallback: "none",
    } as const;
    const standIn = { make: undefined, name: undefined, onRoute: () => {} };
    const backend = new Backend();
    backend.use(resilientClient(settings, keys, standIn, parts));
    const events: CompletionEvent[] = [];
    const completing = (async () => {
      for await (const event of backend.complete(request, never)) events.push(event);
    })();
    await asked.promise;
    backend.use(undefined);
    await completing;
    await closed.promise;
    assert.deepEqual(events, [{ type: "done", finishReason: "cancelled", usage: {} }]);
  });

  it("says nothing of who answers once another one has taken its place", async () => {
    let asked = Promise.withResolvers<ServerResponse>();
    await using server = await FakeRoutesServer.start({
      "POST /infill": () => (response) => asked.resolve(response),
    });
    const routes: string[] = [];
    const engine: Pick<ModelClient, "complete"> = {
      async *complete() {
        yield { type: "delta", candidate: 0, text: "here" };
        yield { type: "done", finishReason: "stop", usage: {} };
      },
    };
    const standIn = {
      make: async () => engine as ModelClient,
      name: "engine",
      onRoute: (route: string) => void routes.push(route),
    };
    const url = `${server.origin}/v1`;
    const settings = {
      url,
      completionModel: "m",
      fim: "infill",
      profiles: [],
      fallback: "embedded",
    } as const;
    const completed = async (replace: boolean): Promise<string> => {
      const backend = new Backend();
      asked = Promise.withResolvers();
      backend.use(resilientClient(settings, keys, standIn, parts));
      const completing = text(backend.complete(request, never));
      const response = await asked.promise;
      if (replace) backend.use(undefined);
      response.destroy();
      return completing;
    };
    assert.equal(await completed(true), "here");
    assert.deepEqual(routes, []);
    assert.equal(await completed(false), "here");
    assert.deepEqual(routes, ["fallback"]);
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
