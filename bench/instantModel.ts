import type { CompletionEvent, ModelClient } from "../src/model/modelClient.ts";

export const answerText = "total += entry.amount * entry.count;";

/** Functions of eight lines. */
export function sourceLine(index: number): string {
  const name = Math.floor(index / 8);
  const lines = [
    `export function sum${name}(entries: readonly Entry[]): number {`,
    "  let total = 0;",
    "  for (const entry of entries) {",
    `    total += entry.amount${name} * entry.count;`,
    "  }",
    "  return total;",
    "}",
    "",
  ];
  return lines[index % 8] ?? "";
}

/** Answers at once, so that only the pipeline's own work is left. */
export const instantModel: ModelClient = {
  async *complete({ lead = "" }): AsyncGenerator<CompletionEvent, void, undefined> {
    for (const text of [...lead, ...(`${answerText}\n`.match(/\s*\S+|\n/g) ?? [])])
      yield { type: "delta", candidate: 0, text, tokens: [{ text, probability: 0.99 }] };
    yield { type: "done", finishReason: "stop", usage: { promptTokens: 300, cachedPromptTokens: 290 } };
  },
  prefill: async () => [],
  async *chat(): AsyncGenerator<CompletionEvent, void, undefined> {
    yield { type: "done", finishReason: "stop", usage: {} };
  },
  async countTokens() {
    return undefined;
  },
  async weigh() {
    return undefined;
  },
};
