import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FakeOpenAiServer } from "../fakes/fakeOpenAiServer.ts";
import { ChatPanel } from "./support/chatPanel.ts";
import { committedBut, scriptedSettings, startScriptedChat } from "./support/scriptedChat.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const committed = `export function total(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

export function mean(values) {
  const sum = total(values);
  return sum / values.length;
}
`;
/** In the working tree: two mistakes in `total`. */
const changed = committed
  .replace("let sum = 0;", "let sum = 1;")
  .replace("  return sum;\n}\n\nexport function mean", "  return -sum;\n}\n\nexport function mean");
/** Runs on a copy only: it would leave a file behind. */
const check = `import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { total } from "./sum.mjs";
writeFileSync("left-behind.txt", "");
assert.equal(total([1, 2]), 3);
console.log("Ran 1 test in 0.001s");
`;
const body = (first: string, last: string): string =>
  `\`\`\`javascript\nexport function total(values) {\n  ${first}\n  for (const value of values) sum += value;\n  ${last}\n}\n\`\`\``;
const halfFix = body("let sum = 1;", "return sum;");
const wholeFix = body("let sum = 0;", "return sum;");
const documented = `\`\`\`javascript
/** The sum of all values divided by their number. */
export function mean(values) {
  const everything = total(values);
  return everything / values.length;
}
\`\`\``;
const tests = `\`\`\`javascript
import assert from "node:assert/strict";
import { test } from "node:test";
import { mean } from "./sum.mjs";

test("the mean of two values", () => assert.equal(mean([1, 3]), 2));
\`\`\``;
const finding = { quote: "let sum = 1;", problem: "The sum begins at 1.", severity: "error" };
const alsoElsewhere = {
  quote: "return sum / values.length;",
  problem: "Divides by zero.",
  severity: "error",
};

describe("checked by a command, in changes, in a hover, as tests and comments, with a scripted server", () => {
  let session: Session;
  let server: FakeOpenAiServer;
  let fixes = 0;

  function answerTo(messages: readonly { readonly content: string }[]): string {
    const question = messages.at(-1)?.content ?? "";
    const role = messages[0]?.content ?? "";
    if (question.includes('"findings"')) {
      const findings = [finding, alsoElsewhere].filter(({ quote }) => question.includes(quote));
      return JSON.stringify({ findings });
    }
    if (question.includes('"verdict"')) return JSON.stringify({ reason: "Yes.", verdict: "bug" });
    if (role.startsWith("You fix bugs")) return fixes++ === 0 ? halfFix : wholeFix;
    if (role.startsWith("You write documentation")) return documented;
    if (role.startsWith("You write tests")) return tests;
    return "Adds all values. It begins at one.";
  }

  before(async () => {
    server = await startScriptedChat(answerTo);
    session = await Session.start({
      files: { "sum.mjs": committed, "check.mjs": check },
      prepare: committedBut("sum.mjs", changed),
      settings: {
        ...scriptedSettings(server),
        "wisp.fix.checkCommand": "node check.mjs",
        "editor.hover.enabled": true,
        "git.enabled": true,
      },
    });
  });

  after(async () => {
    await session?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  it("asks before it runs the check command, and shows the first fix that passes it", async () => {
    const { editor } = session;
    const { page } = editor;
    await editor.open("sum.mjs", 2, 7);
    await editor.command("Wisp: Fix Bug");
    const dialog = page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    assert.match((await dialog.textContent()) ?? "", /node check\.mjs/);
    assert.equal(server.requests.filter(({ path }) => path.endsWith("/chat/completions")).length, 0);
    await editor.screenshot("check-consent");
    await dialog.locator(".monaco-button", { hasText: "Run It" }).click();
    await page.locator(".monaco-diff-editor").waitFor({ timeout: 90_000 });
    const title = await until("the proposal has a title", 10_000, () => editor.activeTab());
    assert.match(title, /Wisp's proposal \(parses, .*1 test pass\)/);
    assert.equal(fixes, 2, "the first candidate fails the check");
    assert.equal(existsSync(join(session.profile.workspace, "left-behind.txt")), false, "ran on a copy");
    await editor.screenshot("checked-by-command");
  });

  it("takes one change of a proposal and leaves the other", async () => {
    const { editor } = session;
    const { page } = editor;
    await page.locator(".monaco-diff-editor .editor.modified .view-line", { hasText: "sum = 0" }).click();
    await editor.command("Wisp: Accept This Change");
    await until(
      "one change is left",
      20_000,
      () => page.locator(".monaco-diff-editor .editor.original .line-delete").count(),
      (count) => count === 1,
    );
    await page
      .locator(".monaco-diff-editor .editor.modified .view-line", { hasText: "return sum;" })
      .first()
      .click();
    await editor.command("Wisp: Reject This Change");
    await page.locator(".monaco-diff-editor").waitFor({ state: "detached" });
    await editor.open("sum.mjs", 2, 7);
    await editor.save();
    assert.equal(await session.read("sum.mjs"), changed.replace("sum = 1", "sum = 0"));
    await page.keyboard.press("Control+Z");
    await editor.save();
    assert.equal(await session.read("sum.mjs"), changed);
  });

  it("finds bugs on the changed lines only, and remembers a dismissal", async () => {
    const { editor } = session;
    const { page } = editor;
    await editor.command("Wisp: Find Bugs in Changes");
    await editor.waitForNotification("Found 1 possible bug", 60_000);
    const asked = JSON.stringify(server.requests.map(({ body }) => body));
    assert.match(asked, /List the bugs[\s\S]*/);
    await editor.open("sum.mjs", 2, 7);
    const dismiss = page.locator(".action-widget .monaco-list-row", { hasText: "Dismiss this finding" });
    // The list holds what was known when it was asked for; the finding may come to the editor a moment later.
    await until("the finding can be dismissed", 30_000, async () => {
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+.");
      return dismiss.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      );
    });
    await dismiss.click();
    await editor.command("Wisp: Find Bugs in Changes");
    await editor.waitForNotification("Found no bug that stands", 60_000);
  });

  it("looks through the changes from the menu of the source control view", async () => {
    const { editor } = session;
    const { page } = editor;
    await editor.command("Notifications: Clear All Notifications");
    await session.runCommand("workbench.view.scm");
    await page.locator(".sidebar .scm-editor").hover();
    const changes = page.locator(".sidebar .pane-header[aria-label^='Changes']");
    const item = page.locator(".monaco-menu .action-item", { hasText: "Find Bugs in Changes" });
    // The view draws its buttons anew as git tells of its repository, which closes a menu that is open.
    await until("the menu is open", 30_000, async () => {
      await page.keyboard.press("Escape");
      await changes.hover();
      await changes.locator(".action-label[aria-label='More Actions...']").click({ force: true });
      return item.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      );
    });
    await editor.screenshot("changes-menu");
    await item.click();
    await editor.waitForNotification("Found no bug that stands", 60_000);
  });

  it("remembers it across a reload", async () => {
    const { editor } = session;
    await editor.reload();
    await editor.open("sum.mjs", 2, 7);
    await editor.command("Wisp: Find Bugs in Changes");
    await editor.waitForNotification("Found no bug that stands", 60_000);
  });

  it("explains in a hover", async () => {
    const { editor } = session;
    await editor.open("sum.mjs", 1, 18);
    await editor.command("Wisp: Explain Briefly");
    const hover = editor.page.locator(".monaco-hover", { hasText: "It begins at one." });
    await hover.waitFor({ timeout: 30_000 });
    await editor.screenshot("explain-hover");
    await editor.press("Escape");
  });

  it("documents, and changes no code although the model did", async () => {
    const { editor } = session;
    const { page } = editor;
    await editor.open("sum.mjs", 8, 5);
    await editor.command("Wisp: Document");
    await page.locator(".monaco-diff-editor").waitFor({ timeout: 30_000 });
    await editor.command("Wisp: Accept Proposal");
    await page.locator(".monaco-diff-editor").waitFor({ state: "detached" });
    await editor.save();
    const comment = "/** The sum of all values divided by their number. */\n";
    assert.equal(
      await session.read("sum.mjs"),
      changed.replace("export function mean", `${comment}export function mean`),
    );
    await page.keyboard.press("Control+Z");
    await editor.save();
    assert.equal(await session.read("sum.mjs"), changed);
  });

  it("writes tests into a document that is not on disk", async () => {
    const { editor } = session;
    await editor.open("sum.mjs", 8, 5);
    await editor.command("Wisp: Write Tests");
    const note = await editor.waitForNotification(/The tests are in sum\.test\.mjs/, 60_000);
    assert.match(note, /the check command fails with it/, "the working tree still holds the mistakes");
    await editor.page.locator(".part.editor .tab.active.dirty", { hasText: "sum.test.mjs" }).waitFor();
    assert.equal(existsSync(join(session.profile.workspace, "sum.test.mjs")), false);
    await editor.screenshot("write-tests");
  });

  it("carries out slash commands of the chat on the active file", async () => {
    const { editor } = session;
    await editor.open("sum.mjs", 1, 1);
    await editor.command("Wisp: Open Chat");
    const chat = new ChatPanel(editor.page);
    // The space ends the name, so that Enter sends and does not choose from the list.
    await chat.ask("/bugs ");
    await chat.waitForText("Found 1 possible bug", 60_000);
    await chat.waitForText("sum.mjs:9", 10_000);
    assert.equal(await chat.draft(), "", "what was sent does not stay in the box");
    await editor.screenshot("slash-bugs");
  });
});
