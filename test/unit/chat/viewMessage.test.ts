import assert from "node:assert/strict";
import fc from "fast-check";
import { hostMessage } from "../../../src/chat/hostMessage.ts";
import { viewMessage } from "../../../src/chat/viewMessage.ts";

describe("viewMessage", () => {
  it("lets messages of the protocol through", () => {
    const place = { path: "a.ts", startLine: 1, endLine: 2 };
    for (const message of [
      { type: "ready" },
      { type: "send", text: "hi" },
      { type: "showVersion", turnId: "t", step: -1 },
      { type: "code", action: "apply", code: "x", language: "ts", turnId: "t" },
      { type: "openPlace", place },
      { type: "dropped", uris: ["file:///a"] },
      { type: "scrolled", conversationId: "c" },
      { type: "editing", conversationId: "c", turnId: "t", text: "so far" },
      { type: "editing", conversationId: "c", turnId: "t" },
      { type: "scrolled", conversationId: "c", scroll: { turnId: "t", piece: 0, offset: -0.5 } },
    ]) {
      assert.equal(viewMessage(message), message);
    }
  });

  it("refuses what lacks a field, has a wrong one or an unknown type", () => {
    for (const message of [
      { type: "send" },
      { type: "send", text: 3 },
      { type: "code", action: "run", code: "rm", language: "sh" },
      { type: "openPlace", place: { path: "a.ts", startLine: "1", endLine: 2 } },
      { type: "scrolled", conversationId: "c", scroll: { turnId: "t", piece: -1, offset: 0 } },
      { type: "scrolled", conversationId: "c", scroll: { turnId: "t", piece: 0, offset: Number.NaN } },
      { type: "editing", conversationId: "c", text: "so far" },
      { type: "constructor" },
      { type: "toString" },
      null,
      "ready",
    ]) {
      assert.equal(viewMessage(message), undefined);
    }
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.anything(), (value) => void viewMessage(value)));
  });
});

describe("hostMessage", () => {
  const turn = {
    id: "t",
    role: "assistant",
    text: "",
    state: "complete",
    places: [],
    version: { index: 1, count: 1 },
  };

  it("lets messages of the protocol through", () => {
    for (const message of [
      { type: "conversation", id: "c", turns: [turn], draft: "" },
      { type: "turn", turn: { ...turn, error: { message: "m", hint: "h" } } },
      { type: "turn", turn: { ...turn, standIn: "Qwen" } },
      { type: "delta", turnId: "t", offset: 0, text: "x" },
      { type: "status", busy: false, model: "m" },
      { type: "focus" },
    ])
      assert.equal(hostMessage(message), message);
  });

  it("refuses what lacks a field, has a wrong one or an unknown type", () => {
    for (const message of [
      { type: "conversation", id: "c", turns: [{ ...turn, state: "running" }], draft: "" },
      { type: "turn", turn: { ...turn, error: "m" } },
      { type: "turn", turn: { ...turn, standIn: 1 } },
      { type: "delta", turnId: "t", offset: -1, text: "x" },
      { type: "context", chips: [{ id: "1" }], usedTokens: 1, budgetTokens: 1, notice: "" },
      { type: "ready" },
    ])
      assert.equal(hostMessage(message), undefined);
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.anything(), (value) => void hostMessage(value)));
  });
});
