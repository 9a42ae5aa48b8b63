import assert from "node:assert/strict";
import { readPrompt } from "../../../src/engine/readPrompt.ts";

describe("reading a prompt", () => {
  async function read({
    from,
    end,
    size,
    isWhole,
  }: {
    from: number;
    end: number;
    size: number;
    isWhole: boolean;
  }) {
    const evaluated: number[][] = [];
    let breaths = 0;
    const sequence = {
      evaluateWithoutGeneratingNewTokens: async (tokens: number[]) => {
        assert.equal(breaths, evaluated.length, "a breath behind each batch");
        evaluated.push(tokens);
      },
    };
    const prompt = Array.from({ length: end + 1 }, (_, token) => token);
    const breathe = async (): Promise<void> => {
      breaths++;
    };
    const told: number[] = [];
    for await (const { tokens, ms } of readPrompt(sequence, prompt, from, {
      size: () => size,
      end,
      isWhole,
      breathe,
    })) {
      told.push(tokens);
      assert.ok(ms >= 0);
    }
    assert.deepEqual(
      told,
      evaluated.map(({ length }) => length),
    );
    assert.equal(breaths, evaluated.length);
    return evaluated;
  }

  it("leaves the last batch to the answer's first token", async () => {
    assert.deepEqual(await read({ from: 2, end: 9, size: 3, isWhole: false }), [
      [2, 3, 4],
      [5, 6, 7],
    ]);
  });

  it("takes a batch that ends where the prompt does", async () => {
    assert.deepEqual(await read({ from: 0, end: 4, size: 2, isWhole: false }), [
      [0, 1],
      [2, 3],
    ]);
  });

  it("reads all of it where no answer follows", async () => {
    assert.deepEqual(await read({ from: 0, end: 5, size: 3, isWhole: true }), [
      [0, 1, 2],
      [3, 4],
    ]);
    assert.deepEqual(await read({ from: 5, end: 5, size: 3, isWhole: true }), []);
  });
});
