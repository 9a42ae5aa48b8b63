import assert from "node:assert/strict";
import fc from "fast-check";
import { viewMessage } from "../../../src/chat/viewMessage.ts";

describe("viewMessage", () => {
  it("lets messages of the protocol through", () => {
    const place = { path: "a.ts", startLine: 1, endLine: 2 };
    for (const message of [
      { type: "ready" },
      { type: "send", text: "hi" },
      { type: "showVersion", turnId: "t", step: -1 },
      { type: "code", action: "apply", code: "x", language: "ts" },
      { type: "openPlace", place },
      { type: "dropped", uris: ["file:///a"] },
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
