import assert from "node:assert/strict";
import { fileDiff } from "../../../src/chat/fileDiff.ts";

const diff = (before: string | undefined, after: string | undefined): string =>
  fileDiff({ oldPath: "a.ts", newPath: "a.ts", before, after });

describe("fileDiff", () => {
  it("tells a file that is new, gone, filled or emptied whole, however large it is", () => {
    const many = "line\n".repeat(300_000);
    assert.ok(diff(undefined, many).startsWith("--- /dev/null\n+++ a.ts\n@@ -0,0 +1,300000 @@\n+line\n"));
    assert.ok(
      diff(many, undefined).endsWith(
        "+++ /dev/null\n@@ -1,300000 +0,0 @@\n".concat("-line\n".repeat(300_000)),
      ),
    );
    assert.equal(
      diff("", "one\ntwo"),
      "--- a.ts\n+++ a.ts\n@@ -0,0 +1,2 @@\n+one\n+two\n\\ No newline at end of file\n",
    );
    assert.equal(diff("one\r\n", ""), "--- a.ts\n+++ a.ts\n@@ -1,1 +0,0 @@\n-one\n");
    assert.equal(diff(undefined, ""), "--- /dev/null\n+++ a.ts\n");
  });

  it("compares what stands on both sides, and not its line ends", () => {
    assert.equal(diff("one\r\ntwo\r\n", "one\ntwo\n"), "");
    assert.equal(diff("one\ntwo\n", "one\n2\n"), "--- a.ts\n+++ a.ts\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
    assert.match(diff("a\0", "b\0"), /\(not text\)/);
  });
});
