import assert from "node:assert/strict";
import { commitMessageText } from "../../../src/chat/commitMessage.ts";

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
