import assert from "node:assert/strict";
import fc from "fast-check";
import { SecretScan } from "../../../src/context/secretScan.ts";
import { TokenBudget } from "../../../src/context/tokenBudget.ts";
import { CompletionPrompt } from "../../../src/prompt/completionPrompt.ts";
import { PrefixWindow } from "../../../src/prompt/prefixWindow.ts";

const at = (prefix: string, suffix: string) => ({
  uri: "a",
  path: "a.ts",
  prefix,
  suffix,
  position: { line: prefix.split("\n").length - 1 },
});
const limits = { maxPromptTokens: 300, suffixTokens: 24, maxTokens: 40 };

describe("completion prompt", () => {
  it("changes only by the typed characters and the suffix from key to key", () => {
    const line = fc.stringMatching(/^[a-z (){};]{0,30}$/);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 80 }), line, line, (lines, typed, below) => {
        const prompt = new CompletionPrompt(new TokenBudget(), new SecretScan());
        const text = `${lines.join("\n")}\n`;
        let moved = 0;
        let last = prompt.request(at(text, `\n${below}\n`), [], limits);
        for (let count = 1; count <= typed.length; count++) {
          const next = prompt.request(at(text + typed.slice(0, count), `\n${below}\n`), [], limits);
          if (next.prefix !== last.prefix + typed[count - 1]) moved++;
          assert.equal(next.suffix, last.suffix);
          last = next;
        }
        assert.ok(moved <= 1);
      }),
    );
  });

  it("costs no more than is allowed, however long the rest of the line is", () => {
    const budget = new TokenBudget();
    const prompt = new CompletionPrompt(budget, new SecretScan());
    const tight = { maxPromptTokens: 128, suffixTokens: 32, maxTokens: 40 };
    const { prefix, suffix } = prompt.request(at("a(b);\n".repeat(200), "c(d), ".repeat(200)), [], tight);
    const own = prefix.length + suffix.length;
    const all = own + prompt.contextCharacters(tight);
    assert.ok(all <= budget.characters(tight.maxPromptTokens) && own > 200, `${all} characters`);
  });

  it("moves the start of the window rarely while a long file is written", () => {
    const window = new PrefixWindow();
    let text = "";
    for (let index = 0; index < 4_000; index++) {
      text += index % 30 === 29 ? "\n" : "x";
      const cut = window.cut(at(text, ""), () => 1_000);
      assert.ok(text.endsWith(cut) && cut.length <= 1_000);
    }
    assert.ok(window.moves <= 14, `${window.moves} moves`);
  });

  it("begins where it began when another file was shown meanwhile", () => {
    const window = new PrefixWindow();
    const at = (uri: string, lines: number) => {
      const prefix = "const value = compute(1, 2, 3);\n".repeat(lines);
      return window.cut({ uri, prefix, position: { line: lines } }, () => 1_000);
    };
    at("file:///a.ts", 100);
    const before = at("file:///a.ts", 105);
    at("file:///b.ts", 50);
    assert.equal(at("file:///a.ts", 105), before);
    assert.equal(window.moves, 2);
  });

  it("places the window anew when lines are inserted above, with the right text", () => {
    const window = new PrefixWindow();
    const text = "const a = 1;\nconst b = 2;\n".repeat(60);
    window.cut(at(text, ""), () => 400);
    const cut = window.cut(at(`import x;\n${text}`, ""), () => 400);
    assert.ok(`import x;\n${text}`.endsWith(cut) && cut.length <= 400);
  });

  it("learns how long tokens are", () => {
    const budget = new TokenBudget();
    for (let times = 0; times < 40; times++) budget.learn(2_000, { promptTokens: 1_000 });
    assert.ok(Math.abs(budget.charactersPerToken - 2) < 0.01);
  });

  it("never cuts a surrogate pair", () => {
    const prompt = new CompletionPrompt(new TokenBudget(), new SecretScan());
    for (let shift = 0; shift < 4; shift++) {
      const emoji = "a".repeat(shift) + "🎉".repeat(3_000);
      const { prefix, suffix } = prompt.request({ ...at(emoji, emoji), uri: `${shift}` }, [], limits);
      assert.ok(prefix.isWellFormed() && suffix.isWellFormed());
    }
  });
});
