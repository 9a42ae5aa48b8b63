import assert from "node:assert/strict";
import { silentLog } from "../../../src/base/log.ts";
import { RequestBuilder } from "../../../src/completion/requestBuilder.ts";
import { Speed } from "../../../src/completion/speed.ts";
import { StreamCost } from "../../../src/completion/streamCost.ts";
import { WorkMeter } from "../../../src/completion/workMeter.ts";
import { usageOf } from "../../../src/model/completionEvents.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { bench, defaultSettings, documentAt, queryAt } from "./pipelineBench.ts";

const usage = (prefill: number, decode: number) => ({
  promptTokens: 500,
  cachedPromptTokens: 100,
  promptMs: (400 * 1_000) / prefill,
  completionTokens: 20,
  decodeMs: (20 * 1_000) / decode,
});

describe("Speed", () => {
  it("takes a slow machine for granted until it knows better, and follows changes", () => {
    const speed = new Speed();
    assert.equal(speed.isKnown, false);
    assert.ok(speed.prefill <= 100 && speed.decode <= 15);
    speed.learn(usage(200, 30));
    assert.deepEqual([speed.prefill, Math.round(speed.decode)], [200, 30]);
    for (let times = 0; times < 20; times++) speed.learn(usage(80, 10));
    assert.ok(speed.prefill < 90 && speed.decode < 11);
    assert.ok(Math.abs(speed.predictMs(80, 10) - 2_000) < 100);
  });

  it("learns nothing from a request that the cache answered", () => {
    const speed = new Speed();
    speed.learn({
      promptTokens: 500,
      cachedPromptTokens: 499,
      promptMs: 25,
      completionTokens: 2,
      decodeMs: 1,
    });
    assert.equal(speed.isKnown, false);
    assert.ok(speed.prefill <= 100);
  });
});

describe("what a stream costs", () => {
  const costOf = (...times: readonly number[]) => {
    const cost = new StreamCost();
    for (const time of times) cost.came(time);
    return cost;
  };

  it("is told by when its tokens came, and those that came together were drafted", () => {
    const each = costOf(1_000, 1_040, 1_080, 1_120).usage(4);
    assert.deepEqual(each, { completionTokens: 4, decodeMs: 160 });
    const drafted = costOf(1_000, 1_040, 1_040.2, 1_040.4, 1_040.6, 1_080).usage(6);
    assert.deepEqual(drafted, { completionTokens: 6, decodeMs: 240 });
    const late = costOf(1_000, 1_080, 1_080.2, 1_120).usage(4);
    assert.deepEqual(late, { completionTokens: 4, decodeMs: 160 }, "two that waited for a busy host");
  });

  it("is not known of one step, and the backend knows better", () => {
    const cost = costOf(1_000, 1_000.1, 1_000.2);
    assert.deepEqual(cost.usage(3), { completionTokens: 3 });
    cost.told({ decodeMs: 9 });
    assert.deepEqual(cost.usage(3), { completionTokens: 3, decodeMs: 9 });
  });

  it("counts what came out of drafts as if each token had been written alone", () => {
    const timings = { predicted_n: 9, predicted_ms: 90, draft_n: 9, draft_n_accepted: 8 };
    const speed = new Speed();
    speed.learn(usageOf({ timings }));
    assert.ok(speed.decode > 20 && speed.decode < 40, `${speed.decode}`);
    assert.equal(usageOf({ timings: { ...timings, draft_n: 0, draft_n_accepted: 0 } }).decodeMs, 90);
    assert.equal(usageOf({ timings: { predicted_n: 9, predicted_ms: 90 } }).decodeMs, 90);
  });
});

describe("sizes of a request", () => {
  const document = documentAt(
    `${"const value = compute(1, 2, 3);\n".repeat(300)}⟦⟧\n${"more();\n".repeat(60)}`,
  );
  const built = async (prefill: number, decode: number, targetLatencyMs = 500) => {
    const requests = new RequestBuilder([], new FakeClock(), silentLog);
    const settings = { ...defaultSettings, targetLatencyMs };
    const signal = new AbortController().signal;
    const first = await requests.build(document, settings, () => true, signal);
    requests.learn({ ...first, prefix: "", suffix: "" }, usage(prefill, decode));
    // The window is placed anew in another file.
    const request = await requests.build(
      { ...document, uri: "file:///w/b.ts" },
      settings,
      () => true,
      signal,
    );
    return { ...request, blockTokens: requests.maxTokens("block", settings) };
  };

  it("follow what the machine can do in time", async () => {
    const slow = await built(40, 5);
    const fast = await built(2_000, 100);
    assert.ok(slow.prefix.length < fast.prefix.length);
    assert.ok(slow.suffix.length < fast.suffix.length);
    assert.ok(slow.blockTokens < fast.blockTokens);
  });

  it("spend what the target leaves on the suffix", async () => {
    assert.ok((await built(200, 33, 300)).suffix.length < (await built(200, 33, 1_000)).suffix.length);
  });
});

describe("an answer that comes far too late", () => {
  it("is not shown, but kept for the next key", async () => {
    const { service, clock, settle, model } = bench(() => "return value;");
    const query = queryAt(documentAt("function f(value: number) {\n  ⟦⟧\n}\n"));
    model.stepwise = true;
    const asked = service.provide(query, new AbortController().signal);
    await settle();
    clock.advance(400);
    await settle();
    clock.advance(30_000);
    model.stepwise = false;
    model.step();
    assert.deepEqual((await asked).outcome, { kind: "silent", reason: "too-late" });
    await settle();
    const next = await service.provide(query, new AbortController().signal);
    assert.deepEqual(next.outcome, { kind: "shown", source: "cache", text: "return value;" });
  });
});

describe("WorkMeter", () => {
  it("allows a first risk, forbids more while it is wasted, and allows again when it pays", () => {
    const meter = new WorkMeter();
    assert.ok(meter.mayRisk(40));
    meter.spent({ completionTokens: 300 });
    assert.ok(!meter.mayRisk(40));
    meter.used(250);
    assert.ok(meter.mayRisk(40));
    meter.kept(40);
    assert.deepEqual(meter.figures, { decoded: 300, used: 250, kept: 40, evaluated: 0, reused: 0 });
  });
});
