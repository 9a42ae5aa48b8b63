import assert from "node:assert/strict";
import type { ChatRequest, ModelClient, TokenProbability } from "../../src/model/modelClient.ts";

export interface ScriptedAnswer {
  readonly text: string;
  readonly tokens?: readonly TokenProbability[];
  /** The server ends it there because of `maxTokens`. */
  readonly isCut?: boolean;
}

/** A chat model that gives the scripted answers in order and keeps what it was asked; one question too many fails the test. */
export function scriptedChat(answers: readonly (string | ScriptedAnswer)[]): {
  readonly model: ModelClient;
  readonly requests: readonly ChatRequest[];
} {
  const requests: ChatRequest[] = [];
  const model: ModelClient = {
    async *chat(request, signal) {
      const next = answers[requests.length];
      requests.push(request);
      assert.ok(next !== undefined, "the model was asked once too often");
      const { isCut, ...answer } = typeof next === "string" ? { text: next } : next;
      if (!signal.aborted) yield { type: "delta", candidate: 0, ...answer };
      const finishReason = signal.aborted ? "cancelled" : isCut ? "length" : "stop";
      yield { type: "done", finishReason, usage: {} };
    },
    complete: () => assert.fail("an assist command does not complete"),
    prefill: async () => [],
    countTokens: async () => undefined,
    weigh: async () => undefined,
  };
  return { model, requests };
}
