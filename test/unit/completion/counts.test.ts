import assert from "node:assert/strict";
import { seeded } from "../../../bench/replay/scenario.ts";
import type { CompletionResult } from "../../../src/completion/completionApi.ts";
import type { FimRequest } from "../../../src/model/modelClient.ts";
import { bench, documentAt, queryAt } from "./pipelineBench.ts";

/** The editor itself waits so long after a key before it asks. */
const editorMs = 50;
const tickMs = 5;
/** A model that writes 25 tokens of four characters a second. */
const ticksPerCharacter = 2;

const head = `interface Order {\n  id: string;\n  total: number;\n}\n\nexport const orders: Order[] = [];\n\n`;
const line =
  "export function paidTotal(): number { return orders.reduce((sum, order) => sum + order.total, 0); }";
const below = "\n\nexport function second(): void {}\n";

interface Delays {
  readonly low: number;
  readonly high: number;
}

/** Types into a document as an editor would report it, with a model that writes the truth in its own time. */
class Typist {
  readonly made = bench(({ prefix, lead = "" }) => lead + this.#truth.slice(this.#lengthOf(prefix + lead)), {
    tokenHealing: true,
  });
  readonly #random = seeded(7);
  readonly #truth: string;
  readonly #after: string;
  text: string;
  shown: CompletionResult | undefined;
  #controller = new AbortController();
  #ticks = 0;

  constructor(before: string, truth: string, after: string) {
    this.text = before;
    this.#truth = before + truth;
    this.#after = after;
    this.made.model.stepwise = true;
  }

  /** How much of the truth the prompt's prefix, which may have lost its beginning, ends with. */
  #lengthOf(prefix: string): number {
    return this.#truth.startsWith(prefix) ? prefix.length : this.text.length;
  }

  get decodes(): number {
    return this.made.model.requests.length;
  }

  async type(text: string, delays: Delays): Promise<void> {
    for (const character of text) {
      await this.pause(delays.low + (delays.high - delays.low) * this.#random());
      this.text += character;
      this.#ask("typing");
    }
  }

  async delete(count: number, delays: Delays): Promise<void> {
    for (let key = 0; key < count; key++) {
      await this.pause(delays.low);
      this.text = this.text.slice(0, -1);
      this.#ask("delete");
    }
  }

  async pause(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= tickMs) {
      this.made.clock.advance(Math.min(tickMs, left));
      if (++this.#ticks % ticksPerCharacter === 0) this.made.model.step(1);
      for (let turn = 0; turn < 12; turn++) await Promise.resolve();
    }
  }

  #ask(kind: "typing" | "delete"): void {
    this.#controller.abort();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.shown = undefined;
    const situation = { cursorCount: 1, hasSelection: false, lastChange: { kind, stale: false } };
    const query = queryAt(documentAt(`${this.text}⟦⟧${this.#after}`), { situation });
    this.made.clock.after(editorMs, () => {
      if (signal.aborted) return;
      void this.made.service.provide(query, signal).then((result) => {
        if (!signal.aborted) this.shown = result;
      });
    });
  }

  get ghost(): string {
    return this.shown?.suggestions[0]?.text ?? "";
  }
}

const human = { low: 120, high: 250 };
const fast = { low: 60, high: 110 };

describe("counts of a typing session", () => {
  it("start at most two decodes in 75 characters without a pause", async () => {
    const typist = new Typist(head, line, below);
    await typist.type(line.slice(0, 75), fast);
    assert.ok(typist.decodes <= 2, `${typist.decodes} decodes`);
    await typist.pause(3_000);
    assert.ok(typist.ghost !== "");
    assert.ok(typist.decodes <= 3, `${typist.decodes} decodes`);
  });

  it("start no more than 25 decodes in a session of 294 keys", async () => {
    const typist = new Typist(head, line.repeat(3), below);
    const keys = line.repeat(3).slice(0, 294);
    for (let from = 0; from < keys.length; from += 16) {
      await typist.type(keys.slice(from, from + 16), human);
      await typist.pause(1_500);
    }
    assert.ok(typist.decodes <= 25, `${typist.decodes} decodes`);
  });

  it("start none while what is shown is typed, which stays shown", async () => {
    const typist = new Typist(head, line, below);
    await typist.type(line.slice(0, 44), human);
    await typist.pause(3_000);
    const ghost = typist.ghost;
    assert.ok(ghost.length > 10, ghost);
    const { length: before } = typist.made.model.requests;
    const streak = typist.made.model.prefills.length;
    for (let key = 0; key < 8; key++) {
      await typist.type(ghost[key] ?? "", human);
      await typist.pause(editorMs + tickMs);
      assert.equal(typist.ghost, ghost.slice(key + 1));
    }
    assert.equal(typist.decodes, before);
    assert.equal(typist.made.model.prefills.length, streak);
  });

  it("start none when three characters are deleted and typed again", async () => {
    const typist = new Typist(head, line, below);
    await typist.type(line.slice(0, 44), human);
    await typist.pause(3_000);
    const ghost = typist.ghost;
    const { length: before } = typist.made.model.requests;
    await typist.delete(3, human);
    await typist.pause(1_000);
    await typist.type(line.slice(41, 44), human);
    await typist.pause(300);
    assert.equal(typist.ghost, ghost);
    assert.equal(typist.decodes, before);
  });

  it("evaluate no more at a key than what is new, the suffix and eight tokens", async () => {
    const typist = new Typist(head, line, below);
    const { model } = typist.made;
    const asked: FimRequest[] = [];
    const [complete, prefill] = [model.complete.bind(model), model.prefill.bind(model)];
    model.complete = (request, signal) => {
      asked.push(request);
      return complete(request, signal);
    };
    model.prefill = (request, signal) => {
      asked.push(request);
      return prefill(request, signal);
    };
    for (let from = 0; from < 80; from += 20) {
      await typist.type(line.slice(from, from + 20), human);
      await typist.pause(2_000);
    }
    assert.ok(asked.length > 3, `${asked.length} requests`);
    // One character stands for one token, which is the hardest case.
    const parts = ({ context, prefix, suffix }: FimRequest) => {
      const before = `${context.map(({ path, text }) => path + text).join("")}\0${prefix}`;
      return { before, all: `${before}\0${suffix}\0`, suffix };
    };
    let cached = "";
    let known = "";
    for (const request of asked) {
      const { before, all, suffix } = parts(request);
      const evaluated = all.length - common(cached, all);
      const fresh = before.length - common(known, before);
      assert.ok(evaluated <= fresh + suffix.length + 8, `${evaluated} > ${fresh} + ${suffix.length} + 8`);
      cached = all;
      known = before;
    }
  });
});

function common(left: string, right: string): number {
  let length = 0;
  while (length < Math.min(left.length, right.length) && left[length] === right[length]) length++;
  return length;
}
