import assert from "node:assert/strict";
import { prefixLength, WorkLog } from "../../../src/engine/workLog.ts";
import { unitVocabulary } from "./fakeRuntime.ts";

const begun = { lane: "completion", decodes: true, promptTokens: 9, prefixTokens: 5, reused: 4 } as const;

describe("WorkLog", () => {
  it("numbers what begins, shows what is changed later, and tells what is not known yet", () => {
    const log = new WorkLog();
    const first = log.begin(begun);
    log.begin(begun);
    first.evaluated = 5;
    assert.deepEqual(
      log.after(0).map(({ number, evaluated }) => [number, evaluated]),
      [
        [1, 5],
        [2, 0],
      ],
    );
    assert.deepEqual(
      log.after(1).map(({ number }) => number),
      [2],
    );
  });

  it("stays bounded", () => {
    const log = new WorkLog();
    for (let count = 0; count < 5_000; count++) log.begin(begun);
    assert.ok(log.after(0).length <= 2_000);
    assert.equal(log.after(4_999).length, 1);
  });
});

describe("prefixLength", () => {
  const { fim } = unitVocabulary;
  it("ends an infill prompt at its suffix, and another one at its end", () => {
    if (!fim || fim.middle === null) throw new Error("the vocabulary can fill in");
    assert.equal(prefixLength([fim.prefix, 1, 2, fim.suffix, 3, fim.middle], fim), 3);
    assert.equal(prefixLength([1, 2, 3], fim), 3);
    assert.equal(prefixLength([fim.suffix, 3, fim.prefix, 1, 2], { ...fim, middle: null }), 5);
    assert.equal(prefixLength([1, 2], undefined), 2);
  });
});
