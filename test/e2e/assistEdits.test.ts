import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { FakeOpenAiServer } from "../fakes/fakeOpenAiServer.ts";
import { type Messages, scriptedSettings, startScriptedChat } from "./support/scriptedChat.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const right = `export function last(values) {
  return values[values.length - 1];
}

export function first(values) {
  return values[0];
}
`;
const wrong = right.replace("values.length - 1", "values.length");
const finding = { quote: "return values[values.length];", problem: "Reads past the end.", severity: "error" };

describe("edits while bugs are looked for and fixed in VS Code, with a scripted server", () => {
  let session: Session;
  let server: FakeOpenAiServer;
  /** Answers wait until it is called. */
  let release = (): void => undefined;
  let released: Promise<void> = Promise.resolve();
  let waiting = false;

  function hold(): void {
    waiting = false;
    released = new Promise((resolve) => {
      release = resolve;
    });
  }

  async function answerTo(messages: Messages): Promise<string> {
    waiting = true;
    await released;
    const question = messages.at(-1)?.content ?? "";
    if (question.includes('"findings"'))
      return JSON.stringify({ findings: question.includes(finding.quote) ? [finding] : [] });
    if (question.includes('"verdict"')) return JSON.stringify({ reason: "It does.", verdict: "bug" });
    return `\`\`\`javascript\n${right.split("\n\n")[0]}\n\`\`\``;
  }

  before(async () => {
    server = await startScriptedChat(answerTo);
    session = await Session.start({
      files: { "list.mjs": wrong, "other.mjs": wrong },
      settings: scriptedSettings(server),
    });
  });

  after(async () => {
    release();
    await session?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  const typed = (text: string): string =>
    text.replace("  return values[0];", "  // typed later\n  return values[0]; // typed meanwhile");
  const asked = () => until("the model is asked", 60_000, () => waiting);
  const marked = () =>
    session.editor.page.locator(".markers-panel .monaco-list-row", { hasText: finding.problem });

  it("marks a finding where its line is by then", async () => {
    const { editor } = session;
    await editor.open("list.mjs", 1, 1);
    hold();
    await editor.command("Wisp: Find Bugs");
    await asked();
    await editor.open("list.mjs", 1, 1);
    await editor.page.keyboard.type("// typed meanwhile");
    await editor.press("Enter");
    release();
    await editor.waitForNotification("Found 1 possible bug", 60_000);
    await editor.command("Problems: Focus on Problems View");
    await marked().filter({ hasText: "Ln 3" }).waitFor();
    await editor.screenshot("finding-moved");
  });

  it("takes a finding away when its line goes on behind it", async () => {
    const { editor } = session;
    await editor.open("list.mjs", 3, 1);
    await editor.press("End");
    await editor.page.keyboard.type(" // right");
    await marked().waitFor({ state: "detached" });
    await editor.press("Control+Z", 3);
  });

  it("proposes a fix for the document as it is by then", async () => {
    const { editor } = session;
    const { page } = editor;
    await editor.open("other.mjs", 2, 5);
    hold();
    await editor.command("Wisp: Fix Bug");
    await asked();
    await editor.open("other.mjs", 6, 1);
    await editor.press("End");
    await page.keyboard.type(" // typed meanwhile");
    release();
    await page.locator(".monaco-diff-editor").waitFor({ timeout: 90_000 });
    await editor.screenshot("proposal-after-edit");
    // And what is typed while it is open, in another tab.
    await editor.open("other.mjs", 5, 1);
    await editor.press("End");
    await editor.press("Enter");
    await page.keyboard.type("// typed later");
    await page.locator(".part.editor .tab", { hasText: "Wisp's proposal" }).click();
    await page
      .locator(".monaco-diff-editor .editor.modified .view-line", { hasText: "typed later" })
      .waitFor();
    await editor.command("Wisp: Accept Proposal");
    await page.locator(".monaco-diff-editor").waitFor({ state: "detached" });
    await editor.save();
    assert.equal(await session.read("other.mjs"), typed(right), "what was typed stays");
    await editor.open("other.mjs", 2, 5);
    await editor.press("Control+Z");
    await editor.save();
    assert.equal(
      await session.read("other.mjs"),
      typed(wrong),
      "one undo takes the fix back, and nothing else",
    );
  });

  it("proposes nothing where the same line was edited", async () => {
    const { editor } = session;
    await editor.open("other.mjs", 2, 5);
    hold();
    await editor.command("Wisp: Fix Bug");
    await asked();
    await editor.open("other.mjs", 2, 1);
    await editor.press("End");
    await editor.page.keyboard.type(" // mine");
    release();
    await editor.waitForNotification(/was edited at the same place/, 90_000);
    assert.equal(await editor.page.locator(".monaco-diff-editor").count(), 0);
  });

  it("takes the findings of a file along that is deleted outside of the editor", async () => {
    const { editor } = session;
    await editor.open("list.mjs", 1, 1);
    await editor.save();
    await editor.command("Wisp: Find Bugs");
    await editor.command("Problems: Focus on Problems View");
    await marked().first().waitFor({ timeout: 60_000 });
    await rm(join(session.profile.workspace, "list.mjs"));
    await marked().waitFor({ state: "detached" });
  });
});
