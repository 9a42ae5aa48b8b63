import assert from "node:assert/strict";
import { runLab, skipLabVariable, totalsOfJunit } from "../../../scripts/testing/labSuite.ts";

describe("the lab's suite", () => {
  it("counts what pytest wrote", () => {
    const xml =
      '<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" ' +
      'skipped="3" tests="20" time="15.1"><testcase name="a"/></testsuite></testsuites>';
    assert.deepEqual(totalsOfJunit(xml), { passed: 14, failed: 3, skipped: 3 });
  });

  it("takes a report without counts for none", () => {
    assert.equal(totalsOfJunit(""), undefined);
    assert.equal(totalsOfJunit('<testsuite name="pytest" tests="2">'), undefined);
  });

  it("counts one skipped test where the contributor wants none of it", async () => {
    const before = process.env[skipLabVariable];
    process.env[skipLabVariable] = "1";
    try {
      assert.deepEqual(await runLab(), { passed: 0, failed: 0, skipped: 1 });
    } finally {
      if (before === undefined) delete process.env[skipLabVariable];
      else process.env[skipLabVariable] = before;
    }
  });
});
