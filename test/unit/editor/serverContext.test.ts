import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { Emitter } from "../../../src/base/emitter.ts";
import { silentLog } from "../../../src/base/log.ts";
import { chatServer, ServerContext } from "../../../src/editor/serverContext.ts";
import type { MachineSettings } from "../../../src/editor/settingValues.ts";

describe("ServerContext", () => {
  const busy = new Emitter<boolean>();
  let context: ServerContext;
  let url: string | undefined;
  let asked: string[];
  let answer: () => Response;

  beforeEach(() => {
    url = "http://one.invalid/v1";
    asked = [];
    answer = () => Response.json({ default_generation_settings: { n_ctx: 4096 } });
    const asking = {
      model: "m",
      apiKey: async () => undefined,
      clock: systemClock,
      withinMs: 5000,
      fetch: async (input: string | URL | Request) => {
        asked.push(String(input));
        return answer();
      },
    };
    const server = () => (url === undefined ? undefined : { ...asking, url });
    context = new ServerContext({ server, backend: { onBusy: busy.listen }, log: silentLog });
  });
  afterEach(() => context.dispose());

  async function requestEnds(): Promise<number | undefined> {
    busy.fire(true);
    busy.fire(false);
    await context.settled;
    return context.tokens;
  }

  it("is what the server says once it has been asked for something, and is asked for once", async () => {
    assert.equal(context.tokens, undefined);
    assert.deepEqual(asked, []);
    assert.equal(await requestEnds(), 4096);
    assert.equal(await requestEnds(), 4096);
    assert.deepEqual(asked, ["http://one.invalid/props"]);
  });

  it("is not that of another server, or of none", async () => {
    await requestEnds();
    url = "http://two.invalid/v1";
    assert.equal(context.tokens, undefined);
    answer = () => Response.json({ default_generation_settings: { n_ctx: 2048 } });
    assert.equal(await requestEnds(), 2048);
    url = undefined;
    assert.equal(await requestEnds(), undefined);
    assert.equal(asked.length, 2);
  });

  it("is asked for again where the server did not tell, or broke", async () => {
    answer = () => Response.json({});
    assert.equal(await requestEnds(), undefined);
    answer = () => assert.fail("reset");
    assert.equal(await requestEnds(), undefined);
    answer = () => Response.json({ default_generation_settings: { n_ctx: 4096 } });
    assert.equal(await requestEnds(), 4096);
  });

  it("is no longer asked for where the server never tells", async () => {
    answer = () => Response.json({});
    for (let n = 0; n < 5; n++) assert.equal(await requestEnds(), undefined);
    assert.equal(asked.length, 3 * 5);
  });
});

describe("chatServer", () => {
  const keys = { get: async (url: string) => `key of ${url}` };
  const of = (server: Partial<MachineSettings["server"]>, backend: MachineSettings["backend"] = "server") =>
    chatServer({ backend, server: { profiles: [], fallback: "none", ...server } }, keys, systemClock);

  it("is the server with the model that answers there, unless the chat is left to another", async () => {
    const url = "http://one.invalid/v1";
    assert.equal(of({}), undefined);
    assert.equal(of({ url }, "embedded"), undefined);
    assert.equal(of({ url, chatModel: "none" }), undefined);
    assert.equal(of({ url })?.model, undefined);
    assert.equal(of({ url, completionModel: "a" })?.model, "a");
    assert.equal(of({ url, completionModel: "none", chatModel: "b" })?.model, "b");
    assert.equal(await of({ url, completionModel: "none" })?.apiKey(), `key of ${url}`);
  });
});
