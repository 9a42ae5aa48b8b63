import assert from "node:assert/strict";
import { Emitter } from "../../../src/base/emitter.ts";
import { silentLog } from "../../../src/base/log.ts";
import { EngineContext, type EngineContextParts } from "../../../src/editor/engineContext.ts";
import { EngineAnswer } from "../../../src/model/engineAnswer.ts";
import type { EngineState } from "../../../src/model/engineProcess.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

describe("EngineContext", () => {
  let health: () => Promise<object>;
  let state: EngineState;
  const busy = new Emitter<boolean>();
  const failures = new Emitter<void>();
  const states = new Emitter<EngineState>();
  let context: EngineContext;
  let clock: FakeClock;

  beforeEach(() => {
    state = { type: "ready" };
    clock = new FakeClock();
    health = async () => ({ status: "ready", context_size: 2048 });
    const engine: EngineContextParts["engine"] = {
      get state() {
        return state;
      },
      onState: states.listen,
      ask: async (request) => {
        assert.deepEqual(request, { method: "GET", path: "/health" });
        const answer = new EngineAnswer(200, () => assert.fail("given up"));
        answer.add(JSON.stringify(await health()));
        answer.end();
        return answer;
      },
    };
    context = new EngineContext({
      engine,
      backend: { onBusy: busy.listen, onFailure: failures.listen },
      clock,
      log: silentLog,
    });
  });
  afterEach(() => context.dispose());

  async function requestEnds(afterMs = 30_000, fails = false): Promise<number | undefined> {
    clock.advance(afterMs);
    busy.fire(true);
    if (fails) failures.fire();
    busy.fire(false);
    await context.settled;
    return context.tokens;
  }

  it("is what the engine says after a request, and what it says after the next", async () => {
    assert.equal(context.tokens, undefined);
    assert.equal(await requestEnds(), 2048);
    health = async () => ({ status: "ready", context_size: 6144 });
    assert.equal(await requestEnds(), 6144);
  });

  it("stays as it was where the model is not loaded or the engine does not answer", async () => {
    health = async () => ({ status: "unloaded" });
    assert.equal(await requestEnds(), undefined);
    health = async () => ({ context_size: 3072 });
    await requestEnds();
    health = async () => {
      throw new Error("gone");
    };
    assert.equal(await requestEnds(), 3072);
  });

  it("is asked at once after a request that failed", async () => {
    await requestEnds();
    health = async () => ({ context_size: 4096 });
    assert.equal(await requestEnds(1_000, true), 4096);
    health = async () => ({ context_size: 6144 });
    assert.equal(await requestEnds(1_000), 4096);
  });

  it("does not take what an engine says that is gone meanwhile", async () => {
    health = async () => {
      state = { type: "starting" };
      return { context_size: 4096 };
    };
    assert.equal(await requestEnds(), undefined);
  });

  it("is asked again after a while only, and at once where another engine runs", async () => {
    await requestEnds();
    health = async () => ({ context_size: 4096 });
    assert.equal(await requestEnds(29_000), 2048);
    assert.equal(await requestEnds(1_000), 4096);
    health = async () => ({ context_size: 6144 });
    states.fire({ type: "starting" });
    assert.equal(context.tokens, undefined);
    assert.equal(await requestEnds(0), 6144);
  });

  it("is unknown with another engine, and starts none to ask", async () => {
    await requestEnds();
    state = { type: "stopped" };
    health = async () => assert.fail("it was started");
    states.fire(state);
    assert.equal(await requestEnds(), undefined);
  });
});
