import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FakeOpenAiServer } from "../fakes/fakeOpenAiServer.ts";
import { ChatPanel } from "./support/chatPanel.ts";
import { committedBut, scriptedSettings, startScriptedChat } from "./support/scriptedChat.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const committed = `export function last(values) {
  return values[values.length - 1];
}

export function first(values) {
  return values[0];
}
`;
const changed = committed.replace("values.length - 1", "values.length");
const long = `export function table() {\n${'  console.log("one more line of a long function");\n'.repeat(3000)}}\n`;
const finding = { quote: "return values[values.length];", problem: "Reads past the end.", severity: "error" };

function answerTo(messages: readonly { readonly content: string }[]): string {
  const question = messages.at(-1)?.content ?? "";
  if (question.includes('"findings"'))
    return JSON.stringify({ findings: question.includes(finding.quote) ? [finding] : [] });
  if (question.includes('"verdict"')) return JSON.stringify({ reason: "It does.", verdict: "bug" });
  if (messages[0]?.content.startsWith("You fix bugs"))
    return `\`\`\`javascript\n${committed.split("\n\n")[0]}\n\`\`\``;
  return "It is explained.";
}

describe("the ways to explanations, findings and fixes in VS Code, with a scripted server", () => {
  let session: Session;
  let server: FakeOpenAiServer;

  before(async () => {
    server = await startScriptedChat(answerTo);
    session = await Session.start({
      files: { "list.mjs": committed, "long.mjs": long },
      prepare: committedBut("list.mjs", changed),
      settings: {
        ...scriptedSettings(server),
        "git.openRepositoryInParentFolders": "never",
      },
    });
  });

  after(async () => {
    await session?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    // Whatever menu or list a failed test has left open.
    await session.editor.press("Escape", 2);
  });

  const problems = () => session.editor.page.locator(".markers-panel .monaco-list-row");
  const marked = () => problems().filter({ hasText: finding.problem });
  const questionOf = async (wanted: RegExp) => {
    const chat = new ChatPanel(session.editor.page);
    return until(
      "the question is in the chat",
      30_000,
      () => chat.lastQuestion(),
      (question) => wanted.test(question),
    );
  };

  it("moves a finding with edits above it, and takes it back when its line changes", async () => {
    const { editor } = session;
    const { page } = editor;
    await editor.open("list.mjs", 1, 1);
    await editor.command("Wisp: Find Bugs");
    await editor.waitForNotification("Found 1 possible bug", 60_000);
    await editor.command("Problems: Focus on Problems View");
    await marked().filter({ hasText: "Ln 2" }).waitFor();
    await editor.open("list.mjs", 1, 1);
    await page.keyboard.press("Enter");
    await marked().filter({ hasText: "Ln 3" }).waitFor();
    await editor.open("list.mjs", 3, 10);
    await page.keyboard.type("0 ||");
    await marked().waitFor({ state: "detached" });
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await editor.command("File: Revert File");
    await until(
      "the file is as on disk",
      10_000,
      () => page.locator(".tab.active.dirty").count(),
      (n) => n === 0,
    );
  });

  it("explains by its keys", async () => {
    const { editor } = session;
    await editor.open("list.mjs", 6, 3);
    await editor.press("Control+K");
    await editor.press("Control+E");
    await questionOf(/^Explain list\.mjs:5/);
  });

  it("says what is left out of a long function, and refuses to fix one", async () => {
    const { editor } = session;
    await editor.open("long.mjs", 2, 3);
    await editor.command("Wisp: Explain");
    await questionOf(/^Explain long\.mjs:1 \(without \d+ of its lines, which do not fit\)/);
    await editor.open("long.mjs", 2, 3);
    await editor.command("Wisp: Fix Bug");
    await editor.waitForNotification(/lines are too many for a fix with this model/);
  });

  it("carries a proposal over to a document edited meanwhile, and refuses where the same line was edited", async () => {
    const { editor } = session;
    const { page } = editor;
    const propose = async () => {
      await editor.open("list.mjs", 2, 10);
      await editor.command("Wisp: Fix Bug");
      await page.locator(".monaco-diff-editor").waitFor({ timeout: 90_000 });
    };
    const shown = (text: string) => page.locator(".monaco-diff-editor .view-line", { hasText: text }).first();
    const onDisk = (text: string) => writeFile(join(session.profile.workspace, "list.mjs"), text);
    await propose();
    await onDisk(`// edited\n${changed}`);
    await shown("// edited").waitFor();
    await editor.command("Wisp: Accept Proposal");
    await page.locator(".monaco-diff-editor").waitFor({ state: "detached" });
    await editor.save();
    assert.equal(await session.read("list.mjs"), `// edited\n${committed}`);
    await onDisk(changed);
    await page.locator(".view-line", { hasText: "values[values.length]" }).first().waitFor();
    await propose();
    const own = changed.replace("values[values.length]", "values.at(-1)");
    await onDisk(own);
    await shown("values.at(-1)").waitFor();
    await editor.command("Wisp: Accept Proposal");
    await editor.waitForNotification(/The document has changed at the same place/);
    await editor.command("Wisp: Reject Proposal");
    assert.equal(await session.read("list.mjs"), own);
  });

  it("says what to do when the server is gone", async () => {
    const { editor } = session;
    await server[Symbol.asyncDispose]();
    await editor.open("list.mjs", 6, 3);
    await editor.command("Wisp: Find Bugs");
    const text = await editor.waitForNotification(/No connection to/, 60_000);
    assert.match(text, /check|start|run/i);
    await editor.screenshot("server-gone");
  });
});
