import assert from "node:assert/strict";
import { commitMessageText } from "../../../src/chat/commitMessage.ts";
import { diffByFile } from "../../../src/chat/diffByFile.ts";

describe("commitMessageText", () => {
  it("takes off what models put round a message", () => {
    for (const answer of [
      "Add a limit",
      "```\nAdd a limit\n```",
      "```text\nAdd a limit\n```\nThis message says what changed.",
      "Here is the commit message:\n\n```\nAdd a limit\n```\n\nIt says what changed.",
      "Sure!\n\n  ```text \n  Add a limit\n  ```",
      "Sure! Here is a commit message:\n\nAdd a limit",
      "Commit message: Add a limit",
      "**Commit message:** Add a limit",
      "Subject: Add a limit",
      '"Add a limit"',
      "`Add a limit`",
    ])
      assert.equal(commitMessageText(answer), "Add a limit", answer);
  });

  it("keeps the body behind one blank line, and what is quoted inside", () => {
    assert.equal(
      commitMessageText('Rename "a" to "b"\nIt was unclear.\n\n- and more\n'),
      'Rename "a" to "b"\n\nIt was unclear.\n\n- and more',
    );
  });

  it("shows an answer that is still being written", () => {
    assert.equal(commitMessageText("```\nAdd a li"), "Add a li");
    assert.equal(commitMessageText("Here it is:\n```\nAdd a li"), "Add a li");
    assert.equal(commitMessageText("Fix:"), "Fix:");
  });
});

describe("diffByFile", () => {
  const changed = `diff --git a/src/a.ts b/src/a.ts
index 1..2 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -1 +1 @@
--- a/not/a/header
+diff --git a/no b/no
`;
  const renamed = `diff --git a/old name.txt b/new.txt
similarity index 100%
rename from old name.txt
rename to new.txt
`;
  const binary = `diff --git a/x.png b/x.png
index 1..2 100644
Binary files a/x.png and b/x.png differ
`;
  const added = `diff --git a/.env b/.env
new file mode 100644
--- /dev/null
+++ b/.env
@@ -0,0 +1 @@
+KEY=1
`;

  it("names the files of each part, and loses nothing", () => {
    const parts = diffByFile(changed + renamed + binary + added);
    assert.deepEqual(
      parts.map(({ paths }) => paths),
      [["src/a.ts"], ["old name.txt", "new.txt"], ["x.png"], [".env"]],
    );
    assert.equal(parts.map(({ text }) => text).join(""), changed + renamed + binary + added);
  });

  it("is empty for no changes", () => {
    assert.deepEqual(diffByFile(""), []);
  });
});
