import assert from "node:assert/strict";
import { reportMarkdown, serverTitle, shownAnswer } from "../../../../src/editor/server/reportText.ts";
import { serverKind } from "../../../../src/model/serverKinds.ts";

const identity = {
  kind: serverKind("llama-server"),
  version: "b6500",
  baseUrl: "http://127.0.0.1:8080/v1",
  models: [{ id: "coder" }, { id: "talker" }],
};
const way = {
  dialect: "infill",
  verdict: "fits",
  shown: ["def area(width, height):\n    ", "result = width * height", "\n    return result\n"],
} as const;

describe("what a probe tells", () => {
  it("shows the answer in its place, the abilities and the times", () => {
    const text = reportMarkdown("team", {
      identity,
      completion: {
        model: "coder",
        way,
        tried: [way],
        abilities: { infill: true, logprobs: false },
        firstTextMs: 41.6,
        totalMs: 99.2,
      },
      chat: { model: "talker", works: true, jsonSchema: false, streams: true, totalMs: 12 },
    });
    assert.match(text, /^# team\n\nllama-server b6500 at http:\/\/127\.0\.0\.1:8080\/v1\n/);
    assert.match(text, /First text after 42 ms, all of it after 99 ms\./);
    assert.match(text, /\| `\/infill` \| yes \|\n\| token probabilities \| no \|/);
    assert.match(text, /⟦result = width \* height⟧\n {4}return result/);
    assert.match(text, /12 ms for a word; streams: yes; answers in a JSON schema: no/);
    assert.equal(serverTitle({ kind: identity.kind }), "llama-server");
    assert.equal(shownAnswer(way), "⟦result = width * height⟧");
  });

  it("says why each way was refused", () => {
    const text = reportMarkdown("team", {
      identity,
      completion: {
        model: "talker",
        tried: [
          { dialect: "infill", refusal: "Infill is not supported by this model" },
          {
            dialect: "template",
            family: "starcoder2",
            verdict: "chat-text",
            shown: ["return ", "Sure!", "\n"],
          },
        ],
        abilities: {},
      },
    });
    assert.match(text, /`talker`, refused/);
    assert.match(text, /`infill`: refused\. Infill is not supported/);
    assert.match(text, /`template` in the form of starcoder2: answers with sentences\./);
  });
});
