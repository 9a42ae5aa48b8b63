import assert from "node:assert/strict";
import { silentLog } from "../../../src/base/log.ts";
import { Power } from "../../../src/editor/power.ts";
import type { MachineSettings } from "../../../src/editor/settingValues.ts";
import type { PowerSource } from "../../../src/model/powerSource.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

function made(onBattery: MachineSettings["onBattery"]) {
  const state: { source: PowerSource; reads: number; fails: boolean } = {
    source: "battery",
    reads: 0,
    fails: false,
  };
  const clock = new FakeClock();
  const read = async (): Promise<PowerSource> => {
    state.reads++;
    if (state.fails) throw new Error("no such program");
    return state.source;
  };
  const power = new Power({ read, onBattery: () => onBattery, clock, log: silentLog });
  const later = async (ms: number) => {
    clock.advance(ms);
    power.saving();
    await new Promise((resolve) => setImmediate(resolve));
    return power.saving();
  };
  return { state, power, later };
}

describe("saving on battery", () => {
  it("begins once the battery is seen and ends with the plug", async () => {
    const { state, later } = made("quiet");
    assert.equal(await later(0), "quiet");
    state.source = "mains";
    assert.equal(await later(1_000), "quiet");
    assert.equal(state.reads, 1, "not asked at every key");
    assert.equal(await later(61_000), "nothing");
  });

  it("asks nothing where the setting makes no difference", async () => {
    const { state, later } = made("same");
    assert.equal(await later(0), "nothing");
    assert.equal(state.reads, 0);
  });

  it("saves nothing where the source cannot be read, and asks once", async () => {
    const { state, later } = made("off");
    state.fails = true;
    assert.equal(await later(0), "nothing");
    assert.equal(await later(200_000), "nothing");
    assert.equal(state.reads, 1);
  });
});
