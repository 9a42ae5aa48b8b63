import assert from "node:assert/strict";
import {
  engineSpeed,
  evaluatedBeyond,
  flickers,
  frames,
  modelMs,
  pauses,
  typedThrough,
} from "../../../../bench/replay/measures.ts";
import type { Played } from "../../../../bench/replay/player.ts";
import type { EngineWork } from "../../../../src/engine/protocol.ts";

const ghosts = (...states: readonly (readonly [at: number, text: string])[]) =>
  states.map(([at, text]) => ({ at, text }));

function request(more: Partial<EngineWork>): EngineWork {
  return {
    number: 1,
    lane: "completion",
    decodes: true,
    startedAt: 0,
    promptTokens: 100,
    prefixTokens: 80,
    reused: 0,
    evaluated: 100,
    decoded: 0,
    ...more,
  };
}

function played(more: Partial<Played>): Played {
  return {
    id: "a",
    ghosts: ghosts([0, ""]),
    keys: [],
    steps: [],
    traces: [],
    work: [],
    decodedUsed: 0,
    decodedKept: 0,
    hostCpuSeconds: 0,
    hostResidentBytes: 0,
    text: "",
    ...more,
  };
}

const speed = { prefill: 100, decode: 10 };

describe("ghost text in frames", () => {
  it("joins what one frame paints, and counts what goes away and comes back", () => {
    const states = frames(ghosts([0, ""], [100, "one"], [105, "one\ntwo"], [300, ""], [320, "one\ntwo"]));
    assert.deepEqual(
      states.map(({ text }) => text),
      ["", "one\ntwo", "", "one\ntwo"],
    );
    assert.equal(flickers(states), 1);
  });

  it("is no flicker when other text comes", () => {
    assert.equal(flickers(frames(ghosts([0, "one"], [100, ""], [200, "two"]))), 0);
  });

  it("is one when the text comes back behind what was typed of it, and none when something else was typed", () => {
    const states = frames(ghosts([0, "pop(): Item"], [100, ""], [500, "(): Item"]));
    const typing = (text: string) => [...text].map((key, index) => ({ at: 50 + index, key }));
    assert.equal(flickers(states, typing("pop")), 1);
    assert.equal(flickers(states, typing("peek")), 0);
    assert.equal(flickers(states, [{ at: 50, key: "Backspace" }]), 1);
    assert.equal(flickers(states, [{ at: 49, key: "Shift" }, ...typing("peek")]), 0);
    const late = frames(ghosts([0, "op(): Item"], [100, ""], [500, "foo(); op(): Item"]));
    assert.equal(flickers(late, typing("bar")), 0);
    const back = frames(ghosts([0, "op(): Item"], [100, ""], [500, "p(): Item"]));
    assert.equal(flickers(back, [{ at: -5, changedAt: 5, key: "o" }]), 1);
  });

  it("is none where a key that the text does not say is typed and taken back", () => {
    const states = frames(ghosts([0, ".filter(all)"], [100, ""], [1_900, ".filter(all)"]));
    const wrong = { at: 95, changedAt: 100, key: "#" };
    const back = { at: 1_880, changedAt: 1_890, key: "Backspace" };
    assert.equal(flickers(states, [wrong, back]), 0);
    assert.equal(flickers(states, [{ ...wrong, key: "Backspace" }, back]), 1);
    assert.equal(flickers(states, [{ ...wrong, key: "." }, back]), 1);
  });
});

describe("a pause", () => {
  const keys = [{ at: 1_000, key: "x" }];
  const pause = { kind: "pause", label: "p", asks: 3, from: 1_001, to: 5_000 } as const;

  it("tells the time without the editor's wait and without what the model did after the key", () => {
    const work = [
      request({ startedAt: 1_100, promptAt: 1_300, endedAt: 1_500, reused: 90, evaluated: 10, decoded: 3 }),
    ];
    const [measure] = pauses(
      played({ keys, work, steps: [pause], ghosts: ghosts([900, ""], [1_600, "text"]) }),
      speed,
    );
    assert.equal(measure?.visibleMs, 600);
    assert.equal(measure?.source, "warm");
    assert.equal(measure?.modelMs, 100 + 300);
    assert.equal(measure?.overheadMs, 600 - 50 - 400);
    assert.equal(measure?.decodes, 1);
  });

  it("is cold where most of the prompt was evaluated in it", () => {
    const work = [request({ startedAt: 1_100, promptAt: 1_300, endedAt: 1_500 })];
    const seen = played({ keys, work, steps: [pause], ghosts: ghosts([900, ""], [1_600, "text"]) });
    assert.equal(pauses(seen, speed)[0]?.source, "cold");
  });

  it("is a rest where the text was held back until nobody typed on, which is no overhead", () => {
    const trace = {
      at: 1_060,
      outcome: { kind: "shown", source: "model", text: "text" },
      stages: [{ name: "rest", ms: 500 }],
    };
    const seen = played({
      keys,
      traces: [trace as unknown as Played["traces"][number]],
      steps: [pause],
      ghosts: ghosts([900, ""], [1_900, "text"]),
    });
    const [measure] = pauses(seen, speed);
    assert.deepEqual([measure?.source, measure?.visibleMs, measure?.overheadMs], ["rested", 900, undefined]);
  });

  it("carries what was shown before the key, and has no time where nothing comes", () => {
    const carried = played({ keys, steps: [pause], ghosts: ghosts([900, "text"], [1_010, "ext"]) });
    assert.deepEqual(
      [pauses(carried, speed)[0]?.source, pauses(carried, speed)[0]?.visibleMs],
      ["typed-through", 10],
    );
    assert.equal(pauses(played({ keys, steps: [pause] }), speed)[0]?.visibleMs, undefined);
  });

  it("counts what comes after something was taken as new", () => {
    const taken = played({
      keys: [{ at: 1_000, key: "Tab" }],
      steps: [pause],
      ghosts: ghosts([900, "text"], [1_020, ""], [1_400, "more"]),
    });
    assert.equal(pauses(taken, speed)[0]?.visibleMs, 400);
  });
});

describe("typing through", () => {
  const step = { kind: "typeGhost", text: "ab", shown: "abc", delays: [1, 1], from: 0, to: 400 } as const;
  const keys = [
    { at: 100, key: "a" },
    { at: 200, key: "b" },
  ];
  it("sees each key after which the text was away", () => {
    const kept = played({ steps: [step], keys, ghosts: ghosts([0, "abc"], [110, "bc"], [210, "c"]) });
    assert.deepEqual(typedThrough(kept), { keys: 2, blank: 0, decodes: 0 });
    const away = played({
      steps: [step],
      keys,
      ghosts: ghosts([0, "abc"], [110, ""], [150, "bc"], [210, "c"]),
    });
    assert.equal(typedThrough(away).blank, 1);
  });
});

describe("what requests of one line evaluate", () => {
  it("is measured beyond new tokens and the suffix", () => {
    const work = [
      request({ number: 1 }),
      request({ number: 2, startedAt: 9, promptTokens: 103, prefixTokens: 83, reused: 79, evaluated: 24 }),
      request({ number: 3, startedAt: 9, promptTokens: 103, prefixTokens: 83, reused: 0, evaluated: 103 }),
    ];
    const keys = [..."abc"].map((key, index) => ({ at: index + 1, key }));
    assert.deepEqual(evaluatedBeyond(played({ work, keys })), [1, 83]);
  });

  it("does not hold against a request what one before it was cut short in", () => {
    const work = [
      request({ number: 1, evaluated: 30 }),
      request({ number: 2, startedAt: 9, promptTokens: 101, prefixTokens: 81, reused: 30, evaluated: 71 }),
    ];
    assert.deepEqual(evaluatedBeyond(played({ work, keys: [{ at: 5, key: "a" }] })), [0]);
  });

  it("leaves out what is for the place behind a suggestion, where more is new than was typed", () => {
    const work = [
      request({ number: 1 }),
      request({ number: 2, startedAt: 5, promptTokens: 190, prefixTokens: 90, reused: 10, evaluated: 180 }),
      request({ number: 3, startedAt: 6, promptTokens: 60, prefixTokens: 40, reused: 10, evaluated: 50 }),
      request({ number: 4, startedAt: 9, promptTokens: 101, prefixTokens: 81, reused: 80, evaluated: 21 }),
    ];
    assert.deepEqual(evaluatedBeyond(played({ work, keys: [{ at: 7, key: "a" }] })), [0]);
  });

  it("is not compared across lines", () => {
    const work = [request({ number: 1 }), request({ number: 2, startedAt: 50 })];
    assert.deepEqual(evaluatedBeyond(played({ work, keys: [{ at: 20, key: "Enter" }] })), []);
  });
});

describe("the engine's speed", () => {
  it("comes from whole batches and the tokens behind the first", () => {
    const work = [
      request({ startedAt: 0, promptAt: 1_000, endedAt: 1_500, evaluated: 100, decoded: 6 }),
      request({ startedAt: 0, promptAt: 500, endedAt: 500, evaluated: 5, decoded: 1 }),
    ];
    assert.deepEqual(engineSpeed(work), { prefill: 100, decode: 10 });
  });

  it("counts only what falls between two times", () => {
    const work = [request({ startedAt: 0, promptAt: 1_000, endedAt: 1_000 })];
    assert.equal(modelMs(work, speed, 500, 2_000), 500);
    assert.equal(modelMs(work, speed, 1_500, 2_000), 0);
  });
});
