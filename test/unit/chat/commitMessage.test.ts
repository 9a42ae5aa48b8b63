import assert from "node:assert/strict";
import { commitMessageText, writeMessage } from "../../../src/chat/commitMessage.ts";
import type { CompletionEvent, FinishReason } from "../../../src/model/modelClient.ts";

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

describe("writeMessage", () => {
  async function* answer(texts: readonly string[], finishReason: FinishReason = "stop") {
    for (const text of texts) yield { type: "delta", candidate: 0, text } satisfies CompletionEvent;
    yield { type: "done", finishReason, usage: {} } satisfies CompletionEvent;
  }

  it("writes what comes, and puts back what stood there where nothing does", async () => {
    const box = { value: "old" };
    await writeMessage(box, answer(["Add ", "a limit"]));
    assert.equal(box.value, "Add a limit");
    for (const nothing of [answer([]), answer(["```", "\n```"]), answer(["Remove"], "cancelled")]) {
      await writeMessage(box, nothing);
      assert.equal(box.value, "Add a limit");
    }
    const fails = (async function* () {
      yield* [{ type: "delta", candidate: 0, text: "Remove" } satisfies CompletionEvent];
      throw new Error("broken off");
    })();
    await assert.rejects(writeMessage(box, fails), /broken off/);
    assert.equal(box.value, "Add a limit");
  });

  it("leaves what the user types meanwhile, and asks for no more", async () => {
    const box = { value: "" };
    let isEnded = false;
    const slow = (async function* () {
      try {
        yield* [{ type: "delta", candidate: 0, text: "Add" } satisfies CompletionEvent];
        box.value = "Mine";
        yield* answer([" a limit", " and more"]);
      } finally {
        isEnded = true;
      }
    })();
    await writeMessage(box, slow);
    assert.equal(box.value, "Mine");
    assert.equal(isEnded, true);
  });
});
