import assert from "node:assert/strict";
import { ChatPanel } from "./support/chatPanel.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const area = "export const area = (width: number, height: number): number => width * height;\n";

describe("a chat view that is moved", () => {
  let session: Session;
  let chat: ChatPanel;

  before(async () => {
    session = await Session.start({ files: { "src/area.ts": area }, settings: { "wisp.enabled": false } });
    chat = await ChatPanel.openBeside(session.editor, "src/area.ts");
  });

  after(() => session?.stop());

  it("goes on in the middle of an answer, and is found again when it is moved back", async () => {
    const { editor } = session;
    await editor.command("Wisp: New Chat");
    await chat.ask("Count from one to sixty, one number on each line.");
    await until(
      "the answer begins",
      120_000,
      async () => (await chat.answers()).at(-1) ?? "",
      (text) => text.length > 0,
    );
    await session.runCommand("vscode.moveViews", {
      viewIds: ["wisp.chat"],
      destinationId: "workbench.view.explorer",
    });
    await editor.command("Wisp: Open Chat");
    const moved = await chat.waitForAnswer();
    assert.ok(moved.length > 0);
    await editor.screenshot("chat-moved");
    await editor.command("View: Reset View Locations");
    await editor.command("Wisp: Open Chat");
    assert.equal(await chat.waitForAnswer(), moved);
    assert.match(await chat.lastQuestion(), /^Count from one/);
  });

  it("keeps the draft and where the reader was when it is moved, hidden and loaded again", async () => {
    const { editor } = session;
    await chat.answerTo(`${"One of many lines.\n".repeat(60)}Say yes.`);
    await chat.type("half a thought");
    await chat.scrollTo(120);
    const isAsBefore = (): Promise<unknown> =>
      until(
        "the draft and the place are as before",
        30_000,
        async () => ({ draft: await chat.draft(), scrollTop: await chat.scrollTop() }),
        ({ draft, scrollTop }) => draft === "half a thought" && scrollTop === 120,
      );
    await isAsBefore();
    await session.runCommand("vscode.moveViews", {
      viewIds: ["wisp.chat"],
      destinationId: "workbench.view.explorer",
    });
    await editor.command("Wisp: Open Chat");
    await isAsBefore();
    await editor.command("View: Reset View Locations");
    await editor.command("Wisp: Open Chat");
    await isAsBefore();
    await session.runCommand("workbench.view.search");
    await editor.command("Wisp: Open Chat");
    await isAsBefore();
    await editor.reload();
    await editor.command("Wisp: Open Chat");
    await isAsBefore();
    await editor.screenshot("chat-reloaded");
  });

  it("keeps what is typed in the place of a question when it is hidden and loaded again", async () => {
    const { editor } = session;
    await chat.typeInPlace("Say no.");
    const isAsBefore = (): Promise<unknown> =>
      until(
        "the other wording is as before",
        30_000,
        () => chat.typedInPlace(),
        ([text, another]) => text === "Say no." && another === undefined,
      );
    await session.runCommand("workbench.view.search");
    await editor.command("Wisp: Open Chat");
    await isAsBefore();
    await editor.reload();
    await editor.command("Wisp: Open Chat");
    await isAsBefore();
    await editor.screenshot("chat-edited");
  });
});
