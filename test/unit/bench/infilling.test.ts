import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { Sandbox } from "../../../bench/bugs/sandbox.ts";
import { infillingTable } from "../../../bench/infilling/results.ts";
import { readTasks } from "../../../bench/infilling/tasks.ts";

const row = {
  task_id: "SingleLineInfilling/Own/0/L0",
  entry_point: "double",
  prompt: "def double(x):\n",
  suffix: "    return y\n",
  canonical_solution: "    y = 2 * x\n",
  test: "def check(candidate):\n    assert candidate(4) == 8\n",
};
const inLine = {
  ...row,
  task_id: "RandomSpanInfilling/Own/0/1",
  prompt: "def double(x):\n    y = ",
  suffix: " * x\n    return y\n",
  canonical_solution: "2",
};

describe("infilling tasks", () => {
  let folder: string;
  const rows = `${JSON.stringify(row)}\n${JSON.stringify(inLine)}\n`;
  const file = (name: string) => path.join(folder, name);

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "wisp-infilling-"));
    await writeFile(file("tasks.jsonl"), rows);
    await writeFile(file("tasks.jsonl.gz"), gzipSync(rows));
    await writeFile(file("broken.jsonl"), `${JSON.stringify({ ...row, test: undefined })}\n`);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("are holes as an editor has them: an empty line where a line is missing, a cursor in a line else", async () => {
    const [line, span] = await readTasks(file("tasks.jsonl"));
    assert.deepEqual([line?.hole.prefix, line?.hole.suffix], [row.prompt, `\n${row.suffix}`]);
    assert.deepEqual([span?.hole.prefix, span?.hole.suffix], [inLine.prompt, inLine.suffix]);
    assert.equal((await readTasks(file("tasks.jsonl.gz"))).length, 2);
  });

  it("that are not of the form are refused with their place", async () => {
    await assert.rejects(readTasks(file("broken.jsonl")), /broken\.jsonl:1: the field test/);
  });

  it("pass with the right answer, fail with a wrong one and with one that never ends", async function () {
    this.timeout(30_000);
    const [line, span] = await readTasks(file("tasks.jsonl"));
    const sandbox = await Sandbox.open();
    const passes = async (task: typeof line, completion: string): Promise<boolean | undefined> => {
      const program = {
        source: "solution.py",
        files: new Map([["solution.py", ""]]),
        timeLimitMs: 2_000,
        memoryLimitMiB: 512,
      };
      const text = task?.program(completion) ?? assert.fail();
      const { passed } = await sandbox.run(
        program,
        text,
        ["python3", "solution.py"],
        new AbortController().signal,
      );
      return passed;
    };
    assert.equal(await passes(line, "    y = 2 * x"), true);
    assert.equal(await passes(line, "    y = 3 * x"), false);
    assert.equal(await passes(line, "    while True: pass"), false);
    assert.equal(await passes(span, "2"), true);
  });

  it("are summed up by part", async () => {
    const tasks = await readTasks(file("tasks.jsonl"));
    const prediction = { completion: "x", shown: true, replace: 0 };
    const predictions = tasks.map(({ hole }) => ({ ...prediction, id: hole.id }));
    const results = tasks.map(({ hole }, index) => ({ id: hole.id, passed: index === 0 }));
    const [, all, single] = infillingTable(tasks, predictions, results).split("\n");
    assert.match(all ?? "", /all +2 +100\.0 +50\.0/);
    assert.match(single ?? "", /SingleLineInfilling +1 +100\.0 +100\.0/);
  });
});
