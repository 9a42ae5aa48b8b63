import assert from "node:assert/strict";
import { fitCode, type PromptCode } from "../../../src/prompt/assistPrompt.ts";

const code = (text: string): PromptCode => ({
  path: "a.js",
  languageId: "javascript",
  text,
  startLine: 1,
  definitions: "",
});

describe("fitCode", () => {
  it("says how many lines are not there as a whole", () => {
    const lines = Array.from({ length: 50 }, (_, index) => `const value${index} = ${index};`).join("\n");
    assert.deepEqual(fitCode(code(lines), 2000), { code: code(lines), lost: 0 });
    const fitted = fitCode(code(lines), 100);
    assert.equal(fitted.lost, 50 - fitted.code.text.split("\n").length);
    assert.ok(lines.startsWith(`${fitted.code.text}\n`));
  });

  it("keeps the place that it is about, and more of what is in front of it than of what is behind", () => {
    const lines = Array.from({ length: 50 }, (_, index) => `const value${index} = ${index};`);
    const whole = { ...code(lines.join("\n")), startLine: 11 };
    assert.deepEqual(fitCode(whole, 100, 11), fitCode(whole, 100));
    for (const line of [40, 60]) {
      const fitted = fitCode(whole, 100, line);
      const shown = fitted.code.text.split("\n");
      const place = shown.indexOf(lines[line - 11] ?? "");
      assert.ok(place > 1, fitted.code.text);
      assert.ok(place >= shown.length / 2, fitted.code.text);
      assert.equal(fitted.code.startLine + place, line);
      assert.equal(fitted.lost, 50 - shown.length);
    }
  });

  it("never cuts a long line without a word", () => {
    const long = `const table = [${'"value", '.repeat(2000)}];`;
    assert.equal(fitCode(code(long), 100).lost, 1);
    assert.equal(fitCode(code(`const a = 1;\n${long}`), 100).lost, 1);
    assert.equal(fitCode(code(`${long}\nconst a = 1;`), 100).lost, 2);
  });
});
