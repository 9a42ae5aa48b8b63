import assert from "node:assert/strict";
import type { FakeOpenAiServer } from "../fakes/fakeOpenAiServer.ts";
import { ChatPanel } from "./support/chatPanel.ts";
import { committedBut, scriptedSettings, startScriptedChat } from "./support/scriptedChat.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const area = `export function area(width: number, height: number): number {
  return width * height;
}
`;
const tests = `import assert from "node:assert/strict";
import { test } from "node:test";
import { area } from "./area.ts";

test("the area", () => assert.equal(area(2, 3), 6));
`;
const fenced = (code: string): string => `\`\`\`typescript\n${code}\`\`\``;
const rich = (origin: string): string => `It is **seven**, or $x^2$.

| limit | why |
|---|---|
| 7 | \`retries\` |

![a chart](${origin}/chart.png)

\`\`\`ts
// retries
export const limit: number = 7;
\`\`\`

See [the manual](https://example.org/manual).`;

describe("what can be done in the chat panel with answers, commands and chips", () => {
  let session: Session;
  let server: FakeOpenAiServer;
  let chat: ChatPanel;
  let given = 0;

  before(async () => {
    server = await startScriptedChat((messages) => {
      const question = messages.at(-1)?.content ?? "";
      const role = messages[0]?.content ?? "";
      if (role.startsWith("You write documentation"))
        return fenced(`/** The area of a rectangle. */\n${area}`);
      if (role.startsWith("You write tests")) return fenced(tests);
      if (role.startsWith("You fix bugs")) return fenced("export const size: number = 1;\n");
      if (question.includes("What is the limit?")) return rich(server.origin);
      return `Answer ${++given}.`;
    });
    session = await Session.start({
      files: {
        "src/area.ts": area,
        "src/wrong.ts": "export const size: number = 'large';\n",
        "src/limit.ts": "export const limit = 7;\n",
        ".wisp/prompts/shout.md": "Answer in capital letters.\n",
        ".wisp/rules.md": "Call the reader captain.\n",
      },
      prepare: committedBut("src/limit.ts", "export const limit = 8;\n"),
      settings: { ...scriptedSettings(server), "git.enabled": true },
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

  /** What the model was sent last: the system's message and the question. */
  const asked = (): { system: string; question: string } => {
    const messages = (server.lastAsked?.body["messages"] ?? []) as { content: string }[];
    return { system: messages[0]?.content ?? "", question: messages.at(-1)?.content ?? "" };
  };
  const clipboard = (): Promise<unknown> => session.editor.page.evaluate("navigator.clipboard.readText()");
  const waitForClipboard = async (wanted: string): Promise<void> => {
    await until("the clipboard has it", 10_000, clipboard, (text) => text === wanted);
  };
  const lastAnswer = async (): Promise<string> => (await chat.answers()).at(-1) ?? "";

  it("answers again and keeps the earlier answer, and branches where a question is worded anew", async () => {
    const first = await chat.answerTo("How is it?");
    await chat.press("Regenerate this answer");
    await chat.waitForVersion("assistant", "2/2");
    const second = await chat.waitForAnswer();
    assert.notEqual(second, first);
    await chat.showVersion("assistant", "Earlier");
    await chat.waitForVersion("assistant", "1/2");
    assert.equal(await lastAnswer(), first);
    await chat.editQuestion("How is it really?");
    await chat.waitForVersion("user", "2/2");
    const third = await chat.waitForAnswer();
    assert.match(asked().question, /How is it really\?$/);
    assert.equal(await chat.lastQuestion(), "How is it really?");
    await chat.waitForVersion("assistant", "");
    await session.editor.screenshot("chat-versions");
    await chat.showVersion("user", "Earlier");
    await chat.waitForVersion("user", "1/2");
    assert.equal(await chat.lastQuestion(), "How is it?");
    assert.ok([first, second].includes(await lastAnswer()));
    await chat.showVersion("user", "Later");
    await chat.waitForVersion("user", "2/2");
    assert.equal(await lastAnswer(), third);
  });

  it("draws tables and coloured code, no mathematics and no image, and copies what was written", async () => {
    await chat.answerTo("What is the limit?");
    assert.equal(await chat.inAnswer("table td"), 2);
    assert.equal(await chat.inAnswer("strong"), 1);
    assert.equal(await chat.inAnswer("img"), 0);
    assert.match(await lastAnswer(), /\$x\^2\$/);
    assert.match(await lastAnswer(), /\[image: a chart\]/);
    assert.ok(!server.requests.some(({ path }) => path.includes("chart")), "nothing was loaded");
    assert.ok((await chat.codeColours()).length >= 3, (await chat.codeColours()).join());
    await chat.press("Copy this code");
    await waitForClipboard("// retries\nexport const limit: number = 7;");
    await chat.press("Copy the answer");
    await waitForClipboard(rich(server.origin));
  });

  it("opens a link by the editor's own opener, which asks first, and once", async () => {
    await chat.clickLink("the manual");
    const dialog = session.editor.page.locator(".monaco-dialog-box");
    await dialog.filter({ hasText: "https://example.org/manual" }).waitFor();
    await session.editor.screenshot("chat-link");
    await dialog.locator(".monaco-button", { hasText: "Cancel" }).click();
    // By the time this is answered, whatever else the click has asked for is on screen.
    await chat.ask("/help ");
    await chat.waitForText("/explain");
    assert.equal(await dialog.count(), 0);
  });

  it("lists its commands and says which it does not know, without asking the model", async () => {
    const before = server.lastAsked;
    await chat.ask("/help ");
    await chat.waitForText("/explain");
    for (const command of "explain bugs fix tests doc commit clear help shout".split(" "))
      assert.ok((await lastAnswer()).includes(`/${command}`), command);
    await chat.ask("/hepl ");
    await chat.waitForText("There is no command /hepl");
    assert.equal(server.lastAsked, before);
  });

  it("explains the active file, and asks what the workspace's own prompt and rules say", async () => {
    await session.editor.open("src/area.ts", 1, 1);
    await chat.answerTo("/explain ");
    assert.match(asked().question, /return width \* height/);
    assert.match(asked().system, /Call the reader captain/);
    await chat.answerTo("/shout why seven?");
    assert.match(asked().question, /Answer in capital letters\.\s+why seven\?/);
    assert.equal(await chat.lastQuestion(), "/shout why seven?");
    await chat.waitForChip(/^rules\.md \d+$/);
    await chat.press("Remove rules.md");
    await chat.answerTo("Without the rules?");
    assert.doesNotMatch(asked().system, /captain/);
  });

  it("proposes what /doc and /fix come to in the editor, opens what /tests wrote, and asks /commit about what changed", async () => {
    const { editor } = session;
    const proposal = (text: string) =>
      editor.page.locator(".monaco-diff-editor .editor.modified .view-line", { hasText: text }).first();
    await editor.open("src/area.ts", 1, 18);
    await chat.ask("/doc ");
    await chat.waitForText("A comment is proposed in the editor");
    await proposal("The area of a rectangle").waitFor();
    await editor.command("Wisp: Reject Proposal");
    await editor.open("src/area.ts", 1, 18);
    await chat.ask("/tests ");
    await chat.waitForText("The tests are in");
    await editor.page.locator(".part.editor .tab.active.dirty", { hasText: "area.test.ts" }).waitFor();
    await editor.screenshot("chat-slash-tests");
    // Its group beside the first goes with it.
    await session.runCommand("workbench.action.revertAndCloseActiveEditor");
    await until(
      "one group is left",
      10_000,
      () => editor.page.locator(".part.editor .editor-group-container").count(),
      (count) => count === 1,
    );
    await editor.open("src/wrong.ts", 1, 18);
    await editor.page.locator(".squiggly-error").first().waitFor({ timeout: 60_000 });
    await chat.ask("/fix ");
    await chat.waitForText("A fix is proposed in the editor", 120_000);
    await proposal("= 1;").waitFor();
    await editor.screenshot("chat-slash-fix");
    await editor.command("Wisp: Reject Proposal");
    await chat.answerTo("/commit ");
    assert.match(asked().question, /-export const limit = 7;\n\+export const limit = 8;/);
  });

  it("empties the panel with /clear, with the rules back in a new chat", async () => {
    await chat.ask("/clear ");
    await chat.waitForEmpty();
    await chat.waitForChip(/^rules\.md/);
  });

  it("lets a chip follow the selection and the file, stay when it is pinned, and go when it is removed", async () => {
    const { editor } = session;
    await editor.open("src/area.ts", 2, 1);
    await chat.waitForChip(/^area\.ts \d+$/);
    await editor.press("Shift+End");
    await chat.waitForChip(/^area\.ts:2-2 \d+$/);
    await chat.press("Pin area.ts:2-2");
    await editor.open("src/limit.ts", 1, 1);
    await chat.waitForChip(/^limit\.ts \d+$/);
    await chat.waitForChip(/^area\.ts:2-2 \d+$/);
    await chat.answerTo("Are both there?");
    assert.match(asked().question, /return width \* height;/);
    assert.match(asked().question, /limit = 8/);
    await chat.press("Remove area.ts:2-2");
    await chat.press("Remove limit.ts");
    await until(
      "only the rules are left",
      10_000,
      () => chat.chips(),
      (chips) => chips.length === 1,
    );
    await chat.answerTo("Is nothing there?");
    assert.equal(asked().question, "Is nothing there?");
  });

  it("sends the selection, the problems and the changes that are mentioned", async () => {
    const { editor } = session;
    await editor.open("src/wrong.ts", 1, 1);
    await editor.press("Shift+End");
    await chat.waitForChip(/^wrong\.ts:1-1/);
    await editor.page.locator(".squiggly-error").first().waitFor({ timeout: 60_000 });
    await chat.type("#selection #problems #changes What now?");
    await chat.waitForChip(/^problems of src\/wrong\.ts \d+$/);
    await chat.waitForChip(/^changes \d+$/);
    await editor.screenshot("chat-mentions");
    await chat.key("Enter");
    await until(
      "the question is asked",
      20_000,
      async () => asked().question,
      (question) => question.includes("What now?"),
    );
    assert.match(asked().question, /size: number = 'large'/);
    assert.match(asked().question, /line 1: error: Type 'string' is not assignable to type 'number'/);
    assert.match(asked().question, /\+export const limit = 8;/);
    await chat.waitForAnswer();
  });

  it("can live in the secondary side bar", async () => {
    const { editor } = session;
    const before = await chat.answers();
    const moved = session.runCommand("workbench.action.moveFocusedView", "wisp.chat");
    const pick = editor.page.locator(".quick-input-list .monaco-list-row");
    await pick.filter({ hasText: "New Secondary Side Bar Entry" }).click();
    await moved;
    const bar = editor.page.locator(".part.auxiliarybar");
    await bar
      .locator(".pane-header, .composite.title", { hasText: /Wisp|Chat/ })
      .first()
      .waitFor();
    await until(
      "the conversation is there",
      20_000,
      () => chat.answers(),
      (answers) => answers.length === before.length,
    );
    await chat.answerTo("Is it well there?");
    await editor.screenshot("chat-secondary-side-bar");
    await editor.command("View: Reset View Locations");
  });
});
