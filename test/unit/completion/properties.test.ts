import assert from "node:assert/strict";
import fc from "fast-check";
import { outcomeText } from "../../../src/completion/outcomeText.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { bench, documentAt, queryAt } from "./pipelineBench.ts";

const at = (typed: string) =>
  queryAt(documentAt(`export function clamp(value: number) {\n  ${typed}⟦⟧\n}\n`));
const kinds = ["typing", "delete", "paste", "undo", "redo", "accept"] as const;
const key = fc.record({
  typed: fc.constantFrom("", "r", "re", "ret", "return ", "return M", "x", "return a;", "return a;\n  "),
  trigger: fc.constantFrom("automatic" as const, "automatic" as const, "explicit" as const),
  kind: fc.constantFrom("typing" as const, ...kinds),
  withdraws: fc.boolean(),
  waitMs: fc.constantFrom(0, 20, 60, 200, 1_000),
  /** Characters that the model writes meanwhile. */
  writes: fc.nat(12),
});

describe("the pipeline, whatever the user and the model do", () => {
  it("ends each request in exactly one outcome and holds at most one generation", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { minLength: 1, maxLength: 14 }),
        fc.constantFrom("return a;\n  more();\n}\n", "", "\n", ")))", "return Math.min(value"),
        fc.constantFrom("well", "fails", "slow", "slowFails"),
        async (keys, raw, behaviour) => {
          const { service, clock, settle, model } = bench(() => raw);
          if (behaviour.toLowerCase().includes("fails")) {
            model.fail = new ModelError("server-error", "No.", "Try again.");
            model.failsFor = ({ prefix }) => prefix.length % 2 === 0;
          }
          model.stepwise = behaviour.startsWith("slow");
          model.slowPrefill = behaviour.startsWith("slow");
          const results: ReturnType<typeof service.provide>[] = [];
          for (const { typed, trigger, kind, withdraws, waitMs, writes } of keys) {
            const controller = new AbortController();
            const situation = { cursorCount: 1, hasSelection: false, lastChange: { kind, stale: false } };
            results.push(service.provide({ ...at(typed), trigger, situation }, controller.signal));
            await settle();
            clock.advance(waitMs);
            await settle();
            model.step(writes);
            await settle();
            if (withdraws) controller.abort();
          }
          for (let turn = 0; turn < 60; turn++) {
            clock.advance(400);
            await settle();
            model.step(40);
          }
          const ended = await Promise.all(results);
          assert.equal(service.traces.length, keys.length);
          assert.equal(new Set(service.traces.map(({ id }) => id)).size, keys.length);
          for (const { outcome, suggestions } of ended) {
            assert.equal(outcome.kind === "shown", suggestions.length > 0);
            assert.match(outcomeText(outcome), /\.$/);
          }
          assert.ok(model.mostRunning <= 1, `${model.mostRunning} generations at once`);
          service.dispose();
          await settle();
          assert.equal(model.running, 0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("never asks the model while the shown text is typed through", async () => {
    const line = fc
      .array(fc.constantFrom("value", "min", "(", ")", ".", ", ", " + ", "🎉", "'", "[0]"), {
        minLength: 1,
        maxLength: 8,
      })
      .map((parts) => `return ${parts.join("")};`);
    await fc.assert(
      fc.asyncProperty(line, async (raw) => {
        const { ask, model, service } = bench(() => raw);
        const { suggestions } = await ask(at(""));
        const text = suggestions[0]?.text ?? "";
        const requests = model.requests.length;
        for (let typed = 1; typed < text.length; typed++) {
          if (text.slice(typed).trim() === "") break;
          const { outcome } = await service.provide(at(text.slice(0, typed)), new AbortController().signal);
          assert.equal(outcome.kind, "shown");
        }
        assert.equal(model.requests.length, requests);
      }),
      { numRuns: 60 },
    );
  });
});
