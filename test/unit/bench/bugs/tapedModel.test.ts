import assert from "node:assert/strict";
import { TapedModel } from "../../../../bench/bugs/tapedModel.ts";
import { collectAnswer } from "../../../../src/assist/modelAnswer.ts";
import { scriptedChat } from "../../../fakes/scriptedChat.ts";

describe("TapedModel", () => {
  it("gives an answer again without asking, and one that was cut off as that", async () => {
    const { model, requests } = scriptedChat(["whole", { text: "half", isCut: true }]);
    const taped = new TapedModel(model);
    const ask = (seed: number) =>
      collectAnswer(
        taped,
        { messages: [], maxTokens: 1, temperature: 0, seed },
        new AbortController().signal,
      );
    const first = [await ask(0), await ask(1)];
    assert.deepEqual([await ask(0), await ask(1)], first);
    assert.deepEqual(
      first.map(({ text, cut }) => [text, cut]),
      [
        ["whole", false],
        ["half", true],
      ],
    );
    assert.equal(requests.length, 2);
  });
});
