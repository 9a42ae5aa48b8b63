import assert from "node:assert/strict";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repoRoot } from "../../scripts/support/repo.ts";
import type { FakeOpenAiServer } from "../fakes/fakeOpenAiServer.ts";
import { ChatPanel } from "./support/chatPanel.ts";
import { committedBut, scriptedSettings, startScriptedChat } from "./support/scriptedChat.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

/** What the model answers, chosen by words of the question. */
const answers: Readonly<Record<string, string>> = {
  "seven or eight":
    "Seven, as **the notes** say.\n\n```ts\n// retries\nconst limit: number = 7;\n```\n\n| limit |\n|---|\n| `7` |\n\n[more](https://example.org)",
  "commit message for": "Set the limit to seven\n\nEight was too many.",
};

function answerTo(question: string): string {
  const word = Object.keys(answers).find((candidate) => question.includes(candidate));
  return (word && answers[word]) || "I do not know.";
}

describe("what can be done in the chat panel with context, chats and changes", () => {
  let session: Session;
  let server: FakeOpenAiServer;
  let chat: ChatPanel;

  before(async () => {
    server = await startScriptedChat((messages) => answerTo(messages.at(-1)?.content ?? ""));
    session = await Session.start({
      files: {
        ".gitignore": "ignored\n",
        "src/area.ts": "export const area = 1;\n",
        "docs/plan.md": "# Plan\n\nShip it.\n",
        "docs/limit.md": "# Limit\n\nThe upper limit of retries is seven.\n",
        "dropped.md": "# Dropped\n",
      },
      prepare: committedBut("docs/limit.md", "# Limit\n\nThe upper limit of retries is seven, not eight.\n"),
      settings: {
        ...scriptedSettings(server),
        "git.enabled": true,
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

  it("takes a file that is dragged from the explorer while Shift is held, as its welcome says", async () => {
    assert.match(await chat.welcome(), /Shift.*drag/);
    const { page } = session.editor;
    await session.runCommand("vscode.moveViews", {
      viewIds: ["wisp.chat"],
      destinationId: "workbench.view.explorer",
    });
    await session.editor.command("Wisp: Open Chat");
    await chat.waitForChip(/^area\.ts/);
    const row = page.locator(".explorer-folders-view .monaco-list-row", { hasText: "dropped.md" });
    await row.hover();
    const target = await chat.middle();
    await page.mouse.down();
    await page.keyboard.down("Shift");
    await page.mouse.move(target.x, target.y - 30, { steps: 12 });
    await page.mouse.move(target.x, target.y, { steps: 4 });
    await session.editor.screenshot("chat-dragging");
    await page.mouse.up();
    await page.keyboard.up("Shift");
    await chat.waitForChip(/^dropped\.md \d+$/);
    await chat.press("Remove dropped.md");
    await session.editor.command("View: Reset View Locations");
    await session.editor.command("Wisp: Open Chat");
    await chat.waitForChip(/^area\.ts/);
  });

  it("lists the places that @workspace found under the answer, as links", async () => {
    await chat.answerTo("Is the upper limit of retries seven or eight? @workspace");
    const places = await chat.places();
    assert.ok(places.includes("docs/limit.md:1"), places.join());
    await chat.press("docs/limit.md:1, open this place");
    await until(
      "the place is open",
      20_000,
      () => session.editor.activeTab(),
      (tab) => tab.includes("limit.md"),
    );
  });

  for (const theme of [
    "Dark Modern",
    "Light Modern",
    "Default High Contrast",
    "Default High Contrast Light",
  ]) {
    it(`has no accessibility violations in ${theme}`, async () => {
      const axe = await readFile(join(repoRoot, "node_modules/axe-core/axe.min.js"), "utf8");
      await session.updateSetting("workbench.colorTheme", theme);
      await until(
        "the page has the theme",
        20_000,
        () => chat.theme(),
        (name) => name.includes(theme),
      );
      await session.editor.screenshot(`chat-${theme.replaceAll(" ", "-").toLowerCase()}`);
      assert.deepEqual(await chat.violations(axe), []);
      await session.editor.command("Wisp: Show Chat History");
      await until(
        "the history is listed",
        20_000,
        () => chat.history(),
        (titles) => titles.length > 0,
      );
      assert.deepEqual(await chat.violations(axe), []);
      await chat.press("Close");
    });
  }

  it("follows the files of the workspace for the next search, without those that git ignores", async () => {
    await mkdir(onDisk("ignored"));
    for (const file of ["docs/zebra.md", "ignored/zebra.md"])
      await writeFile(onDisk(file), "# Zebra\n\nThe zebra crossing is striped.\n");
    await until(
      "the new file is found",
      60_000,
      async () => {
        await chat.answerTo("How is the zebra crossing? @workspace");
        return chat.places();
      },
      (places) => places.includes("docs/zebra.md:1"),
    );
    assert.ok(!(await chat.places()).some((place) => place.startsWith("ignored/")));
  });

  it("finds nothing in a folder that is gone, and finds it where it went", async () => {
    await mkdir(onDisk("guide"));
    await writeFile(onDisk("guide/giraffe.md"), "# Giraffe\n\nThe giraffe is tall.\n");
    const placesOf = async (): Promise<string[]> => {
      await chat.answerTo("How tall is the giraffe? @workspace");
      return chat.places();
    };
    const isOnlyIn = (folder: string) => (places: readonly string[]) =>
      places.includes(`${folder}/giraffe.md:1`) &&
      places.filter((place) => place.includes("giraffe")).length === 1;
    await until("it is found", 60_000, placesOf, isOnlyIn("guide"));
    await rename(onDisk("guide"), onDisk("manual"));
    await until("it is found elsewhere", 60_000, placesOf, isOnlyIn("manual"));
    await rm(onDisk("manual"), { recursive: true });
    assert.ok(!(await placesOf()).some((place) => place.includes("giraffe")));
  });

  it("says which chip's file is gone by the time of the question", async () => {
    await session.editor.command("Wisp: New Chat");
    await chat.waitForEmpty();
    await chat.type("#file:docs/plan.md ");
    await chat.waitForChip(/^plan\.md \d+$/);
    await chat.press("Pin plan.md");
    await chat.type("");
    await chat.waitForChip(/^plan\.md \d+$/);
    await rm(onDisk("docs/plan.md"));
    await chat.answerTo("What is the plan?");
    await chat.waitForNotice(/No longer there: plan\.md\./);
    await until(
      "the chip is gone",
      10_000,
      () => chat.chips(),
      (chips) => !chips.some((chip) => chip.startsWith("plan.md")),
    );
    const asked = JSON.stringify(server.lastAsked?.body["messages"]);
    assert.doesNotMatch(asked, /Ship it/);
  });

  it("writes a commit message by the button of the source control view", async () => {
    const { editor } = session;
    const { page } = editor;
    await writeFile(onDisk("made.txt"), "one\n");
    await session.runCommand("workbench.view.scm");
    const button = page.locator(".sidebar .action-label[aria-label^='Write Commit Message']").first();
    await page.locator(".sidebar .scm-editor").waitFor();
    await button.hover({ force: true });
    const box = await button.boundingBox();
    assert.ok(box, "the button is on screen");
    // A badge beside it lies over its centre for Playwright's check, not for the mouse.
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    const message = page.locator(".sidebar .scm-editor .view-line");
    const lines = await until(
      "the message is in the commit box",
      30_000,
      () => message.allTextContents(),
      (all) => all.length === 3,
    );
    assert.deepEqual(
      lines.map((line) => line.replaceAll("\u00a0", " ").trim()),
      ["Set the limit to seven", "", "Eight was too many."],
    );
    await editor.screenshot("chat-commit-message");
    const asked = JSON.stringify(server.lastAsked?.body["messages"]);
    assert.match(asked, /seven, not eight/);
  });

  it("renames, exports and deletes what is kept", async () => {
    const { editor } = session;
    const { page } = editor;
    await editor.command("Wisp: New Chat");
    await chat.waitForEmpty();
    await chat.answerTo("Is it seven or eight?");
    await editor.command("Wisp: Show Chat History");
    await until(
      "the history is listed",
      20_000,
      () => chat.history(),
      (titles) => titles.includes("Is it seven or eight?"),
    );
    await chat.press("Rename Is it seven or eight?");
    await page.keyboard.type("The limit");
    await page.keyboard.press("Enter");
    await until(
      "the new title is listed",
      20_000,
      () => chat.history(),
      (titles) => titles.includes("The limit"),
    );
    await chat.press("Export The limit as Markdown");
    await until(
      "the export is open",
      20_000,
      () => editor.activeTab(),
      (tab) => tab.includes("Untitled-1"),
    );
    for (const line of ["# The limit", "## You", "## Wisp"])
      await page.locator(".part.editor .view-line", { hasText: line }).first().waitFor();
    await chat.press("Delete all…");
    const dialog = page.locator(".monaco-dialog-box");
    await dialog.locator(".monaco-button", { hasText: "Delete All" }).click();
    await until(
      "nothing is listed",
      20_000,
      () => chat.history(),
      (titles) => titles.length === 0,
    );
    assert.deepEqual(await chat.answers(), []);
  });
});
