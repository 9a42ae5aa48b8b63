import assert from "node:assert/strict";
import type { FakeOpenAiServer } from "../fakes/fakeOpenAiServer.ts";
import { ChatPanel } from "./support/chatPanel.ts";
import { scriptedSettings, startScriptedChat } from "./support/scriptedChat.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const stack = `export function last(values: number[]): number | undefined {
  return values[values.length];
}

export function label(count: number): string {
  const text: number = "items: " + count;
  return text;
}
`;
const fixedLabel = `export function label(count: number): string {
  const text: string = "items: " + count;
  return text;
}`;
const finding = {
  quote: "return values[values.length];",
  problem: "Reads one past the end, so the result is always undefined.",
  severity: "error",
};

/** What a good model would answer, chosen by what it is asked. */
function answerTo(question: string): string {
  if (question.includes('"findings"')) {
    return JSON.stringify({ findings: question.includes(finding.quote) ? [finding] : [] });
  }
  if (question.includes('"verdict"'))
    return JSON.stringify({ reason: "[1] gives undefined.", verdict: "bug" });
  if (question.includes("Fix this problem")) return `\`\`\`typescript\n${fixedLabel}\n\`\`\``;
  return "It **returns** the last value.";
}

describe("explain, find bugs and fix in VS Code, with a scripted server", () => {
  let session: Session;
  let server: FakeOpenAiServer;

  before(async () => {
    server = await startScriptedChat((messages) => answerTo(messages.at(-1)?.content ?? ""));
    session = await Session.start({
      files: {
        "src/stack.ts": stack,
        "tsconfig.json": JSON.stringify({
          compilerOptions: { strict: true, module: "esnext" },
          include: ["src"],
        }),
      },
      settings: scriptedSettings(server),
    });
    await session.editor.open("src/stack.ts", 6, 9);
  });

  after(async () => {
    await session?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  it("marks a bug that stands, in the editor and in Problems", async () => {
    const { editor } = session;
    await editor.command("Wisp: Find Bugs");
    await editor.waitForNotification("Found 1 possible bug", 60_000);
    await editor.command("Problems: Focus on Problems View");
    const row = editor.page.locator(".markers-panel .monaco-list-row", { hasText: "Reads one past the end" });
    await row.waitFor({ timeout: 20_000 });
    assert.match((await row.textContent()) ?? "", /wisp/);
    await editor.screenshot("find-bugs");
  });

  it("offers a fix for the compiler's problem, checks it, shows the difference, applies it and takes it back", async () => {
    const { editor } = session;
    const { page } = editor;
    await page
      .locator(".markers-panel .monaco-list-row", { hasText: "not assignable to type 'number'" })
      .first()
      .waitFor();
    await editor.open("src/stack.ts", 6, 9);
    await page.keyboard.press("Control+.");
    await page.locator(".action-widget .monaco-list-row", { hasText: "Wisp: Fix" }).first().click();
    await page.locator(".monaco-diff-editor").waitFor({ timeout: 90_000 });
    const title = await until("the proposal has a title", 10_000, () => editor.activeTab());
    assert.match(title, /Wisp's proposal \(parses, \d+ problems? → \d+\)/);
    await editor.screenshot("fix-proposal");
    assert.equal(await session.read("src/stack.ts"), stack, "nothing changes before it is accepted");
    await editor.command("Wisp: Accept Proposal");
    await page.locator(".monaco-diff-editor").waitFor({ state: "detached" });
    await editor.save();
    assert.equal(await session.read("src/stack.ts"), stack.replace("text: number", "text: string"));
    await page.keyboard.press("Control+Z");
    await editor.save();
    assert.equal(await session.read("src/stack.ts"), stack, "one undo takes it back");
    await editor.command("Problems: Focus on Problems View");
    const groups = await page
      .locator(
        ".markers-panel .monaco-list-row .resource-label-container, .markers-panel .monaco-list-row .monaco-icon-label",
      )
      .allTextContents();
    assert.deepEqual(
      groups.filter((label) => label.includes("wisp-check")),
      [],
      "no problems of the place of the check",
    );
  });

  it("explains in the chat, where the user can go on", async () => {
    const { editor } = session;
    await editor.open("src/stack.ts", 2, 5);
    await editor.command("Wisp: Explain");
    const chat = new ChatPanel(editor.page);
    assert.equal(await chat.waitForAnswer(), "It returns the last value.");
    assert.match(await chat.lastQuestion(), /^Explain src\/stack\.ts:1/);
    const asked = server.lastAsked?.body["messages"] as { content: string }[];
    assert.match(asked.at(-1)?.content ?? "", /export function last[\s\S]*Explain the given code/);
    await editor.screenshot("explain");
    await chat.ask("And when it is empty?");
    await until(
      "the second answer",
      20_000,
      () => chat.answers(),
      (answers) => answers.length === 2,
    );
    const followUp = server.lastAsked?.body["messages"] as { role: string; content: string }[];
    assert.deepEqual(
      followUp.map((message) => message.role),
      ["system", "user", "assistant", "user"],
    );
  });

  it("keeps what came when the server dies in the middle of an answer", async () => {
    const chat = new ChatPanel(session.editor.page);
    await server[Symbol.asyncDispose]();
    await chat.ask("Still there?");
    const error = await chat.waitForError();
    assert.match(error, /server|answer|reach/i);
  });
});
