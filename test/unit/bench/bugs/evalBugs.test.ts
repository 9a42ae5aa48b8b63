import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { readBugCases } from "../../../../bench/bugs/bugCase.ts";
import { bugReport, wilson } from "../../../../bench/bugs/bugReport.ts";
import { differingLines } from "../../../../bench/bugs/quixBugs.ts";
import type { ResultRow } from "../../../../bench/bugs/results.ts";
import { chatPiece, FakeOpenAiServer, json, stream } from "../../../fakes/fakeOpenAiServer.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
const script = path.join(root, "scripts/evalBugs.ts");
const set = path.join(root, "test/bugs");
const run = promisify(execFile);
const block = (code: string): string => `\`\`\`javascript\n${code}\n\`\`\``;

/** Answers for the case `clamp`: the greedy fix is wrong, the second one is right. */
const wrongFix =
  "export function clamp(value, low, high) {\n  return Math.max(Math.max(value, low), low);\n}";
const rightFix =
  "export function clamp(value, low, high) {\n  return Math.min(Math.max(value, low), high);\n}";
const finding = {
  quote: "return Math.max(Math.max(value, low), high);",
  problem: "Wrong.",
  severity: "error",
};

describe("npm run eval:bugs", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "wisp-eval-bugs-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("has sound cases: the tests tell each bug from its absence", async function () {
    this.timeout(60_000);
    const { stdout } = await run(process.execPath, [script, "--set", set, "--verify"]);
    assert.match(stdout, /ok {4}clamp \(lines 3\)/);
    assert.match(stdout, /3 of 3 cases are sound/);
  });

  it("finds and fixes through the commands' code, judges by the tests, and goes on where it was", async function () {
    this.timeout(60_000);
    const fixes = [wrongFix, rightFix, rightFix];
    await using server = await FakeOpenAiServer.start((response, request) => {
      if (request.path.endsWith("/models"))
        return json(200, { object: "list", data: [{ id: "scripted" }] })(response, request);
      const question = ((request.body["messages"] ?? []) as { content: string }[]).at(-1)?.content ?? "";
      const answer = question.includes('"findings"')
        ? JSON.stringify({ findings: [finding] })
        : question.includes('"verdict"')
          ? JSON.stringify({ reason: "It is.", verdict: "bug" })
          : block(fixes.shift() ?? assert.fail("the model was asked once too often"));
      return stream([chatPiece(answer), chatPiece("", "stop")])(response, request);
    });
    const out = path.join(folder, "new", "results.jsonl");
    const args = [script, "--set", set, "--model", server.baseUrl, "--out", out, "--limit", "1"];
    const { stdout } = await run(process.execPath, args);
    const rows = (await readFile(out, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(rows[0].findings[0].lines, [3, 3]);
    assert.equal(rows[0].findings[0].hit, true);
    assert.equal(rows[0].falseAlarms, 0, "what is quoted does not stand in the fixed source");
    // The third answer is the second again, so it is no candidate of its own.
    assert.deepEqual(rows[1].candidates, [false, true]);
    assert.deepEqual(
      { shown: rows[1].plain.shown, passes: rows[1].plain.passes },
      { shown: true, passes: false },
      "form alone cannot tell the two apart",
    );
    assert.deepEqual(
      { ...rows[1].checked, notes: 0 },
      { shown: true, passes: true, heldBack: 1, heldBackWrongly: 0, notes: 0 },
    );
    assert.match(stdout, /raw pass@1 \(greedy, no checks\) \| 0\.0 % \(0 of 1/);
    assert.match(stdout, /with a check command: shown fixes that pass all tests \| 100\.0 % \(1 of 1/);
    const asked = server.requests.length;
    await run(process.execPath, args);
    assert.equal(
      server.requests.filter(({ path: at }) => at.endsWith("/chat/completions")).length,
      asked - 1,
    );
    await assert.rejects(run(process.execPath, [...args, "--samples", "5"]), /another setup/);
  });

  it("says what is wrong with a case", async () => {
    await mkdir(path.join(folder, "bad"));
    const put = (value: unknown): Promise<void> =>
      writeFile(path.join(folder, "bad", "case.json"), JSON.stringify(value));
    const good = { languageId: "python", source: "a.py", bugLines: [[1, 1]], test: ["true"] };
    await put({ ...good, bugLines: [] });
    await assert.rejects(readBugCases(folder), /bad.case\.json: bugLines/);
    await put({ ...good, test: "true" });
    await assert.rejects(readBugCases(folder), /test is the words of a command/);
    await put(good);
    await assert.rejects(readBugCases(folder), /no file a\.py/);
  });
});

describe("QuixBugs", () => {
  it("is read as cases, with the place of each bug from the difference to the correct program", async () => {
    const checkout = await mkdtemp(path.join(os.tmpdir(), "wisp-quixbugs-"));
    const put = async (name: string, text: string): Promise<void> => {
      await mkdir(path.dirname(path.join(checkout, name)), { recursive: true });
      await writeFile(path.join(checkout, name), text);
    };
    await put("python_programs/twice.py", 'def twice(n):\n    return n * 3\n\n"""\nTwice\n"""\n');
    await put("correct_python_programs/twice.py", "def twice(n):\n    return n * 2\n");
    await put("python_testcases/test_twice.py", "");
    await put("python_testcases/node.py", "");
    await put("python_testcases/load_testdata.py", "");
    await put("json_testcases/twice.json", "[[1], 2]\n");
    const [only, ...others] = await readBugCases(checkout);
    assert.deepEqual(others, []);
    assert.equal(only?.id, "twice");
    assert.deepEqual(only.bugLines, [[2, 2]]);
    assert.ok(only.files.has("json_testcases/twice.json"));
    assert.equal(only.check?.at(-1), "--every-second");
    await rm(checkout, { recursive: true });
  });

  it("takes the lines around a gap where a line is missing, and no comments", () => {
    assert.deepEqual(differingLines("a\nc\n", "a\nb\nc\n"), [[1, 2]]);
    assert.deepEqual(differingLines("# one\na\nb\n", "a\nx\n"), [[3, 3]]);
  });
});

describe("bugReport", () => {
  it("gives shares of what was shown with their intervals", () => {
    const counts = { reported: 3, notInTheCode: 1, known: 0, refuted: 1, elsewhere: 0 };
    const found = { lines: [1, 1], hit: true, message: "m", severity: "error" } as const;
    const outcome = { shown: true, passes: false, heldBack: 2, heldBackWrongly: 1, notes: [] };
    const rows: ResultRow[] = [
      { kind: "find", id: "a", findings: [found], counts, falseAlarms: 2, seconds: 2 },
      { kind: "find", id: "b", findings: [{ ...found, hit: false }], counts, seconds: 4 },
      { kind: "fix", id: "a", candidates: [false, true], plain: outcome, seconds: 3 },
    ];
    const report = bugReport(rows, 3);
    assert.match(report, /bug located \(recall\) \| 50\.0 % \(1 of 2; 9 to 91 %\)/);
    assert.match(report, /without a bug in which one is reported \| 100\.0 % \(1 of 1/);
    assert.match(report, /raw pass@3 \| 100\.0 % \(1 of 1/);
    assert.match(report, /held back that would have failed \| 50\.0 % \(1 of 2/);
    assert.doesNotMatch(report, /with a check command/);
  });

  it("has intervals that agree with published ones", () => {
    // Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 gives 0 to 0.1611.
    assert.deepEqual(
      wilson(81, 263).map((bound) => bound.toFixed(4)),
      ["0.2553", "0.3662"],
    );
    assert.deepEqual(
      wilson(0, 20).map((bound) => bound.toFixed(4)),
      ["0.0000", "0.1611"],
    );
  });
});
