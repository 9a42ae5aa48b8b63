import assert from "node:assert/strict";
import { ChatPanel } from "./support/chatPanel.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const code = `export function area(width: number, height: number): number {
  return width * height;
}
`;

describe("chat in VS Code, from the real model", () => {
  let session: Session;
  let chat: ChatPanel;

  before(async () => {
    session = await Session.start({ files: { "src/area.ts": code } });
    await session.editor.open("src/area.ts", 1, 1);
    await session.editor.command("Wisp: Open Chat");
    chat = new ChatPanel(session.editor.page);
  });

  after(() => session?.stop());

  it("answers about the open file", async () => {
    await chat.ask("In one short sentence: what does the function in this file compute?");
    const answer = await chat.waitForAnswer();
    assert.match(answer, /area|width|height|multipl|product/i);
    await session.editor.screenshot("chat");
  });

  it("answers with code that can be acted on", async () => {
    // A model this small now and then leaves the fence away.
    const actions = await until(
      "an answer has a code block",
      120_000,
      async () => {
        await chat.answerTo("Write this function again as an arrow function, in a fenced code block.");
        return chat.codeActions();
      },
      (found) => found.length > 0,
    );
    assert.deepEqual(actions, ["Copy", "Insert", "Apply", "New file"]);
    await session.editor.screenshot("chat-code");
  });

  it("stops when it is told to and keeps what came", async () => {
    const before = (await chat.answers()).length;
    await chat.ask("Write a story of a thousand words about a lighthouse.");
    await until(
      "the answer has begun",
      60_000,
      () => chat.answers(),
      (answers) => (answers[before]?.length ?? 0) > 10,
    );
    await chat.press("Stop the answer");
    const kept = await chat.waitForAnswer(20_000);
    assert.ok(kept.length > 10);
    assert.ok(kept.length < 4000, "it ended early");
  });

  it("comes back after a reload of the window", async () => {
    const before = await chat.answers();
    await session.editor.reload();
    await session.editor.command("Wisp: Open Chat");
    const again = new ChatPanel(session.editor.page);
    const after = await until(
      "the conversation is back",
      30_000,
      () => again.answers(),
      (answers) => answers.length === before.length,
    );
    assert.deepEqual(after, before);
  });
});
