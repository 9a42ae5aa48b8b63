import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { FakeOpenAiServer } from "../fakes/fakeOpenAiServer.ts";
import { ChatPanel } from "./support/chatPanel.ts";
import { scriptedSettings, startScriptedChat } from "./support/scriptedChat.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const area = `export function area(width: number, height: number): number {
  const w = width;
  // between the two
  // changes
  // of the answer
  return w * height;
}

export function half(value: number): number {
  return value / 2;
}
`;
const newArea = area.split("\n\n")[0]?.replace("w = width", "w = Math.abs(width)") ?? "";
const bothChanges = newArea.replace("w * height", "w * Math.abs(height)");
const applied = area.replace(area.split("\n\n")[0] ?? "", bothChanges);
const script = `# writes two lines
cat > made.txt <<'END'
one && two
  three
END`;

/** What the model answers, chosen by words of the question. */
const answers: Readonly<Record<string, string>> = {
  "mend area": `Negative sides count too:\n\n\`\`\`typescript\n${bothChanges}\n\`\`\``,
  somewhere: "```typescript\nconsole.log(1);\n```",
  "write the file": `Run this:\n\n\`\`\`sh\n${script}\n\`\`\``,
};

function answerTo(question: string): string {
  const word = Object.keys(answers).find((candidate) => question.includes(candidate));
  return (word && answers[word]) || "I do not know.";
}

describe("what can be done in the chat panel with code blocks", () => {
  let session: Session;
  let server: FakeOpenAiServer;
  let chat: ChatPanel;

  before(async () => {
    server = await startScriptedChat((messages) => answerTo(messages.at(-1)?.content ?? ""));
    session = await Session.start({
      files: {
        "src/area.ts": area,
        "src/other.ts": "export const unit = 1;\n",
        "src/same.ts": "export function area() {\n  return 1;\n}\n",
      },
      settings: {
        ...scriptedSettings(server),
        // Painted as text, which a test can read.
        "terminal.integrated.gpuAcceleration": "off",
        "terminal.integrated.defaultProfile.linux": "bash",
        "terminal.integrated.profiles.linux": { bash: { path: "/bin/bash" }, plain: { path: "/bin/sh" } },
      },
    });
    chat = await ChatPanel.openBeside(session.editor, "src/area.ts");
  });

  after(async () => {
    await session?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    // Whatever list a failed test has left open.
    await session.editor.press("Escape", 2);
  });

  const onDisk = (file: string): string => join(session.profile.workspace, file);
  const apply = "Apply this code to the file and show the difference";
  const diff = () => session.editor.page.locator(".monaco-diff-editor");
  const modified = (text: string) => diff().locator(".editor.modified .view-line", { hasText: text }).first();

  it("applies a whole function to that function alone, and one undo takes it back", async () => {
    const { editor } = session;
    await editor.open("src/area.ts", 1, 1);
    await chat.answerTo("Please mend area.");
    await chat.press(apply);
    await diff().waitFor({ timeout: 30_000 });
    assert.match(await editor.activeTab(), /area\.ts: Wisp's proposal \(replaces area\)/);
    await editor.screenshot("chat-apply");
    assert.equal(await session.read("src/area.ts"), area, "nothing changes before it is accepted");
    await editor.command("Wisp: Accept Proposal");
    await diff().waitFor({ state: "detached" });
    await editor.save();
    assert.equal(await session.read("src/area.ts"), applied);
    await editor.press("Control+Z");
    await editor.save();
    assert.equal(await session.read("src/area.ts"), area);
  });

  it("applies one change and leaves the other out", async () => {
    const { editor } = session;
    await chat.press(apply);
    await modified("w = Math.abs").click();
    await editor.command("Wisp: Accept This Change");
    await until(
      "one change is left",
      20_000,
      () => diff().locator(".editor.original .line-delete").count(),
      (count) => count === 1,
    );
    await modified("Math.abs(height)").click();
    await editor.command("Wisp: Reject This Change");
    await diff().waitFor({ state: "detached" });
    await editor.open("src/area.ts", 1, 1);
    await editor.save();
    assert.equal(await session.read("src/area.ts"), area.replace("w = width", "w = Math.abs(width)"));
    await editor.press("Control+Z");
    await editor.save();
  });

  it("finds the function in a file that the answer was built on", async () => {
    const { editor } = session;
    await editor.open("src/other.ts", 1, 1);
    await chat.answerTo("Please mend area of #file:src/area.ts .");
    await chat.press(apply);
    await diff().waitFor({ timeout: 30_000 });
    assert.match(await editor.activeTab(), /area\.ts: Wisp's proposal \(replaces area\)/);
    await editor.command("Wisp: Reject Proposal");
    await diff().waitFor({ state: "detached" });
  });

  it("asks which file is meant where several have the function", async () => {
    const { editor } = session;
    await editor.open("src/same.ts", 1, 1);
    await chat.answerTo("Please mend area of #file:src/area.ts once more.");
    await chat.press(apply);
    const asked = editor.page.locator(".quick-input-widget");
    await asked.locator(".monaco-list-row", { hasText: "Replace area in src/same.ts" }).waitFor();
    await editor.screenshot("chat-apply-which");
    await asked.locator(".monaco-list-row", { hasText: "Replace area in src/area.ts" }).click();
    await diff().waitFor({ timeout: 30_000 });
    assert.match(await editor.activeTab(), /area\.ts: Wisp's proposal \(replaces area\)/);
    await editor.command("Wisp: Reject Proposal");
    await diff().waitFor({ state: "detached" });
  });

  it("asks where code goes that has no certain place", async () => {
    const { editor } = session;
    await editor.open("src/other.ts", 2, 1);
    await chat.answerTo("Log it somewhere.");
    await chat.press(apply);
    const asked = editor.page.locator(".quick-input-widget");
    await asked
      .locator(".quick-input-title", { hasText: "Where in src/other.ts does this code go?" })
      .waitFor();
    await asked.locator(".monaco-list-row", { hasText: "Insert at the cursor" }).click();
    await diff().waitFor({ timeout: 30_000 });
    await editor.command("Wisp: Accept Proposal");
    await diff().waitFor({ state: "detached" });
    await editor.save();
    assert.match(await session.read("src/other.ts"), /^export const unit = 1;\nconsole\.log\(1\);/);
    await editor.press("Control+Z");
    await editor.save();
  });

  it("inserts code at the cursor, and opens it as a new file", async () => {
    const { editor } = session;
    await editor.open("src/other.ts", 2, 1);
    await chat.press("Insert this code at the cursor");
    await editor.page.locator(".view-line", { hasText: "console.log(1);" }).first().waitFor();
    await editor.page.locator(".part.editor .monaco-editor.focused").waitFor();
    await editor.save();
    assert.equal(await session.read("src/other.ts"), "export const unit = 1;\nconsole.log(1);");
    await chat.press("Open this code as a new file");
    await until(
      "the new file is open",
      20_000,
      () => editor.activeTab(),
      (tab) => tab.includes("Untitled-1"),
    );
    const mode = editor.page.locator(".statusbar-item[id='status.editor.mode']");
    await mode.filter({ hasText: "TypeScript" }).waitFor();
    await editor.command("File: Revert File");
  });

  it("pastes lines into the terminal as they are, and leaves running them to the user", async () => {
    const { editor } = session;
    const { page } = editor;
    await page.evaluate("navigator.clipboard.writeText('what was copied before')");
    await chat.answerTo("How do I write the file?");
    await chat.press("Put this command into the terminal without running it");
    const terminal = page.locator(".terminal-wrapper.active .xterm-rows");
    await until(
      "the lines are in the terminal",
      30_000,
      async () => ((await terminal.count()) > 0 ? ((await terminal.textContent()) ?? "") : ""),
      (text) => text.replaceAll("\u00a0", " ").includes("three"),
    );
    await editor.screenshot("chat-terminal");
    await assert.rejects(session.read("made.txt"), { code: "ENOENT" });
    assert.equal(await page.evaluate("navigator.clipboard.readText()"), "what was copied before");
    await editor.press("Enter");
    await until(
      "the lines have run",
      20_000,
      () => session.read("made.txt").catch(() => ""),
      (text) => text === "one && two\n  three\n",
    );
  });

  it("lets VS Code ask where a shell would run the lines at once", async () => {
    const { editor } = session;
    const { page } = editor;
    await rm(onDisk("made.txt"), { force: true });
    await session.runCommand("workbench.action.terminal.newWithProfile", { profileName: "plain" });
    await until(
      "the plain shell is there",
      20_000,
      () => page.locator(".terminal-wrapper").count(),
      (count) => count === 2,
    );
    await chat.press("Put this command into the terminal without running it");
    const dialog = page.locator(".monaco-dialog-box");
    await dialog.filter({ hasText: "paste 5 lines" }).waitFor();
    await dialog.locator(".monaco-button", { hasText: "Cancel" }).click();
    await assert.rejects(session.read("made.txt"), { code: "ENOENT" });
    await editor.command("Terminal: Kill All Terminals");
  });
});
