import assert from "node:assert/strict";
import { systemClock } from "../../../../src/base/clock.ts";
import { silentLog } from "../../../../src/base/log.ts";
import { resilientClient } from "../../../../src/editor/clients.ts";
import type { ServerKeys } from "../../../../src/editor/secrets.ts";
import { modelsText, profileOf } from "../../../../src/editor/server/profileText.ts";
import type { MachineSettings } from "../../../../src/editor/settingValues.ts";
import type { CompletionEvent, ModelClient } from "../../../../src/model/modelClient.ts";
import { never, request, text } from "../../../fakes/exampleRequest.ts";
import { coder, llamaServer, talker } from "../../../fakes/fakeKnownServers.ts";
import { FakeRoutesServer } from "../../../fakes/fakeRoutesServer.ts";

const question = { messages: [{ role: "user", content: "x" } as const], maxTokens: 4, temperature: 0 };

async function* says(what: string): AsyncGenerator<CompletionEvent> {
  yield { type: "delta", candidate: 0, text: what };
  yield { type: "done", finishReason: "stop", usage: {} };
}

const engine: Pick<ModelClient, "complete" | "chat" | "prefill"> = {
  complete: () => says("here"),
  chat: () => says("here"),
  prefill: async () => [],
};

function clientOf(
  profile: Omit<MachineSettings["server"], "profiles" | "fallback">,
  hasEngine: boolean,
): Promise<ModelClient> {
  const keys: Pick<ServerKeys, "get"> = { get: async () => undefined };
  const make = hasEngine ? async () => engine as ModelClient : undefined;
  return resilientClient(
    { ...profile, profiles: [], fallback: "embedded" },
    keys as ServerKeys,
    { make, name: "engine", onRoute: () => {} },
    { clock: systemClock, log: silentLog },
  )(never);
}

describe("a model of a server that the user declined", () => {
  it("is kept as declined, and the list of profiles says so", () => {
    const url = "http://127.0.0.1:8080/v1";
    const way = { dialect: "infill" } as const;
    const chatOnly = profileOf("team", url, undefined, { model: "talker" });
    assert.deepEqual(chatOnly, { name: "team", url, completionModel: "none", chatModel: "talker" });
    assert.equal(modelsText(chatOnly), "talker (chat only)");
    const suggestionsOnly = profileOf("team", url, { model: "coder", way }, undefined);
    assert.deepEqual(suggestionsOnly, {
      name: "team",
      url,
      completionModel: "coder",
      fim: "infill",
      chatModel: "none",
    });
    assert.equal(modelsText(suggestionsOnly), "coder (suggestions only)");
    assert.equal(modelsText(profileOf("team", url, { model: "m", way }, { model: "m" })), "m");
  });

  it("gets no code for suggestions; the engine completes, the server chats", async () => {
    await using server = await FakeRoutesServer.start(llamaServer(coder));
    const profile = { url: `${server.origin}/v1`, completionModel: "none", chatModel: coder.id };
    const client = await clientOf(profile, true);
    assert.equal(await text(client.complete(request, never)), "here");
    assert.deepEqual(await client.prefill(request, never), []);
    assert.equal(server.requests.length, 0);
    assert.equal(await text(client.chat(question, never)), "Hello!");
    assert.deepEqual(
      server.requests.map(({ route, body }) => [route, body["model"]]),
      [["POST /v1/chat/completions", coder.id]],
    );
  });

  it("gets no questions; the engine chats, the server completes", async () => {
    await using server = await FakeRoutesServer.start(llamaServer(coder));
    const profile = {
      url: `${server.origin}/v1`,
      completionModel: coder.id,
      fim: "infill",
      chatModel: "none",
    };
    const client = await clientOf(profile, true);
    assert.equal(await text(client.chat(question, never)), "here");
    assert.equal(server.requests.length, 0);
    assert.equal(await text(client.complete(request, never)), "a + b");
  });

  it("is said to be missing where nothing on this machine may answer", async () => {
    await using server = await FakeRoutesServer.start(llamaServer(talker));
    const client = await clientOf({ url: `${server.origin}/v1`, completionModel: "none" }, false);
    await assert.rejects(text(client.complete(request, never)), { code: "no-model" });
    assert.equal(server.requests.length, 0);
    assert.equal(await text(client.chat(question, never)), "Hello!");
    assert.ok(server.requests.every(({ route }) => !/infill|v1\/completions/.test(route)));
  });
});
