import assert from "node:assert/strict";
import type { CompletionResult } from "../../../src/completion/completionApi.ts";
import { bench, documentAt, queryAt } from "./pipelineBench.ts";

const source = Array.from(
  { length: 12 },
  (_, index) =>
    `export function compute${index}(values: number[]) {\n  const total${index} = values.reduce((sum, value) => sum + value, ${index});\n  if (total${index} > ${index * 7}) {\n    report(total${index}, "large");\n  }\n  return total${index} / values.length;\n}\n\n`,
).join("");
const tickMs = 10;
/** The editor itself waits so long after a key before it asks. */
const editorTicks = 5;

interface Typist {
  /** Ticks until the next key, given what has been typed. */
  readonly pause: (typed: string) => number;
  /** Whether the model knows what comes at this place. */
  readonly knows: (line: number) => boolean;
  readonly takes: boolean;
}

/** Types `source` as an editor would report it, with a model that writes a character per tick. */
async function replay({ pause, knows, takes }: Typist) {
  const made = bench(({ prefix }) => {
    const truth = source.slice(prefix.length);
    return knows(prefix.split("\n").length) ? truth : `wrong_${prefix.length}(value);\n  more(value);\n`;
  });
  const { service, clock, model } = made;
  model.stepwise = true;
  let typed = source.slice(0, source.indexOf("{") + 1);
  let keys = 0;
  let kind: "typing" | "accept" = "typing";
  const tick = async () => {
    clock.advance(tickMs);
    model.step(1);
    for (let turn = 0; turn < 12; turn++) await Promise.resolve();
  };
  let controller = new AbortController();
  let shown: CompletionResult | undefined;
  while (typed.length < source.length) {
    controller.abort();
    controller = new AbortController();
    const { signal } = controller;
    shown = undefined;
    for (let ticks = pause(typed); ticks > 0; ticks--) {
      await tick();
      if (ticks === pause(typed) - editorTicks) {
        const situation = { cursorCount: 1, hasSelection: false, lastChange: { kind, stale: false } };
        const query = queryAt(documentAt(`${typed}⟦⟧`), { situation });
        void service.provide(query, signal).then((result) => {
          if (!signal.aborted) shown = result;
        });
      }
    }
    const { id, text } = (shown as CompletionResult | undefined)?.suggestions[0] ?? { id: -1, text: "" };
    const isRight = text !== "" && source.startsWith(text, typed.length);
    if (takes && isRight) service.accepted(id);
    kind = takes && isRight ? "accept" : "typing";
    typed += takes && isRight ? text : (source[typed.length] ?? "");
    keys++;
  }
  service.dispose();
  return { keys, requests: model.requests.length, ...service.work };
}

/** Fast within a line, a look around at its start and now and then within it. */
const human = (typed: string) =>
  typed.endsWith("\n") ? 90 : typed.endsWith(" = ") ? 70 : 11 + (typed.length % 4);

describe("typing replays", () => {
  it("waste less than 30 % of what is generated when the user types all of it", async () => {
    const { requests, decoded, used, keys } = await replay({
      pause: human,
      knows: (line) => line % 3 !== 0,
      takes: false,
    });
    const wasted = (decoded - used) / decoded;
    assert.ok(wasted < 0.3, `${decoded - used} of ${decoded} wasted in ${requests} requests, ${keys} keys`);
    assert.ok(requests < keys / 4, `${requests} requests for ${keys} keys`);
  });

  it("waste less than 30 % when the user takes what is right", async () => {
    const { requests, decoded, used, keys } = await replay({
      pause: human,
      knows: (line) => line % 3 !== 0,
      takes: true,
    });
    const wasted = (decoded - used) / decoded;
    assert.ok(wasted < 0.3, `${decoded - used} of ${decoded} wasted in ${requests} requests, ${keys} keys`);
  });

  it("start nothing while the user types without a pause", async () => {
    const { requests, keys } = await replay({ pause: () => 9, knows: () => true, takes: false });
    assert.ok(requests <= keys / 40, `${requests} requests for ${keys} keys`);
  });
});
