import assert from "node:assert/strict";
import type { FakeOpenAiServer } from "../fakes/fakeOpenAiServer.ts";
import { scriptedSettings, startScriptedChat } from "./support/scriptedChat.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const wrong = `export function last(values) {
  return values[values.length];
}
`;
const right = wrong.replace("values.length]", "values.length - 1]");
const cell = (source: string) => ({
  ...{ cell_type: "code", execution_count: null, metadata: {}, outputs: [] },
  source: source.split(/(?<=\n)/),
});
const notebook = JSON.stringify({
  cells: [cell("import os\n"), cell("def last(values):\n    return values[len(values)]\n")],
  ...{ metadata: { language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 },
});
const python = `import os


def root(x):
    there = os.path.exists(x)
    return sqrt(there)
`;
const withImport = `\`\`\`python
import math

def root(x):
    there = os.path.exists(x)
    return math.sqrt(there)

print(root("."))
\`\`\``;
/** Passes on what would be saved only. */
const check = `import { readFileSync } from "node:fs";
const text = readFileSync("lines.mjs", "utf8");
process.exit(text.includes("length - 1];\\r\\n") && !/[^\\r]\\n/.test(text) ? 0 : 1);
`;

function answerTo(messages: readonly { readonly content: string }[]): string {
  const question = messages.at(-1)?.content ?? "";
  const [, language = "", code = ""] = /```(\w*)\n([\s\S]*?)\n```/.exec(question) ?? [];
  if (question.includes('"findings"')) {
    const quote = code.split("\n").find((line) => /len\(values\)\]|values\.length\]/.test(line));
    return JSON.stringify({
      findings: quote ? [{ quote: quote.trim(), problem: "Past the end.", severity: "error" }] : [],
    });
  }
  if (question.includes('"verdict"')) return JSON.stringify({ reason: "Yes.", verdict: "bug" });
  if (language === "python" && code.includes("sqrt")) return withImport;
  const fixed = code.replace("values.length]", "values.length - 1]").replace("len(values)]", "-1]");
  return `\`\`\`${language}\n${fixed}\n\`\`\``;
}

describe("fixes and findings in documents of all kinds, with a scripted server", () => {
  let session: Session;
  let server: FakeOpenAiServer;

  before(async () => {
    server = await startScriptedChat(answerTo);
    session = await Session.start({
      files: {
        "lines.mjs": wrong.replaceAll("\n", "\r\n"),
        "check.mjs": check,
        "kept.mjs": wrong,
        "book.ipynb": notebook,
        "root.py": python,
        "../elsewhere/far.mjs": wrong,
      },
      settings: {
        ...scriptedSettings(server),
        "files.readonlyInclude": { "kept.mjs": true },
        "wisp.fix.checkCommand": "node check.mjs",
        "wisp.fix.candidates": 1,
      },
      withPythonServer: true,
    });
  });

  after(async () => {
    await session?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  const diff = () => session.editor.page.locator(".monaco-diff-editor");
  const question = () => {
    const messages = server.lastAsked?.body["messages"] as readonly { readonly content: string }[];
    return messages.at(-1)?.content ?? "";
  };
  const language = () => session.editor.page.locator("[id='status.editor.mode']").textContent();
  const accept = async () => {
    await session.editor.command("Wisp: Accept Proposal");
    await diff().waitFor({ state: "detached" });
  };
  const dialog = () => session.editor.page.locator(".monaco-dialog-box");
  const agree = async () => {
    await dialog().locator(".monaco-button", { hasText: "Run It" }).click();
    await dialog().waitFor({ state: "detached" });
  };

  it("gives the check command the line ends that would be saved, and keeps them", async () => {
    const { editor } = session;
    await editor.open("lines.mjs", 2, 5);
    await editor.command("Wisp: Fix Bug");
    await agree();
    await diff().waitFor({ timeout: 90_000 });
    assert.match(await editor.activeTab(), /check command passes/);
    await accept();
    await editor.save();
    assert.equal(await session.read("lines.mjs"), right.replaceAll("\n", "\r\n"));
  });

  it("asks about another check command, and not again about the first", async () => {
    const { editor } = session;
    await editor.open("../elsewhere/far.mjs", 1, 1);
    await editor.open("lines.mjs", 2, 5);
    await session.updateSetting("wisp.fix.checkCommand", "node check.mjs --again");
    await editor.command("Wisp: Fix Bug");
    await agree();
    await editor.waitForNotification(/No fix passed the checks/, 90_000);
    await editor.command("Notifications: Clear All Notifications");
    await session.updateSetting("wisp.fix.checkCommand", "node check.mjs");
    await editor.open("lines.mjs", 2, 5);
    await editor.command("Wisp: Fix Bug");
    await editor.waitForNotification(/No fix passed the checks/, 90_000);
    await editor.command("Notifications: Clear All Notifications");
  });

  it("says that a read-only document has no place for a fix, and asks nobody", async () => {
    const { editor } = session;
    const asked = server.requests.length;
    await editor.open("kept.mjs", 2, 5);
    await editor.command("Wisp: Fix Bug");
    await editor.waitForNotification(/read-only/);
    assert.equal(server.requests.length, asked);
  });

  it("tells of a file outside of the workspace its name alone", async () => {
    const { editor } = session;
    await editor.open("../elsewhere/far.mjs", 2, 5);
    await editor.command("Wisp: Fix Bug");
    await diff().waitFor({ timeout: 90_000 });
    assert.match(question(), /^far\.mjs, from line 1:/);
    await editor.command("Wisp: Reject Proposal");
    await diff().waitFor({ state: "detached" });
  });

  it("mends a cell of a notebook, in the cell's language", async () => {
    const { editor } = session;
    const { page } = editor;
    await session.updateSetting("wisp.fix.checkCommand", "");
    const line = page.locator(".notebook-editor .cell .monaco-editor .view-line", { hasText: "return" });
    await session.showNotebook("book.ipynb");
    await line.click();
    await editor.command("Wisp: Find Bugs");
    await editor.waitForNotification("Found 1 possible bug", 60_000);
    await line.click();
    await editor.command("Wisp: Fix Bug");
    await diff().waitFor({ timeout: 90_000 });
    assert.match(question(), /^book\.ipynb, from line 1:/);
    assert.equal(await language(), "Python");
    await editor.screenshot("fix-in-notebook");
    await accept();
    await line.filter({ hasText: "values[-1]" }).waitFor();
    await line.click();
    await page.keyboard.press("Control+Z");
    await line.filter({ hasText: "len(values)" }).waitFor();
    await session.runCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("mends a document that has no name yet, in its language, and takes its marks along when it closes", async () => {
    const { editor } = session;
    await session.runCommand("workbench.action.files.newUntitledFile", { languageId: "javascript" });
    await until("the document is there", 10_000, async () => (await editor.activeTab()).includes("Untitled"));
    await editor.page.keyboard.insertText(wrong.trimEnd());
    await editor.command("Wisp: Fix Bug");
    await diff().waitFor({ timeout: 90_000 });
    assert.equal(await language(), "JavaScript");
    await editor.screenshot("fix-in-untitled");
    await accept();
    await editor.page.locator(".view-line", { hasText: "values.length - 1" }).waitFor();
    await editor.press("Control+Z");
    await editor.command("Wisp: Find Bugs");
    await editor.command("Problems: Focus on Problems View");
    const marked = editor.page.locator(".markers-panel .monaco-list-row", { hasText: "Past the end" });
    await marked.waitFor({ timeout: 60_000 });
    await session.runCommand("workbench.action.revertAndCloseActiveEditor");
    await marked.waitFor({ state: "detached" });
  });

  it("puts the import that a fix needs to those of the file, proven by the language server", async () => {
    const { editor } = session;
    const { page } = editor;
    await session.updateSetting("wisp.fix.checkCommand", "");
    await editor.open("root.py", 6, 14);
    await editor.command("Problems: Focus on Problems View");
    await page
      .locator(".markers-panel .monaco-list-row", { hasText: '"sqrt" is not defined' })
      .waitFor({ timeout: 60_000 });
    await editor.open("root.py", 6, 14);
    await page.keyboard.press("Control+.");
    await page.locator(".action-widget .monaco-list-row", { hasText: "Wisp: Fix" }).first().click();
    await diff().waitFor({ timeout: 90_000 });
    assert.match(await editor.activeTab(), /parses, \d+ problems? → \d+/);
    await editor.screenshot("fix-with-import");
    await accept();
    await editor.save();
    const fixed = python.replace("import os\n", "import os\nimport math\n").replace("sqrt(", "math.sqrt(");
    assert.equal(await session.read("root.py"), fixed);
    await page.keyboard.press("Control+Z");
    await editor.save();
    assert.equal(await session.read("root.py"), python, "one undo takes both back");
  });
});
