import assert from "node:assert/strict";
import type { QuestionContext } from "../../../src/chat/chatSessionForm.ts";
import { newTurn, type Turn } from "../../../src/chat/conversation.ts";
import { type QuestionFit, questionFit } from "../../../src/chat/questionFit.ts";
import { emptyContext } from "../../fakes/emptyContext.ts";

describe("questionFit", () => {
  const context = (words: number, ...paths: readonly string[]): QuestionContext => ({
    text: "word ".repeat(words),
    places: paths.map((path) => ({ path, startLine: 1, endLine: 9 })),
  });
  const exchange = (id: string, along: QuestionContext): readonly Turn[] => [
    newTurn(`q${id}`, undefined, {
      role: "user",
      text: `Question ${id}`,
      context: along.text,
      places: along.places,
    }),
    newTurn(`a${id}`, `q${id}`, { role: "assistant", text: "Answer.", places: along.places }),
  ];
  const fitOf = (turns: readonly Turn[], next: QuestionContext): QuestionFit =>
    questionFit(turns, { question: "Why?", context: next }, { contextTokens: 4096, rules: "" });

  it("names the files that went along earlier and find no room beside what goes along now", () => {
    const before = [
      ...exchange("1", context(300, "small.ts")),
      ...exchange("2", context(900, "a.ts", "b.ts")),
    ];
    const { lostFiles, droppedTurns } = fitOf(before, context(1200, "c.ts"));
    assert.equal(droppedTurns, 0);
    assert.deepEqual(lostFiles, ["a.ts", "b.ts"]);
  });

  it("names none that goes along again, or with another message, and none where all fits", () => {
    const before = exchange("1", context(900, "a.ts", "b.ts"));
    assert.deepEqual(fitOf(before, context(1200, "a.ts")).lostFiles, ["b.ts"]);
    const twice = [...before, ...exchange("2", context(200, "b.ts"))];
    assert.deepEqual(fitOf(twice, context(1200, "a.ts")).lostFiles, []);
    assert.deepEqual(fitOf(before, emptyContext).lostFiles, []);
  });
});
