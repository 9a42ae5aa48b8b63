import assert from "node:assert/strict";
import fc from "fast-check";
import { Taste, type TasteState } from "../../../src/completion/taste.ts";
import { bench, documentAt, queryAt } from "./pipelineBench.ts";

const at = (line: string) => queryAt(documentAt(`function f(list: string[]) {\n  ${line}⟦⟧\n}\n`));

describe("what is learned from the user", () => {
  it("raises the estimates of one who takes more than expected, and lowers them for one who takes less", () => {
    const taste = new Taste();
    for (let i = 0; i < 20; i++) taste.learn(taste.corrected(0.4), true);
    assert.ok(taste.corrected(0.4) > 0.5);
    for (let i = 0; i < 80; i++) taste.learn(taste.corrected(0.4), false);
    assert.ok(taste.corrected(0.4) < 0.35);
  });

  it("settles where the estimates are right", () => {
    const taste = new Taste();
    for (let i = 0; i < 4_000; i++) taste.learn(taste.corrected(0.5), i % 10 < 6);
    assert.ok(Math.abs(taste.corrected(0.5) - 0.6) < 0.06);
  });

  it("keeps the order of estimates and never makes certain of any", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (taken, p) => {
          const taste = new Taste();
          for (const each of taken) taste.learn(taste.corrected(p), each);
          const [low, middle, high] = [taste.corrected(0.2), taste.corrected(0.5), taste.corrected(0.8)];
          assert.ok(low < middle && middle < high);
          assert.ok(low > 0.05 && high < 0.95);
        },
      ),
    );
  });

  it("is kept, comes back, and is forgotten when that is wanted", () => {
    let kept: TasteState | undefined;
    const memory = {
      read: () => kept,
      write: (state: TasteState) => {
        kept = state;
      },
    };
    new Taste(memory).learn(0.5, true);
    const again = new Taste(memory);
    assert.deepEqual([again.state.shown, again.state.taken], [1, 1]);
    again.forget();
    assert.deepEqual(new Taste(memory).state, { shift: 0, shown: 0, taken: 0 });
  });

  it("counts for nothing when it comes back broken", () => {
    const read = () => ({ shift: Number.NaN, shown: "many", taken: null }) as unknown as TasteState;
    assert.equal(new Taste({ read, write: () => {} }).corrected(0.4), 0.4);
  });
});

describe("a suggestion", () => {
  const benchOf = (taste: Taste) => bench(() => "return list.at(-1);", { taste });

  it("that is accepted is learned from once", async () => {
    const taste = new Taste();
    const { ask, service } = benchOf(taste);
    const { suggestions } = await ask(at(""));
    service.accepted(suggestions[0]?.id ?? 0);
    service.accepted(suggestions[0]?.id ?? 0);
    assert.deepEqual([taste.state.shown, taste.state.taken], [1, 1]);
  });

  it("in whose place something else is typed counts as passed over", async () => {
    const taste = new Taste();
    const { ask, service } = benchOf(taste);
    await ask(at(""));
    void service.provide(at("x"), new AbortController().signal);
    void service.provide(at("xy"), new AbortController().signal);
    assert.deepEqual([taste.state.shown, taste.state.taken], [1, 0]);
  });

  it("that is typed through or left alone says nothing", async () => {
    const taste = new Taste();
    const { ask, service } = benchOf(taste);
    await ask(at(""));
    await service.provide(at("re"), new AbortController().signal);
    void service.provide(queryAt(documentAt("elsewhere(⟦⟧)\n")), new AbortController().signal);
    assert.equal(taste.state.shown, 0);
  });
});
