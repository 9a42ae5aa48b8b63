import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ChatPanel } from "./support/chatPanel.ts";
import { EditorPage } from "./support/editorPage.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const run = promisify(execFile);

const area = `export function area(width: number, height: number): number {
  return width * height;
}

export function half(value: number): number {
  return value / 2;
}
`;
const files = {
  "src/area.ts": area,
  "src/other.ts": "export const unit = 1;\n",
  "my notes.md": "# Notes\n\nThe limit is seven.\n",
  "docs/plan.md": "# Plan\n",
  "node_modules/area-of-a-package/index.ts": "export {};\n",
  ".wisp/prompts/shout.md": "Answer in capital letters.\n",
  ".wisp/rules.md": "Be brief.\n",
  "long.txt": "one line of a long text\n".repeat(4000),
};

describe("the chat panel in VS Code, with the real model", () => {
  let session: Session;
  let chat: ChatPanel;

  before(async () => {
    session = await Session.start({
      files,
      settings: { "wisp.enabled": false, "git.enabled": true },
      prepare: async (cwd) => {
        const git = (...args: string[]): Promise<unknown> =>
          run("git", ["-c", "user.name=T", "-c", "user.email=t@example.org", ...args], { cwd });
        await writeFile(join(cwd, ".gitignore"), "node_modules\n");
        await git("init", "-q");
        await git("add", ".");
        await git("commit", "-qm", "Begin");
        await writeFile(join(cwd, "src/other.ts"), "export const unit = 1;\nexport const limit = 7;\n");
        await git("add", ".");
      },
    });
    chat = await ChatPanel.openBeside(session.editor, "src/area.ts");
  });

  after(() => session?.stop());

  it("completes every kind of mention and the workspace's own prompts, and shows what each costs", async () => {
    await chat.type("#");
    assert.deepEqual(await chat.suggestions(/#folder/), [
      "#file:",
      "#selection",
      "#symbol:",
      "#problems",
      "#changes",
      "#folder:",
    ]);
    await chat.type("#file:area");
    await until(
      "only the file is offered, nothing of node_modules",
      20_000,
      () => chat.offered(),
      (labels) => labels.join() === "src/area.ts",
    );
    await chat.type("#file:notes");
    await chat.suggestions(/my notes/);
    await chat.key("Tab");
    assert.equal(await chat.draft(), '#file:"my notes.md" ');
    assert.match(await chat.waitForChip(/^my notes\.md/), /^my notes\.md \d+$/);
    await chat.type("#folder:doc");
    await chat.suggestions(/^docs$/);
    await chat.key("Enter");
    await chat.waitForChip(/^plan\.md/);
    // The language server may still be reading the workspace.
    await until("the symbol is offered", 60_000, async () => {
      await chat.type("#symbol:hal");
      return chat.suggestions(/^half$/, 2_000).catch(() => undefined);
    });
    await chat.key("Enter");
    await chat.waitForChip(/^half/);
    await chat.type("#changes");
    await chat.suggestions(/changes/);
    await chat.type("/sho");
    assert.deepEqual(await chat.suggestions(/shout/), ["/shout"]);
    await chat.waitForChip(/^rules\.md/);
    await session.editor.screenshot("chat-chips");
  });

  it("says before sending what is cut, what finds no room and what is not there", async () => {
    await chat.type("#file:long.txt #file:docs/plan.md #file:no.ts ");
    await chat.waitForChip(/^long\.txt .*cut/);
    await chat.waitForNotice(/Nothing found for: #file:no\.ts\..*No room left for: .*area\.ts/);
    await chat.press("Remove long.txt");
    const without = "#file:docs/plan.md #file:no.ts ";
    await until(
      "the mention goes with its chip",
      10_000,
      () => chat.draft(),
      (draft) => draft === without,
    );
    await chat.waitForChip(/^plan\.md \d+$/);
    await chat.type("");
  });

  it("keeps what came of an answer whose engine dies, and tries again when asked to", async () => {
    assert.notEqual(await chat.answerTo("Say hello in one word."), "");
    await askAndBegin(chat, "Write a story of a thousand words about a mountain.");
    const { enginePid } = await session.wisp();
    assert.ok(enginePid);
    process.kill(enginePid, "SIGKILL");
    assert.notEqual(await chat.waitForError(), "");
    assert.ok(((await chat.answers()).at(-1) ?? "").length > 10, "the part that came stays");
    await session.editor.screenshot("chat-failed");
    await chat.press("Retry this answer");
    await until(
      "another answer begins",
      90_000,
      () => chat.answers(),
      (answers) => (answers.at(-1)?.length ?? 0) > 10,
    );
    await chat.press("Stop the answer");
    await chat.waitForAnswer();
  });

  it("has what came of an answer after a reload in the middle of it", async () => {
    await session.editor.command("Wisp: New Chat");
    await chat.waitForEmpty();
    await askAndBegin(chat, "Write a story of a thousand words about a lighthouse.", 150);
    await session.editor.reload();
    await session.editor.command("Wisp: Open Chat");
    const answers = await until(
      "the answer is back",
      30_000,
      () => chat.answers(),
      (all) => all.length === 1,
    );
    assert.ok((answers[0]?.length ?? 0) > 0, "the part that came is there");
    assert.match(await chat.lastQuestion(), /lighthouse/);
    assert.deepEqual(await chat.notes(), ["Stopped."]);
  });

  it("sets a damaged conversation aside with a notice and lists the others, which can be searched", async () => {
    const folder = await chatsFolderOf(session);
    await writeFile(join(folder, "damaged.json"), '{"version":1,');
    await session.editor.command("Wisp: Show Chat History");
    await session.editor.waitForNotification("could not be read. It was set aside as damaged.json.broken");
    const all = await until(
      "the history is listed",
      20_000,
      () => chat.history(),
      (items) => items.length > 1,
    );
    assert.ok(all.some((title) => /lighthouse/.test(title)));
    await chat.searchHistory("hello");
    assert.deepEqual(await chat.history(), ["Say hello in one word."]);
    await chat.press("Open Say hello in one word.");
    await until(
      "the conversation opens",
      20_000,
      () => chat.lastQuestion(),
      (question) => /mountain/.test(question),
    );
    await session.editor.screenshot("chat-history");
  });

  it("keeps what came of an answer when another chat is opened, and forgets a chat that is deleted meanwhile", async () => {
    const { editor } = session;
    const titled = async (title: string): Promise<void> => {
      await editor.command("Wisp: Show Chat History");
      await until(
        "the chat is listed",
        20_000,
        () => chat.history(),
        (titles) => titles.includes(title),
      );
    };
    const river = "Write a story of a thousand words about a river.";
    await editor.command("Wisp: New Chat");
    await chat.waitForEmpty();
    await askAndBegin(chat, river);
    await titled("Say hello in one word.");
    await chat.press("Open Say hello in one word.");
    await until(
      "the other chat opens",
      20_000,
      () => chat.lastQuestion(),
      (question) => /mountain/.test(question),
    );
    await titled(river);
    await chat.press(`Open ${river}`);
    await until(
      "the first chat is back",
      20_000,
      () => chat.lastQuestion(),
      (question) => question === river,
    );
    assert.deepEqual(await chat.notes(), ["Stopped."]);
    assert.ok(((await chat.answers()).at(-1) ?? "").length > 10);
    const bridge = "Write a story of a thousand words about a bridge.";
    await editor.command("Wisp: New Chat");
    await chat.waitForEmpty();
    await askAndBegin(chat, bridge, 100);
    await titled(bridge);
    await chat.press(`Delete ${bridge}`);
    await chat.press(`Delete ${bridge} for good`);
    await until(
      "the chat is gone",
      20_000,
      () => chat.history(),
      (titles) => titles.length > 0 && !titles.includes(bridge),
    );
    await chat.press("Close");
    assert.deepEqual(await chat.answers(), []);
    const folder = await chatsFolderOf(session);
    await until(
      "nothing of it is on disk",
      10_000,
      async () => {
        const names = await readdir(folder);
        return Promise.all(names.map((name) => readFile(join(folder, name), "utf8").catch(() => "")));
      },
      (kept) => !kept.some((text) => text.includes("bridge")),
    );
  });

  it("loses no conversation and no title of two windows on one workspace, and brings back none that was deleted", async () => {
    const { page } = session.editor;
    const second = await page.context().browser()?.newPage();
    assert.ok(second);
    second.setDefaultTimeout(20_000);
    await second.goto(page.url());
    const other = new EditorPage(second, () => assert.fail("this window shows no file"));
    await other.waitForWorkbench();
    // What is behind draws nothing, so that nothing there ever stands still for a click.
    await second.bringToFront();
    await other.command("Wisp: Open Chat");
    const otherChat = new ChatPanel(second);
    await other.command("Wisp: New Chat");
    await otherChat.waitForEmpty();
    await Promise.all([
      chat.answerTo("Say yes, in the first window."),
      otherChat.answerTo("Say no, in the second window."),
    ]);
    const listedIn = async (
      editor: EditorPage,
      panel: ChatPanel,
      isWanted: (titles: readonly string[]) => boolean,
    ): Promise<void> => {
      await editor.page.bringToFront();
      await until(
        "the chats are listed",
        60_000,
        async () => {
          await editor.command("Wisp: Show Chat History");
          return panel.history();
        },
        isWanted,
      );
    };
    const all = ["Say yes, in the first window.", "Say no, in the second window.", "Say hello in one word."];
    const hasAll = (titles: readonly string[]): boolean => all.every((title) => titles.includes(title));
    await listedIn(other, otherChat, hasAll);
    await otherChat.press("Close");
    await listedIn(session.editor, chat, hasAll);
    await chat.rename("Say no, in the second window.", "Renamed in the first");
    await listedIn(session.editor, chat, (titles) => titles.includes("Renamed in the first"));
    await second.bringToFront();
    await otherChat.answerTo("Say no again.");
    await listedIn(
      other,
      otherChat,
      (titles) =>
        titles.includes("Renamed in the first") && !titles.includes("Say no, in the second window."),
    );
    await otherChat.press("Close");
    await page.bringToFront();
    await chat.press("Delete Renamed in the first");
    await chat.press("Delete Renamed in the first for good");
    await until(
      "it is gone",
      20_000,
      () => chat.history(),
      (titles) => !titles.includes("Renamed in the first"),
    );
    await chat.press("Close");
    await second.bringToFront();
    // It leaves the chat when its window gets the focus, at the latest when something is asked there.
    await otherChat.ask("Say no once more.");
    await until(
      "the deleted chat is left",
      60_000,
      () => otherChat.questions(),
      (questions) => !questions.includes("Say no again."),
    );
    await other.screenshot("chat-deleted-elsewhere");
    await listedIn(
      other,
      otherChat,
      (titles) => titles.length > 0 && !titles.some((title) => /no, in|Renamed/.test(title)),
    );
    await second.close();
  });
});

describe("the chat in a workspace that is not trusted", () => {
  it("offers none of its prompts and follows none of its rules", async () => {
    const session = await Session.start({ files, settings: { "wisp.enabled": false }, untrusted: true });
    try {
      const chat = await ChatPanel.openBeside(session.editor, "src/area.ts");
      await chat.type("/");
      const offered = await chat.suggestions(/help/);
      assert.ok(!offered.includes("/shout"), offered.join());
      assert.ok(!(await chat.chips()).some((chip) => chip.startsWith("rules.md")));
    } finally {
      await session.stop();
    }
  });
});

/** Asks and waits until some of the answer is there. */
async function askAndBegin(chat: ChatPanel, question: string, characters = 10): Promise<void> {
  const before = (await chat.answers()).length;
  await chat.ask(question);
  await until(
    "the answer has begun",
    90_000,
    () => chat.answers(),
    (answers) => answers.length > before && (answers.at(-1)?.length ?? 0) > characters,
  );
}

/** Where the editor keeps this workspace's conversations. */
async function chatsFolderOf({ profile }: Session): Promise<string> {
  const names = await readdir(profile.userData, { recursive: true });
  const kept = names.find((name) => /wisp-local\.wisp[\\/]chats[\\/][^\\/]+\.json$/.test(name));
  if (!kept) throw new Error("no conversation is kept");
  return dirname(join(profile.userData, kept));
}
