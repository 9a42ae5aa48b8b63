import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { e2eVariables } from "../../scripts/testing/e2eSuite.ts";
import { required, Session } from "./support/session.ts";
import { until } from "./support/until.ts";

/** Choosing, changing and removing models with the mouse and the keys. */
describe("the models of this machine", () => {
  let models: string;
  let elsewhere: string;
  let session: Session;
  const model = required(e2eVariables.model);

  before(async () => {
    models = await mkdtemp(join(tmpdir(), "wisp-models-"));
    elsewhere = await mkdtemp(join(tmpdir(), "wisp-elsewhere-"));
    await symlink(model, join(models, basename(model)));
    await symlink(model, join(elsewhere, "my-own-coder.gguf"));
    await writeFile(join(elsewhere, "letter.gguf"), "Dear model,\n".repeat(1000));
    session = await Session.start({
      files: {
        "src/add.ts": "/** The sum of two numbers. */\n",
      },
      settings: { "wisp.suggestions.quietness": "eager", "files.simpleDialog.enable": true },
      env: { WISP_MODELS_DIR: models },
    });
  });

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    await session.editor.screenshot(`failed-${this.currentTest.title.slice(0, 40).replaceAll(" ", "-")}`);
    await session.editor.press("Escape", 2);
  });

  after(async () => {
    await session.stop();
    await rm(models, { recursive: true, force: true });
    await rm(elsewhere, { recursive: true, force: true });
  });

  const rows = ".quick-input-list .monaco-list-row";

  async function pickFile(path: string): Promise<void> {
    const { editor } = session;
    await editor.command("Wisp: Choose Model…");
    await editor.page.locator(rows, { hasText: "A GGUF file on disk" }).click();
    await editor.page.locator(".quick-input-title", { hasText: "A GGUF model file" }).waitFor();
    // It begins with a folder of its own choice, and takes back what was written before it has.
    await editor.page.locator(rows, { hasText: ".." }).waitFor();
    await editor.page.locator(".quick-input-widget input:visible").first().fill(path);
    await editor.page.locator(rows, { hasText: basename(path) }).waitFor();
    await editor.page.locator(".quick-input-widget .monaco-button", { hasText: "OK" }).click();
  }

  it("are listed with size, memory, licence and whether they are on disk", async () => {
    const { editor } = session;
    await editor.command("Wisp: Choose Model…");
    await editor.page.locator(rows, { hasText: "7B" }).waitFor();
    await editor.screenshot("choose-model");
    const texts = await editor.page.locator(rows).allInnerTexts();
    assert.match(
      texts.find((text) => text.includes("0.5B")) ?? "",
      /491 MB on disk · 1\.0 GB memory · Apache-2\.0/,
    );
    assert.match(texts.find((text) => text.includes("3B")) ?? "", /2\.1\d? GB[\s\S]*[Rr]esearch/);
    await editor.page.keyboard.press("Escape");
  });

  it("ask before one with a restricted licence is taken", async () => {
    const { editor } = session;
    await editor.command("Wisp: Choose Model…");
    await editor.page.locator(rows, { hasText: "3B" }).click();
    const dialog = editor.page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    await editor.screenshot("licence");
    assert.match((await dialog.textContent()) ?? "", /research/i);
    await dialog.locator(".monaco-button", { hasText: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.deepEqual(
      (await readdir(models)).filter((name) => name.includes("3b")),
      [],
    );
  });

  it("may be a file on disk, which then suggests", async () => {
    const { editor } = session;
    await pickFile(join(elsewhere, "my-own-coder.gguf"));
    await editor.waitForNotification(/Wisp: .* is in use\./);
    await editor.open("src/add.ts", 2, 1);
    await editor.type("export function add(a: number, b: number): number {\n  return ");
    await editor.waitForGhostText();
    assert.match(await editor.statusBar(), /my-own-coder/);
  });

  it("name what is wrong with a file that is none, and keep the model in use", async () => {
    const { editor } = session;
    await pickFile(join(elsewhere, "letter.gguf"));
    await editor.waitForNotification(/letter\.gguf.*GGUF/s);
    const { status, enginePid } = await session.wisp();
    assert.deepEqual(status, { kind: "ready", model: "my-own-coder" });
    assert.ok(enginePid !== undefined);
  });

  it("are removed from the disk after a question", async () => {
    const { editor } = session;
    await editor.command("Wisp: Remove Models…");
    await editor.page.locator(rows, { hasText: "0.5B" }).locator(".monaco-checkbox, input").first().click();
    await editor.screenshot("remove-models");
    await editor.page.locator(".quick-input-widget .monaco-button", { hasText: "OK" }).click();
    const dialog = editor.page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    assert.match((await dialog.textContent()) ?? "", /free 491 MB/);
    await dialog.locator(".monaco-button", { hasText: "Remove" }).click();
    await until(
      "the file is gone",
      10_000,
      () => readdir(models),
      (names) => !names.some((name) => name.endsWith(".gguf")),
    );
  });
});
