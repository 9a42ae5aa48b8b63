import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repoRoot } from "../../../scripts/support/repo.ts";
import { failuresVariable, takeTotals, totalsVariable } from "../../../scripts/testing/totals.ts";

const suite = `
describe("a suite", () => {
  it("passes", () => {});
  it("fails", () => { throw new Error("${"far ".repeat(1000)}"); });
  it.skip("is left out", () => {});
});
describe("another", () => {
  before(() => { throw new Error("no way in"); });
  it("is not run", () => {});
});
`;

describe("the reporter of the tests", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wisp-reporter-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("leaves the totals, and what failed to be told again", async () => {
    const [totals, failures] = [join(folder, "totals.json"), join(folder, "failures.txt")];
    await writeFile(join(folder, "sample.test.cjs"), suite);
    const mocha = join(repoRoot, "node_modules/mocha/bin/mocha.js");
    const reporter = join(repoRoot, "scripts/testing/countingReporter.ts");
    const args = [mocha, "--no-config", "--reporter", reporter, join(folder, "sample.test.cjs")];
    const env = { ...process.env, [totalsVariable]: totals, [failuresVariable]: failures };
    assert.equal(spawnSync(process.execPath, args, { cwd: repoRoot, env }).status, 2);
    assert.deepEqual(takeTotals(totals), {
      ...{ passed: 1, failed: 2, skipped: 1 },
      bySuite: {
        "a suite": { passed: 1, failed: 1, skipped: 1 },
        another: { passed: 0, failed: 1, skipped: 0 },
      },
    });
    const told = readFileSync(failures, "utf8");
    assert.match(told, /^a suite fails\nError: far /);
    assert.match(told, /^another "before all" hook for "is not run"\nError: no way in$/m);
    assert.ok(told.length < 4000, "a long message is cut");
  });
});
