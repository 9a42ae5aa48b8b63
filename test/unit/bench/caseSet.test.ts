import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeCaseSet } from "../../../bench/cases/caseSet.ts";
import { addedLines } from "../../../bench/cases/repository.ts";
import { readSets } from "../../../bench/eval/cases.ts";

const licence = "MIT License\n\nPermission is hereby granted, free of charge, to any person\n";
const old = `import { old } from "./old.ts";\n\nexport function first(): number {\n  return old(1);\n}\n`;
const grown = `${old}
/** A comment that is new, and long enough to be a line of a case. */
export function summarise(values: readonly number[], scale: number): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  const average = total / Math.max(1, values.length);
  if (scale <= 0) throw new RangeError("the scale must be positive");
  return weightedAverage(average, scale);
}
`;
const other =
  "export function weightedAverage(average: number, scale: number): number {\n  return average * scale;\n}\n";

describe("completion cases from a repository", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "wisp-cases-test-"));
  const repository = path.join(folder, "owner+some");
  after(() => rmSync(folder, { recursive: true, force: true }));

  const git = (...args: string[]): void => {
    execFileSync("git", ["-C", repository, "-c", "user.name=a", "-c", "user.email=a@b.c", ...args], {
      env: { ...process.env, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date },
    });
  };
  let date = "2025-06-01T00:00:00Z";
  const commit = (files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(repository, name), text);
    git("add", "-A");
    git("commit", "-q", "-m", "change");
  };
  const make = (into: string, since = "2026-01-01", languageId = "typescript") =>
    writeCaseSet(path.join(folder, into), {
      repositories: [{ location: repository, languageId }],
      since,
      wanted: { line_end: 2, mid_call: 2, block: 2, cross_file: 2 },
      seed: 1,
      tell: () => {},
    });

  before(() => {
    mkdirSync(repository);
    git("init", "-q");
    commit({ "a.ts": old, "b.ts": "export const nothing = 0;\n", LICENSE: licence });
    date = "2026-06-01T00:00:00Z";
    commit({ "a.ts": grown, "b.ts": other });
  });

  it("lie in new lines, put together give the file, and name where they come from", async () => {
    await make("one");
    const { cases, workspaces } = await readSets([path.join(folder, "one")]);
    assert.ok(cases.length >= 5, `${cases.length} cases`);
    for (const each of cases) {
      const text = { "a.ts": grown, "b.ts": other }[each.path];
      assert.equal(each.prefix + each.truth_block + each.suffix, text, each.id);
      assert.ok((each.line ?? 0) > 6 || each.path === "b.ts", `${each.id} is a new line`);
      assert.equal(each.repo, "owner/some");
      assert.doesNotMatch(each.prefix.split("\n").at(-1) ?? "", /A comment/);
    }
    assert.deepEqual(
      workspaces
        .get("owner__some")
        ?.map((file) => file.path)
        .sort(),
      ["LICENSE", "a.ts", "b.ts"],
    );
  });

  it("of a call leave its closer right of the cursor, and of a block leave the function open", async () => {
    const cases = await make("two");
    const calls = cases.filter(({ kind }) => kind === "mid_call");
    assert.ok(calls.length > 0);
    for (const each of calls) assert.match(each.suffix, /^\)/);
    const blocks = cases.filter(({ kind }) => kind === "block");
    assert.ok(blocks.length > 0);
    for (const each of blocks) {
      assert.match(each.suffix, /^\n\}/);
      assert.match(each.prefix, /\n {2}$/);
    }
  });

  it("across files ask for a name that only another file has", async () => {
    const cases = await make("three");
    const [each] = cases.filter(({ kind }) => kind === "cross_file");
    assert.equal(each?.target_identifier, "weightedAverage");
    assert.equal(each?.truth_line, "weightedAverage(average, scale);".slice(each?.typed_chars));
  });

  it("are the same bytes every time", async () => {
    await make("four");
    await make("five");
    const bytes = (name: string) => readFileSync(path.join(folder, name, "cases.jsonl.gz"));
    assert.deepEqual(bytes("four"), bytes("five"));
  });

  it("are made of a language that is new to the repository, whatever the case of its licence's name", async () => {
    git("mv", "LICENSE", "License.txt");
    const added =
      "def weighted(average, scale):\n    result = average * scale\n    return result + average\n";
    commit({ "c.py": added });
    const cases = await make("python", "2026-01-01", "python");
    assert.ok(cases.length > 0 && cases.every((each) => each.path === "c.py"));
    git("mv", "License.txt", "LICENSE");
  });

  it("are not made where nothing is older or no permissive licence is there", async () => {
    await assert.rejects(make("six", "2020-01-01"), /no commit before/);
    commit({ LICENSE: "All rights reserved.\n" });
    await assert.rejects(make("seven"), /no permissive licence/);
  });
});

describe("lines that a diff adds", () => {
  it("are numbered from 0 and belong to the new name of the file", () => {
    const diff =
      "--- a/x.ts\n+++ b/y.ts\n@@ -1 +2,2 @@ f\n+a\n+b\n@@ -9,0 +20 @@\n+c\n--- a/z.ts\n+++ /dev/null\n";
    assert.deepEqual(addedLines(diff), new Map([["y.ts", new Set([1, 2, 19])]]));
  });
});
