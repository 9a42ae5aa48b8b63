import assert from "node:assert/strict";
import { cp, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { e2eVariables } from "../../scripts/testing/e2eSuite.ts";
import { required, Session } from "./support/session.ts";

describe("a model file that cannot be used", () => {
  let folder: string;
  let session: Session | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wisp-bad-model-"));
  });

  afterEach(async () => {
    await session?.stop();
    await rm(folder, { recursive: true, force: true });
    session = undefined;
  });

  async function typeWithModel(path: string): Promise<Session> {
    session = await Session.start({
      files: { "src/add.ts": "/** The sum of two numbers. */\n" },
      settings: { "wisp.model.path": path },
    });
    await session.editor.open("src/add.ts", 2, 1);
    await session.editor.type("export function add(a: number, b: number): number {\n  return ");
    return session;
  }

  it("is named in a message when it is a text", async () => {
    const path = join(folder, "letter.gguf");
    await writeFile(path, "Dear model,\n".repeat(1000));
    const { editor } = await typeWithModel(path);
    await editor.waitForNotification(/GGUF/);
    await editor.screenshot("text-as-model");
    await editor.type("a + b;");
    await editor.save();
  });

  it("is named in a message when it is cut off", async () => {
    const path = join(folder, "cut.gguf");
    await cp(required(e2eVariables.model), path);
    await truncate(path, 100_000_000);
    const { editor } = await typeWithModel(path);
    await editor.waitForNotification(/GGUF|truncated|cut|incomplete|whole|ends/i);
    await editor.screenshot("truncated-model");
    await editor.save();
  });

  it("is looked for in a folder that is none: told, and everything else works", async () => {
    const path = join(folder, "not-a-folder");
    await writeFile(path, "");
    session = await Session.start({
      files: { "src/add.ts": "/** The sum of two numbers. */\n" },
      env: { WISP_MODELS_DIR: path },
    });
    const { editor } = session;
    await editor.waitForNotification(/not-a-folder.* cannot be read or written/s);
    assert.equal((await session.wisp()).status.kind, "error");
    await editor.command("Wisp: Open Chat");
    await editor.page.waitForSelector("iframe.webview.ready");
  });

  it("is named in a message when no machine has the memory for it", async () => {
    const path = join(folder, "giant.gguf");
    await cp(required(e2eVariables.model), path);
    // A hole in the file: it takes no room on the disk.
    await truncate(path, 4e12);
    const { editor } = await typeWithModel(path);
    await editor.waitForNotification(/needs about 4\d{3}\.\d GB of memory/);
    await editor.screenshot("too-large-model");
    await editor.type("a + b;");
    await editor.save();
  });
});
