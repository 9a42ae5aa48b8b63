import assert from "node:assert/strict";
import { silentLog } from "../../../src/base/log.ts";
import { ApiError } from "../../../src/engine/apiError.ts";
import { ModelHolder } from "../../../src/engine/modelHolder.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { ScriptedRuntime } from "./fakeRuntime.ts";

class CountedRuntime extends ScriptedRuntime {
  disposed = 0;
  override async dispose(): Promise<void> {
    this.disposed++;
  }
}

describe("the engine's model holder", () => {
  const idleUnloadMs = 1000;
  let clock: FakeClock;
  let loaded: CountedRuntime[];
  let failure: ApiError | undefined;
  let holder: ModelHolder;
  beforeEach(() => {
    clock = new FakeClock();
    loaded = [];
    failure = undefined;
    const load = async (): Promise<CountedRuntime> => {
      if (failure) throw failure;
      const runtime = new CountedRuntime("x");
      loaded.push(runtime);
      return runtime;
    };
    holder = new ModelHolder(load, { idleUnloadMs, clock, log: silentLog });
  });

  it("loads at the first use, once for all that wait", async () => {
    assert.equal(holder.state, "unloaded");
    const uses = [holder.use((runtime) => runtime), holder.use((runtime) => runtime)];
    assert.equal(holder.state, "loading");
    const [first, second] = await Promise.all(uses);
    assert.equal(first, second);
    assert.equal(holder.state, "ready");
    assert.equal(loaded.length, 1);
  });

  it("unloads when nobody used it for a while, and loads again", async () => {
    await holder.use(() => {});
    clock.advance(idleUnloadMs - 1);
    await holder.use(() => {});
    clock.advance(idleUnloadMs - 1);
    assert.equal(holder.state, "ready");
    clock.advance(1);
    assert.equal(holder.state, "unloaded");
    await holder.use(() => {});
    assert.deepEqual(
      loaded.map(({ disposed }) => disposed),
      [1, 0],
    );
  });

  it("stays loaded while it is used", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const use = holder.use(() => promise);
    await holder.use(() => {});
    clock.advance(10 * idleUnloadMs);
    assert.equal(holder.state, "ready");
    resolve();
    await use;
    clock.advance(idleUnloadMs);
    assert.equal(loaded[0]?.disposed, 1);
  });

  it("tells why it could not load, and tries again at the next use", async () => {
    failure = new ApiError("out-of-memory", "too large");
    await assert.rejects(
      holder.use(() => {}),
      failure,
    );
    assert.equal(holder.state, "error");
    assert.equal(holder.error, failure);
    failure = undefined;
    await holder.use(() => {});
    assert.equal(holder.state, "ready");
  });
});
