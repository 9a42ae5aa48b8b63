import assert from "node:assert/strict";
import { systemClock } from "../../../../src/base/clock.ts";
import { silentLog } from "../../../../src/base/log.ts";
import { TriedKey } from "../../../../src/editor/server/triedKey.ts";
import { ModelError } from "../../../../src/model/modelErrors.ts";
import type { ProbeOptions } from "../../../../src/model/probeRequests.ts";
import { identifyServer } from "../../../../src/model/serverIdentity.ts";
import { checkChat, checkCompletion } from "../../../../src/model/serverProbe.ts";
import { fimFamilies } from "../../../../src/prompt/fimTemplate.ts";
import { coder, llamaServer } from "../../../fakes/fakeKnownServers.ts";
import { FakeRoutesServer, type Routes, replyJson } from "../../../fakes/fakeRoutesServer.ts";

const never = new AbortController().signal;
const url = "https://models.example.com/v1";

/** Everybody may list the models; the rest wants the key. */
function listedForAll(routes: Routes, key: string, status: number): Routes {
  return Object.fromEntries(
    Object.entries(routes).map(([route, answer]) => [
      route,
      (request) =>
        route.startsWith("GET ") || request.headers["authorization"] === `Bearer ${key}`
          ? answer(request)
          : replyJson(status, { error: { message: "Who are you?" } }),
    ]),
  );
}

function setup(kept: string | undefined, entered: readonly (string | undefined)[]) {
  const stored: (string | undefined)[] = [kept];
  const told: string[] = [];
  const keys = {
    get: async () => stored.at(-1),
    set: async (_: string, key: string) => void stored.push(key),
  };
  const answers = [...entered];
  const key = new TriedKey(keys, url, async (text) => {
    told.push(text);
    return answers.shift();
  });
  return { key, stored, told };
}

function refusing(key: TriedKey, right: string): () => Promise<string> {
  return async () => {
    if ((await key.get()) === right) return "done";
    throw new ModelError("unauthorized", "The server refused the key.", "");
  };
}

function probing(key: TriedKey): ProbeOptions {
  return {
    fetch: (input, init) => fetch(input, init),
    apiKey: () => key.get(),
    clock: systemClock,
    log: silentLog,
    withinMs: 5000,
    families: fimFamilies,
    onStep: () => {},
  };
}

describe("a key that is tried", () => {
  for (const status of [401, 403]) {
    it(`is asked for where a server lists its models to all and says ${status} to the rest`, async () => {
      await using server = await FakeRoutesServer.start(listedForAll(llamaServer(coder), "right", status));
      const { key, stored, told } = setup(undefined, ["wrong", "right"]);
      const options = probing(key);
      const identity = await key.with(() => identifyServer(server.origin, options, never));
      assert.ok(identity);
      assert.deepEqual(told, []);
      const check = await key.with(() => checkCompletion(identity, coder.id, options, never));
      assert.equal(check?.way?.dialect, "infill");
      assert.equal((await key.with(() => checkChat(identity, coder.id, options, never)))?.works, true);
      assert.equal(told.length, 2);
      assert.match(told[1] ?? "", /does not fit/);
      assert.deepEqual(stored, [undefined, "right", "right"]);
    });

    it(`is asked for where only chat is wanted and the server says ${status} to that`, async () => {
      await using server = await FakeRoutesServer.start(listedForAll(llamaServer(coder), "right", status));
      const { key, told } = setup(undefined, ["right"]);
      const options = probing(key);
      const identity = await identifyServer(server.origin, options, never);
      assert.equal((await key.with(() => checkChat(identity, coder.id, options, never)))?.works, true);
      assert.equal(told.length, 1);
    });
  }

  it("leaves the one that was kept alone until the server has taken it", async () => {
    const { key, stored } = setup("old", ["wrong", undefined]);
    assert.equal(await key.with(refusing(key, "new")), undefined);
    assert.deepEqual(stored, ["old"]);
    const next = setup("old", ["wrong", "new"]);
    assert.equal(await next.key.with(refusing(next.key, "new")), "done");
    assert.deepEqual(next.stored, ["old", "new"]);
  });

  it("is not asked for when the kept one fits, nor kept when the run was withdrawn", async () => {
    const { key, stored, told } = setup("right", []);
    assert.equal(await key.with(refusing(key, "right")), "done");
    assert.deepEqual([stored, told], [["right"], []]);
    const withdrawn = setup("old", ["new"]);
    let runs = 0;
    const run = async (): Promise<string | undefined> => {
      if (runs++ > 0) return undefined;
      throw new ModelError("unauthorized", "m", "");
    };
    assert.equal(await withdrawn.key.with(run), undefined);
    assert.deepEqual(withdrawn.stored, ["old"]);
  });

  it("passes other failures on", async () => {
    const { key, told } = setup("old", []);
    const failing = (): Promise<string> => Promise.reject(new ModelError("timeout", "m", ""));
    await assert.rejects(key.with(failing), { code: "timeout" });
    assert.deepEqual(told, []);
  });
});
