import assert from "node:assert/strict";
import type { CheckPorts, SeenProblem } from "../../../src/assist/candidateChecks.ts";
import { findFix, likeRegion } from "../../../src/assist/fixer.ts";
import { fencedCode } from "../../../src/assist/modelAnswer.ts";
import { type CodeRegion, growRange, regionText, splitIntoUnits } from "../../../src/assist/region.ts";
import { silentLog } from "../../../src/base/log.ts";
import type { PromptProblem } from "../../../src/prompt/assistPrompt.ts";
import { scriptedChat } from "../../fakes/scriptedChat.ts";
import { createSyntax } from "../syntax/syntax.ts";

const text = `class Stack:
    def __init__(self):
        self.items = []

    def peek(self):
        if not self.items:
            return None
        return self.items[len(self.items)]
`;
const start = text.indexOf("    def peek");
const region: CodeRegion = {
  key: "file:///stack.py",
  path: "stack.py",
  languageId: "python",
  text,
  range: { start, end: text.length - 1 },
};
const problem: PromptProblem = { line: 8, severity: "error", message: "index out of range", related: [] };
const seen: SeenProblem = { severity: "error", message: "index out of range", source: "test" };
const block = (code: string): string => `Here it is:\n\`\`\`python\n${code}\n\`\`\`\n`;
const right = "def peek(self):\n    if not self.items:\n        return None\n    return self.items[-1]";
const broken = "def peek(self):\n    if not self.items:\n        return None\n    return self.items[-1";
const renamed = "def top(self):\n    if not self.items:\n        return None\n    return self.items[-1]";
const other = "def peek(self):\n    if not self.items:\n        return None\n    return self.items[-2]";

describe("findFix", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  function run(answers: readonly string[], ports: Partial<CheckPorts> = {}, candidates = answers.length) {
    const { model, requests } = scriptedChat(answers);
    const checks: CheckPorts = { syntax, problemsOf: async () => [], runCommand: undefined, ...ports };
    const options = {
      model,
      log: silentLog,
      checks,
      candidates,
      definitions: "",
      context: "",
      isSearch: false,
      onProgress: () => undefined,
    };
    return findFix(region, [problem], [seen], options, new AbortController().signal).then((result) => ({
      result,
      requests,
    }));
  }

  it("puts the corrected method at its own indentation and says what was checked", async () => {
    const { result, requests } = await run([block(right)]);
    assert.equal(result.fix?.text, text.replace("len(self.items)", "-1"));
    assert.deepEqual(result.fix?.check.notes, ["parses", "1 problem → 0"]);
    assert.match(
      requests[0]?.messages[1]?.content ?? "",
      /Fix this problem:\n- line 8: error: index out of range$/,
    );
    assert.equal(requests[0]?.temperature, 0);
  });

  it("holds back what does not parse, loses a definition, changes nothing or is prose", async () => {
    const same = regionText(region);
    const { result } = await run([block(broken), block(renamed), block(same), "The code looks fine."]);
    assert.equal(result.fix, undefined);
    assert.deepEqual(result.refused, [
      "does not parse",
      "removes peek",
      "changes nothing",
      "the answer held no code",
    ]);
  });

  it("goes on until the language server is content", async () => {
    const problemsOf: CheckPorts["problemsOf"] = async (_region, proposed) =>
      proposed.includes("[-2]") ? [seen] : [];
    const { result } = await run([block(other), block(right)], { problemsOf });
    assert.deepEqual(result.refused, ["the problem is still there: index out of range"]);
    assert.match(result.fix?.text ?? "", /items\[-1\]/);
  });

  it("refuses a fix that brings a new error", async () => {
    const problemsOf: CheckPorts["problemsOf"] = async () => [
      { severity: "error", message: "new", source: "test" },
    ];
    const { result } = await run([block(right)], { problemsOf });
    assert.deepEqual(result.refused, ["brings a new error: new"]);
  });

  it("does not take the silence of a server about a problem that it never saw for a proof", async () => {
    const { model, requests } = scriptedChat([block(other), block(right)]);
    const checks: CheckPorts = { syntax, problemsOf: async () => [], runCommand: undefined };
    const options = {
      model,
      log: silentLog,
      checks,
      candidates: 2,
      definitions: "",
      context: "",
      isSearch: false,
      onProgress: () => undefined,
    };
    const unseen: SeenProblem = { ...seen, message: "something else" };
    const { fix } = await findFix(region, [problem], [unseen], options, new AbortController().signal);
    assert.equal(requests.length, 2);
    assert.deepEqual(fix?.check.notes, ["parses", "1 problem → 0"]);
    assert.equal(fix.check.proven, false);
  });

  it("believes the user's own check", async () => {
    const failing = await run([block(right)], {
      runCommand: async () => ({ passed: false, summary: "1 test fails" }),
    });
    assert.deepEqual(failing.result.refused, ["the check command fails: 1 test fails"]);
    const passing = await run([block(right)], {
      runCommand: async () => ({ passed: true, summary: "14 tests pass" }),
    });
    assert.deepEqual(passing.result.fix?.check.notes, ["parses", "1 problem → 0", "14 tests pass"]);
  });

  it("says what it could not check", async () => {
    const { result } = await run([block(right)], { problemsOf: async () => undefined });
    assert.deepEqual(result.fix?.check.notes, ["parses", "language server not asked"]);
  });
});

describe("answers and regions", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  it("takes the longest block, unfinished ones too, and never prose", () => {
    assert.equal(fencedCode("```ts\na\n```\nand\n```ts\nlonger\n```"), "longer");
    assert.equal(fencedCode("```ts\ncut off"), "cut off");
    assert.equal(fencedCode("no code here"), undefined);
  });

  it("keeps tabs and relative indentation", () => {
    assert.equal(likeRegion("if x:\n    y()\n\nz()", "\tif x:\n\t\ty()\n"), "\tif x:\n\t    y()\n\n\tz()\n");
  });

  it("grows a partial selection to its function and prefers what the language server knows", async () => {
    const inside = { ...region, range: { start: start + 30, end: start + 40 } };
    const grown = await growRange(inside, [], syntax);
    assert.equal(text.slice(grown.start, grown.end), regionText(region));
    const known = await growRange(inside, [{ start: 0, end: text.length - 1 }], syntax);
    assert.deepEqual(known, { start: 0, end: text.length - 1 });
  });

  it("splits without losing a line that is not blank", async () => {
    const whole = { ...region, range: { start: 0, end: text.length } };
    for (const size of [90, 120, 10_000]) {
      const units = await splitIntoUnits(whole, size, syntax);
      const together = units.map(regionText).join("\n");
      for (const line of text.split("\n")) assert.ok(together.includes(line.trim()), `${size}: ${line}`);
      for (const unit of units) assert.ok(unit.range.end - unit.range.start <= size, `${size}`);
    }
  });
});
