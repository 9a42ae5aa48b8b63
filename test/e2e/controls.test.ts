import assert from "node:assert/strict";
import { adders } from "./support/adders.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const notebook = JSON.stringify({
  cells: [{ cell_type: "code", execution_count: null, metadata: {}, outputs: [], source: [] }],
  metadata: { language_info: { name: "python" } },
  nbformat: 4,
  nbformat_minor: 5,
});

/** What a person does with ghost text and with Wisp's menu, with keys and mouse. */
describe("the controls of suggestions", () => {
  let session: Session;

  before(async () => {
    const names = ["word", "line", "menu", "cursors", "settings", "dismiss", "putaway"];
    session = await Session.start({
      files: {
        ...Object.fromEntries(names.map((name) => [`src/${name}.ts`, adders.text])),
        "src/widget.ts": "export function larger(first: number, second: number): number {\n\n}\n",
        "src/cycle.ts": "/** Kinds of fruit that we sell, in any order. */\n\n",
        "src/huge.ts": `${"export const value = 1;\n".repeat(60_000)}\n`,
        "src/table.min.js": `var a=${"[1,2,3],".repeat(5_000)}[];\n\n`,
        "book.ipynb": notebook,
      },
      settings: { "editor.autoIndent": "none", "wisp.suggestions.quietness": "eager" },
    });
  });

  after(() => session.stop());

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    await session.editor.screenshot(`failed-${this.currentTest.title.slice(0, 40).replaceAll(" ", "-")}`);
    await session.printTraces();
    await session.editor.press("Escape", 2);
    await session.updateSetting("wisp.enabled", undefined);
  });

  async function ghostIn(file: string, typed = "  return "): Promise<string> {
    const { editor } = session;
    await editor.open(`src/${file}.ts`, adders.line, 1);
    await editor.type(typed);
    return editor.waitForGhostText();
  }

  it("accept the next word and keep the rest", async () => {
    const { editor } = session;
    const ghost = await ghostIn("word");
    await editor.press("Control+ArrowRight");
    const word = /^\s*(?:\w+|\W)/.exec(ghost)?.[0] ?? "";
    await until(
      "the rest is still shown",
      10_000,
      () => editor.ghostText(),
      (now) => now === ghost.slice(word.length),
    );
    await editor.save();
    assert.ok((await session.read("src/word.ts")).includes(`  return ${word}\n}`), `${ghost} | ${word}`);
  });

  it("accept the next line", async () => {
    const { editor } = session;
    const ghost = await ghostIn("line");
    await editor.press("Control+Alt+ArrowRight");
    const [first = ""] = ghost.split("\n");
    await until(
      "the line is taken",
      10_000,
      () => editor.ghostText(),
      (now) => !now.startsWith(first),
    );
    await editor.save();
    assert.ok((await session.read("src/line.ts")).includes(`  return ${first}\n`), ghost);
  });

  it("put a suggestion away for good", async () => {
    const { editor } = session;
    const ghost = await ghostIn("dismiss");
    await editor.press("Shift+Escape");
    await editor.waitForNoGhostText();
    await editor.press("Backspace");
    await editor.type(" ");
    await until(
      "the place was asked about again",
      60_000,
      () => session.outcomeIn("dismiss.ts"),
      (outcome) =>
        (outcome.kind === "silent" && outcome.reason === "rejected-before") ||
        (outcome.kind === "shown" && outcome.text !== ghost),
    );
    assert.notEqual(await editor.ghostText(), ghost);
  });

  it("offer more than one suggestion when asked for, to cycle through", async () => {
    const { editor } = session;
    await editor.open("src/cycle.ts", 2, 1);
    await editor.type('export const fruit = ["');
    await editor.command("Wisp: Suggest Now");
    const first = await editor.waitForGhostText();
    await editor.press("Alt+]");
    const second = await until(
      "another suggestion",
      30_000,
      () => editor.ghostText(),
      (now) => now !== "" && now !== first,
    );
    assert.notEqual(second, first);
    await editor.screenshot("cycling");
  });

  it("stay calm with several cursors, and say so", async () => {
    const { editor } = session;
    await editor.open("src/cursors.ts", adders.line, 1);
    await editor.command("Add Cursor Above");
    await editor.type("  re");
    assert.deepEqual(await session.outcomeIn("cursors.ts"), { kind: "silent", reason: "multiple-cursors" });
    assert.equal(await editor.ghostText(), "");
    await editor.press("Escape");
  });

  it("leave huge and minified files alone", async () => {
    const { editor } = session;
    await editor.open("src/huge.ts", 60_001, 1);
    await editor.type("const x");
    assert.deepEqual(await session.outcomeIn("huge.ts"), { kind: "silent", reason: "file-too-large" });
    await editor.command("Wisp: Suggest Now");
    await editor.page
      .locator(".statusbar-item", { hasText: "Wisp: This file is larger than 1 MB" })
      .waitFor({ timeout: 20_000 });
    await editor.open("src/table.min.js", 2, 1);
    await editor.type("var b");
    const outcome = await session.outcomeIn("table.min.js");
    assert.ok(outcome.kind === "silent" && ["excluded-file", "minified"].includes(outcome.reason));
  });

  it("say of a suggestion that is no longer painted who put it away, and bring it back", async () => {
    const { editor } = session;
    const ghost = await ghostIn("putaway");
    await editor.press("ArrowLeft");
    await editor.press("ArrowRight");
    await editor.waitForNoGhostText();
    await editor.command("Wisp: Why No Suggestion Here?");
    await editor.waitForNotification(/If you see nothing, the editor has put it away/);
    await editor.clickNotificationButton("Suggest Now");
    const again = await editor.waitForGhostText();
    assert.equal(again.split("\n")[0], ghost.split("\n")[0]);
    await editor.press("Escape");
  });

  it("are switched off and on, snoozed and woken from the menu in the status bar", async () => {
    const { editor } = session;
    const { page } = editor;
    const widget = page.locator(".quick-input-widget");
    const openMenu = async (): Promise<void> => {
      await page.locator(".statusbar-item[id^='wisp-local.wisp'] a").first().click();
      await widget.locator(".monaco-list-row", { hasText: "Log" }).waitFor();
    };
    const menu = async (entry: string): Promise<void> => {
      await openMenu();
      await widget.locator("input:visible").first().fill(entry);
      await widget.locator(".monaco-list-row.focused", { hasText: entry }).waitFor();
      await page.keyboard.press("Enter");
      await widget.waitFor({ state: "hidden" });
    };
    /** A setting takes a moment to be in force. */
    const silent = async (reason: string): Promise<void> => {
      await editor.open("src/menu.ts", adders.line, 1);
      await until(
        `the reason ${reason}`,
        60_000,
        async () => {
          await editor.type("x");
          const outcome = await session.outcomeIn("menu.ts");
          await editor.press("Backspace");
          return outcome;
        },
        (outcome) => outcome.kind === "silent" && outcome.reason === reason,
      );
    };
    await editor.open("src/menu.ts", adders.line, 1);
    await openMenu();
    await editor.screenshot("menu");
    await page.keyboard.press("Escape");
    await widget.waitFor({ state: "hidden" });
    await menu("Turn off for typescript");
    await silent("language-off");
    await menu("Turn on for typescript");
    await menu("Snooze for 5 minutes");
    await silent("snoozed");
    assert.match(await editor.statusBar(), /snooz/i);
    await menu("End snooze");
    await menu("Turn off");
    await silent("off");
    await editor.command("Wisp: Why No Suggestion Here?");
    await editor.waitForNotification(/off/i);
    await menu("Turn on");
    await editor.open("src/menu.ts", adders.line, 1);
    await editor.type("  return ");
    await editor.waitForGhostText();
  });

  it("go with the entry that is chosen in the suggest widget", async () => {
    const { editor } = session;
    await editor.open("src/widget.ts", 2, 1);
    await editor.type("  return Math.ma");
    await editor.press("Control+Space");
    const chosen = editor.page.locator(".suggest-widget.visible .monaco-list-row.focused", {
      hasText: "max",
    });
    await chosen.waitFor({ timeout: 60_000 });
    const ghost = await editor.waitForGhostText();
    assert.ok(ghost.startsWith("x("), ghost);
    await editor.screenshot("suggest-widget");
    await editor.press("Escape", 2);
  });

  it("come in the cell of a notebook", async () => {
    const { editor } = session;
    await session.showNotebook("book.ipynb");
    await editor.page.locator(".notebook-editor .cell .monaco-editor").first().click();
    await editor.type("def add(a, b):\n    return a + b\n\ndef subtract(a, b):\n    return ");
    const ghost = editor.page.locator(".notebook-editor .cell .ghost-text-decoration");
    await until(
      "ghost text in the cell",
      60_000,
      async () => (await ghost.allTextContents()).join(""),
      (text) => /^a\s-\sb/.test(text),
    );
    await editor.screenshot("notebook");
  });

  it("tell of a setting out of range, and go on with the nearest value", async () => {
    const { editor } = session;
    await session.updateSetting("wisp.suggestions.maxLines", 900);
    await editor.open("src/settings.ts", adders.line, 1);
    await editor.type("  return ");
    await editor.waitForNotification(/maxLines is 900.*60 is used/s);
    const outcome = await session.outcomeIn("settings.ts");
    assert.ok(outcome.kind === "shown" || outcome.reason !== "model-error", JSON.stringify(outcome));
  });
});
