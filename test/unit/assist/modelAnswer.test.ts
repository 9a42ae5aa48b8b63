import assert from "node:assert/strict";
import { collectAnswer, hasClosedBlock, probabilityOf } from "../../../src/assist/modelAnswer.ts";
import type { ChatRequest, CompletionEvent, ModelClient } from "../../../src/model/modelClient.ts";

const request: ChatRequest = { messages: [{ role: "user", content: "?" }], maxTokens: 9, temperature: 0 };
const never = new AbortController().signal;

/** Streams pieces until the signal aborts and keeps how many were asked for. */
function streaming(pieces: readonly string[]): { readonly model: ModelClient; readonly given: () => number } {
  let given = 0;
  const model: ModelClient = {
    async *chat(_request, signal): AsyncGenerator<CompletionEvent> {
      for (const text of pieces) {
        if (signal.aborted) break;
        given++;
        yield { type: "delta", candidate: 0, text };
      }
      yield { type: "done", finishReason: signal.aborted ? "cancelled" : "stop", usage: {} };
    },
    complete: () => assert.fail("not asked"),
    prefill: async () => [],
    countTokens: async () => undefined,
    weigh: async () => undefined,
  };
  return { model, given: () => given };
}

describe("collectAnswer", () => {
  it("ends the generation when the answer holds all that is wanted, which is no cancellation", async () => {
    const { model, given } = streaming(["```ts\n", "a();\n", "```\n", "And so on", " for long."]);
    const answer = await collectAnswer(model, request, never, hasClosedBlock);
    assert.deepEqual(answer, { text: "```ts\na();\n```\n", cancelled: false, cut: false, tokens: [] });
    assert.equal(given(), 3);
  });

  it("reads to the end otherwise, and says when it was cancelled", async () => {
    const { model } = streaming(["one ", "two"]);
    assert.equal((await collectAnswer(model, request, never)).text, "one two");
    assert.equal((await collectAnswer(model, request, AbortSignal.abort())).cancelled, true);
  });
});

describe("hasClosedBlock", () => {
  it("wants a fence of the same length after code", () => {
    for (const text of ["```ts\na\n```", "Here:\n```\na\n```\nmore", "````md\n```\na\n```\n````"])
      assert.equal(hasClosedBlock(text), true, text);
    for (const text of ["", "prose", "```ts\na", "```ts\n", "```\n```", "````md\n```\na\n```\n"])
      assert.equal(hasClosedBlock(text), false, text);
  });
});

describe("probabilityOf", () => {
  it("is that of the token in which the last such word begins", () => {
    const tokens = [
      { text: '"reason":"bug"', probability: 0.9 },
      { text: ',"verdict":"', probability: 0.8 },
      { text: "bug", probability: 0.7 },
    ];
    assert.equal(probabilityOf("bug", tokens), 0.7);
    assert.equal(probabilityOf("correct", tokens), undefined);
    assert.equal(probabilityOf("bug", []), undefined);
  });
});
