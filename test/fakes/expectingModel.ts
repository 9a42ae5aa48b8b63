import assert from "node:assert/strict";
import type { ModelClient, WeighedToken, WeighRequest } from "../../src/model/modelClient.ts";

/** Words with the white space in front of them, and line ends. */
const tokensOf = (text: string): readonly string[] => text.match(/\n|[^\S\n]*[\w.]+|[^\S\n]*[^\s\w]/gu) ?? [];

/**
 * A model that expects one text behind the last of its contexts: what it expects has the probability 0.9; anything else
 * 0.001, with what it expects as the alternative; where the text has gone another way, anything has 0.8.
 */
export function expectingModel(expected: string): {
  readonly model: ModelClient;
  readonly asked: readonly WeighRequest[];
} {
  const asked: WeighRequest[] = [];
  const first = tokensOf(expected)[0] ?? "";
  const weighed = ({ context, text }: WeighRequest): readonly WeighedToken[] => {
    const begins = context.lastIndexOf(first);
    let done = begins === -1 ? "" : context.slice(begins);
    return tokensOf(text).map((token) => {
      const next = expected.startsWith(done) ? tokensOf(expected.slice(done.length))[0] : undefined;
      done += token;
      if (next === undefined) return { text: token, probability: 0.8, alternatives: [] };
      const alternatives = [{ text: next, probability: 0.9 }];
      return { text: token, probability: next === token ? 0.9 : 0.001, alternatives };
    });
  };
  const model: ModelClient = {
    chat: () => assert.fail("is not asked"),
    complete: () => assert.fail("an assist command does not complete"),
    prefill: async () => [],
    countTokens: async () => undefined,
    async weigh(request, signal) {
      signal.throwIfAborted();
      asked.push(request);
      return weighed(request);
    },
  };
  return { model, asked };
}
