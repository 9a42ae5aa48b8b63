import assert from "node:assert/strict";
import { type CheckPorts, checkCandidate, type SeenProblem } from "../../../src/assist/candidateChecks.ts";
import { findFix } from "../../../src/assist/fixer.ts";
import { likeRegion } from "../../../src/assist/likeRegion.ts";
import { fencedCode } from "../../../src/assist/modelAnswer.ts";
import { type CodeRegion, growRange, regionText, splitIntoUnits } from "../../../src/assist/region.ts";
import { silentLog } from "../../../src/base/log.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
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

  function run(
    answers: Parameters<typeof scriptedChat>[0],
    ports: Partial<CheckPorts> = {},
    candidates = answers.length,
    others: readonly PromptProblem[] = [],
  ) {
    const { model, requests } = scriptedChat(answers);
    const checks: CheckPorts = { syntax, problemsOf: async () => [], runCommand: undefined, ...ports };
    const options = {
      model,
      log: silentLog,
      checks,
      candidates,
      definitions: "",
      context: "",
      maxAnswerTokens: 2000,
      maskSecrets: (text: string) => text,
      isSearch: false,
      onProgress: () => undefined,
    };
    return findFix(region, [...others, problem], [seen], options, new AbortController().signal).then(
      (result) => ({
        result,
        requests,
      }),
    );
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

  it("holds back an answer that was cut off, which would take away what it lacks", async () => {
    const most = right.split("\n").slice(0, -1).join("\n");
    const { result } = await run([{ text: `\`\`\`python\n${most}`, isCut: true }]);
    assert.equal(result.fix, undefined);
    assert.deepEqual(result.refused, ["the answer was cut off"]);
    const whole = await run([{ text: block(right), isCut: true }]);
    assert.match(whole.result.fix?.text ?? "", /items\[-1\]/);
  });

  it("holds back what leaves out code, defines something twice, or loses one of two of a name", async () => {
    const placeholder = right.replace(
      "    if not self.items:",
      "    # ... existing code ...\n    if not self.items:",
    );
    const twice =
      "class Stack:\n    size = 3\n\n    def peek(self):\n        if not self.items:\n            return None\n        return self.items[-1]";
    const { result } = await run([block(placeholder), block(twice)]);
    assert.equal(result.fix, undefined);
    assert.equal(result.refused[0], "leaves out code that it does not show");
    assert.match(result.refused[1] ?? "", /^(?:defines Stack again|rewrites too much)/);
    const both = `class A:\n    def f(self):\n        a = 1\n        return a\n\n\nclass B:\n    def f(self):\n        return 2\n\n    def g(self):\n        return 3\n`;
    const whole = { ...region, text: both, range: { start: 0, end: both.length } };
    const check = (replacement: string) =>
      checkCandidate(whole, replacement, [], [], ports, new AbortController().signal);
    const ports: CheckPorts = { syntax, problemsOf: async () => undefined, runCommand: undefined };
    const lost = await check(both.replace("    def f(self):\n        return 2\n\n", ""));
    assert.deepEqual(lost.notes, ["removes f"]);
    const doubled = await check(both.replace("class B:", "class A:\n    pass\n\n\nclass B:"));
    assert.deepEqual(doubled.notes, ["defines A again"]);
    const setter = both.replace(
      "class B:\n",
      "class B:\n    @g.setter\n    def g(self, value):\n        pass\n\n",
    );
    assert.equal((await check(setter)).ok, true, "a setter is no second definition");
  });

  it("keeps a good candidate when the model fails after it, and says so", async () => {
    const { model } = scriptedChat([block(right)]);
    let asked = 0;
    const failing: typeof model = {
      ...model,
      chat: (request, signal) => {
        if (++asked > 1) throw new ModelError("unreachable", "No connection.", "Start it.");
        return model.chat(request, signal);
      },
    };
    const options = {
      ...{ model: failing, log: silentLog, candidates: 3, definitions: "", context: "", isSearch: false },
      ...{ maxAnswerTokens: 2000, onProgress: () => undefined, maskSecrets: (code: string) => code },
      checks: { syntax, problemsOf: async () => undefined, runCommand: undefined },
    };
    const signal = new AbortController().signal;
    const { fix } = await findFix(region, [problem], [], options, signal);
    assert.deepEqual(fix?.check.notes, [
      "parses",
      "no language server judged it",
      "the model failed before more could be tried",
    ]);
    await assert.rejects(findFix(region, [problem], [], options, signal), { code: "unreachable" });
  });

  it("says that there are no new errors where the problem was never seen", async () => {
    const { result } = await run([block(right)], { problemsOf: async () => [seen] });
    assert.deepEqual(result.refused, ["the problem is still there: index out of range"]);
    const { model } = scriptedChat([block(right)]);
    const options = {
      ...{ model, log: silentLog, candidates: 1, definitions: "", context: "", isSearch: false },
      ...{ maxAnswerTokens: 2000, onProgress: () => undefined, maskSecrets: (code: string) => code },
      checks: { syntax, problemsOf: async () => [], runCommand: undefined },
    };
    const { fix } = await findFix(region, [problem], [], options, new AbortController().signal);
    assert.deepEqual(fix?.check.notes, ["parses", "no new errors"]);
    assert.equal(fix.check.proven, false);
  });

  it("asks with problems whose messages quote no secret and fit", async () => {
    const { model, requests } = scriptedChat([block(right)]);
    const quoting = { ...problem, message: `Type "hunter2" is wrong. ${"And so on. ".repeat(500)}` };
    const checks: CheckPorts = { syntax, problemsOf: async () => undefined, runCommand: undefined };
    const options = {
      ...{ model, log: silentLog, checks, candidates: 1, definitions: "", context: "", isSearch: false },
      ...{ maxAnswerTokens: 2000, onProgress: () => undefined },
      maskSecrets: (code: string) => code.replaceAll("hunter2", "REDACTED"),
    };
    const many = Array.from({ length: 40 }, () => quoting);
    await findFix(region, many, [], options, new AbortController().signal);
    const asked = requests[0]?.messages[1]?.content ?? "";
    assert.match(asked, /Type "REDACTED" is wrong/);
    assert.doesNotMatch(asked, /hunter2/);
    assert.match(asked, /- and 34 more$/);
    assert.ok(asked.length < 5_000);
  });

  it("tells a problem that is gone from the same one elsewhere", async () => {
    const fixOf = async (before: readonly SeenProblem[], after: readonly SeenProblem[]) => {
      const { model } = scriptedChat([block(right)]);
      const checks: CheckPorts = { syntax, problemsOf: async () => after, runCommand: undefined };
      const options = {
        ...{ model, log: silentLog, checks, candidates: 1, definitions: "", context: "", isSearch: false },
        ...{ maxAnswerTokens: 2000, onProgress: () => undefined, maskSecrets: (code: string) => code },
      };
      return findFix(region, [problem], before, options, new AbortController().signal);
    };
    const one = await fixOf([seen, seen], [seen]);
    assert.deepEqual(one.fix?.check.notes, ["parses", "2 problems → 1"]);
    assert.equal(one.fix.check.proven, true);
    const none = await fixOf([seen, seen], [seen, seen]);
    assert.deepEqual(none.refused, ["the problem is still there: index out of range"]);
    const another: SeenProblem = { severity: "error", message: "not defined", source: "test" };
    const moved = await fixOf([seen, another], [another, another]);
    assert.deepEqual(moved.refused, ["brings a new error: not defined"]);
  });

  it("takes a fix of what the user or an error says, whatever is left of lesser problems beside it", async () => {
    const style: SeenProblem = { severity: "warning", message: "too short a name", source: "lint" };
    const warning: PromptProblem = { ...problem, severity: "warning", message: style.message };
    const { result } = await run([block(right)], { problemsOf: async () => [style] }, 1, [warning]);
    assert.equal(result.fix?.check.proven, true, result.refused.join());
    const wish: PromptProblem = { ...problem, severity: "user", message: "it is past the end" };
    const asked = await run([block(right)], { problemsOf: async () => [seen] }, 1, [wish]);
    assert.deepEqual(asked.result.fix?.check.notes, ["parses", "no new errors"]);
    const alone = await run([block(other)], { problemsOf: async () => [seen, style] }, 1, [warning]);
    assert.deepEqual(alone.result.refused, ["the problem is still there: index out of range"]);
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
      maxAnswerTokens: 2000,
      maskSecrets: (text: string) => text,
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
      runCommand: async (_region, proposed) => ({ passed: proposed !== text, summary: "14 tests pass" }),
    });
    assert.deepEqual(passing.result.fix?.check.notes, ["parses", "1 problem → 0", "14 tests pass"]);
  });

  it("takes a check that passes on the code as it is for no proof, and runs it there once at most", async () => {
    const runs: string[] = [];
    const ports: Partial<CheckPorts> = {
      problemsOf: async () => undefined,
      runCommand: async (_region, proposed) => {
        runs.push(proposed === text ? "as it is" : "candidate");
        return { passed: true, summary: "14 tests pass" };
      },
    };
    const { result, requests } = await run([block(other), block(right)], ports);
    assert.equal(result.fix?.check.proven, false);
    assert.deepEqual(result.fix.check.notes, [
      "parses",
      "no language server judged it",
      "14 tests pass (as before)",
    ]);
    assert.equal(requests.length, 2, "goes on, because nothing is proven");
    assert.deepEqual(runs, ["candidate", "as it is", "candidate"]);
  });

  it("shows what could not be checked as that", async () => {
    const { result } = await run([block(right)], {
      problemsOf: async () => undefined,
      runCommand: async () => ({ passed: undefined, summary: "check command not run" }),
    });
    assert.deepEqual(result.fix?.check.notes, [
      "parses",
      "no language server judged it",
      "check command not run",
    ]);
    assert.equal(result.fix.check.proven, false);
  });

  it("says what it could not check", async () => {
    const { result } = await run([block(right)], { problemsOf: async () => undefined });
    assert.deepEqual(result.fix?.check.notes, ["parses", "no language server judged it"]);
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

  it("leaves lines at the left margin that are so in the old code, as those of a text of several lines", () => {
    const old = "    help() {\n        return `\nusage:\n  run\n`;\n    }";
    const written = "help() {\n    return name + `\nusage:\n  run\n`;\n}";
    assert.equal(likeRegion(written, old), old.replace("`", "name + `"));
  });

  it("keeps tabs or spaces, whichever the code has, and relative indentation", () => {
    assert.equal(likeRegion("if x:\n    y()\n\nz()", "\tif x:\n\t\ty()\n"), "\tif x:\n\t\ty()\n\n\tz()\n");
    assert.equal(likeRegion("if x {\n  y()\n}", "if x {\n\ty()\n}"), "if x {\n\ty()\n}");
    assert.equal(likeRegion("if x {\n\ty(\n\t\tz)\n}", "if x {\n  y()\n}"), "if x {\n  y(\n    z)\n}");
    assert.equal(likeRegion("a(\n   b)", "a(\n  b)"), "a(\n   b)", "other steps are left alone");
  });

  it("grows a partial selection to its function and prefers what the language server knows", async () => {
    const inside = { ...region, range: { start: start + 30, end: start + 40 } };
    const grown = await growRange(inside, [], syntax);
    assert.equal(text.slice(grown.start, grown.end), regionText(region));
    const line = { start: text.indexOf("        if not"), end: text.indexOf("None") + 4 };
    assert.deepEqual(await growRange({ ...inside, range: line }, [line], syntax), line);
  });

  it("takes a method that is selected line by line, or whose line has the cursor in front of it, for what is meant", async () => {
    const grow = async (from: number, to: number): Promise<string> => {
      const grown = await growRange({ ...region, range: { start: from, end: to } }, [], syntax);
      return text.slice(grown.start, grown.end);
    };
    const method = regionText(region);
    assert.equal(await grow(start, text.length), method);
    assert.equal(await grow(start, start), method);
    assert.equal(await grow(start + 2, start + 2), method);
    const blank = text.indexOf("\n\n") + 1;
    assert.match(await grow(blank, blank), /^class Stack/);
  });

  it("takes a function that is a field for one, though the language server calls it a property", async () => {
    const code = "class A {\n  run = () => {\n    go();\n  };\n\n  stop() {}\n}\n";
    const at = code.indexOf("go");
    const place: CodeRegion = {
      ...region,
      languageId: "typescript",
      text: code,
      range: { start: at, end: at },
    };
    const grown = await growRange(place, [{ start: 0, end: code.length - 1 }], syntax);
    assert.equal(code.slice(grown.start, grown.end), "  run = () => {\n    go();\n  };");
  });

  it("grows a selection over two functions to both, and a cursor in front of one to it", async () => {
    const code =
      "/**\n * Adds.\n */\nfunction a() {\n  one();\n  two();\n}\n\n@Deco()\nclass B {\n  b() {\n    three();\n    four();\n  }\n}\nfunction c() {}\n";
    const grow = async (
      from: string,
      to: string,
      symbols: readonly { start: number; end: number }[] = [],
    ) => {
      const [start, end] = [
        code.indexOf(from),
        to === "" ? code.indexOf(from) : code.indexOf(to) + to.length,
      ];
      const place: CodeRegion = { ...region, languageId: "typescript", text: code, range: { start, end } };
      const grown = await growRange(place, symbols, syntax);
      return code.slice(grown.start, grown.end);
    };
    const both = code.slice(code.indexOf("function a"), code.indexOf("\n}\nfunction c"));
    assert.equal(await grow("two", "three"), both);
    const known = [both.indexOf("}") + 1].map((length) => ({
      start: code.indexOf("function a"),
      end: code.indexOf("function a") + length,
    }));
    assert.equal(await grow("two", "three", known), both);
    const first = code.slice(code.indexOf("function a"), code.indexOf("\n\n@Deco"));
    assert.equal(await grow("Adds", ""), first);
    assert.equal(await grow("/**", ""), first);
    assert.match(await grow("@Deco", ""), /^(?:@Deco\(\)\n)?class B \{[\s\S]*\n\}$/);
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
