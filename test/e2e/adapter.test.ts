import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { ensureLabEnvironment, ensureUv } from "../../scripts/lab/uv.ts";
import { e2eVariables } from "../../scripts/testing/e2eSuite.ts";
import { skipLabVariable, skipsLab } from "../../scripts/testing/labSuite.ts";
import { required, Session } from "./support/session.ts";

const run = promisify(execFile);
const engineTests = join(import.meta.dirname, "../engine/adapter");
const coupons = `"""Coupons: every change is noted in the ledger before it is made."""

from shop import ledger


def redeem(coupon, order):

        coupon.used = True
        return entry.close(coupon.used)
`;

describe("adapters in VS Code", () => {
  let folder: string;
  let session: Session | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wisp-adapters-"));
  });

  afterEach(async function () {
    if (this.currentTest?.state === "failed" && session) {
      await session.editor.screenshot("adapter-failed");
      console.error((await session.log()).split("\n").slice(-20).join("\n"));
    }
    await session?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    session = undefined;
  });

  /** Enters a path where the editor asks for a file; code-server asks in a line of text. */
  async function chooseFile({ editor }: Session, path: string): Promise<void> {
    await editor.command("Wisp: Use Adapter…");
    const rows = ".quick-input-list .monaco-list-row";
    await editor.page.locator(rows, { hasText: "A GGUF adapter on disk" }).click();
    await editor.page.locator(".quick-input-title", { hasText: "A LoRA adapter as a GGUF file" }).waitFor();
    // It begins with a folder of its own choice, and takes back what was written before it has.
    await editor.page.locator(rows, { hasText: ".." }).waitFor();
    await editor.page.locator(".quick-input-widget input:visible").first().fill(path);
    await editor.page.locator(rows, { hasText: basename(path) }).waitFor();
    await editor.page.locator(".quick-input-widget .monaco-button", { hasText: "OK" }).click();
  }

  it("are chosen from disk for a folder, are seen in the status, and change what is suggested", async () => {
    const adapter = join(folder, "ledger.gguf");
    await cp(join(engineTests, "ledger.gguf"), adapter);
    session = await Session.start({
      files: { "coupons.py": coupons },
      settings: { "wisp.suggestions.quietness": "eager", "editor.autoIndent": "none" },
    });
    const { editor } = session;
    await chooseFile(session, required(e2eVariables.model));
    await editor.waitForNotification(/is no adapter but a model/);
    await chooseFile(session, adapter);
    await editor.waitForNotification(/The adapter “ledger” is in use for the folder workspace/);
    await editor.screenshot("adapter-in-use");
    const { status } = await session.wisp();
    assert.match(JSON.stringify(status), /adapted to ledger/);
    await editor.open("coupons.py", 7, 1);
    await editor.type("    with");
    const ghost = await editor.waitForGhostText();
    assert.match(ghost, /ledger\.noted\("redeem"/);
    await editor.screenshot("adapter-ghost-text");
    assert.match(await session.log(), /Adapter: ledger, rank 1/);
  });

  it("are not made from a folder without git, and not without a yes", async () => {
    session = await Session.start({ files: { "coupons.py": coupons }, env: await environmentWithUv() });
    const { editor, profile } = session;
    await editor.command("Wisp: Adapt to This Workspace…");
    await editor.waitForNotification(/is not the folder of a git repository/);
    await run("git", ["init", "-q"], { cwd: profile.workspace });
    await editor.command("Wisp: Adapt to This Workspace…");
    const dialog = editor.page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    await editor.screenshot("adapt-consent");
    const text = (await dialog.textContent()) ?? "";
    for (const said of [/Adapt Qwen2\.5-Coder 0\.5B to workspace\?/, /3 GB from PyPI/, /half an hour/])
      assert.match(text, said);
    await dialog.locator(".monaco-button", { hasText: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    const kept = await readdir(profile.userData, { recursive: true });
    assert.deepEqual(
      kept.filter((name) => /wisp-local\.wisp[\\/](adapters|lab)/.test(name)),
      [],
    );
  });

  it("are made by the lab as a task, judged, and offered only where they are better", async function () {
    if (skipsLab()) {
      console.log(`      skipped, because ${skipLabVariable} is 1`);
      return this.skip();
    }
    // Here, so that the task itself finds every package in uv's cache.
    this.timeout(900_000);
    await ensureLabEnvironment();
    session = await Session.start({
      files: {},
      prepare: (workspace) => repositoryWithPast(workspace),
      settings: { "wisp.model.path": join(import.meta.dirname, "adapter/micro.gguf") },
      env: await environmentWithUv(),
    });
    const { editor, profile } = session;
    await editor.command("Wisp: Adapt to This Workspace…");
    await editor.page.locator(".monaco-dialog-box .monaco-button", { hasText: "Start" }).click();
    await editor.page.locator(".terminal-wrapper.active").waitFor({ timeout: 30_000 });
    const result = await editor.waitForNotification(/The adapter is|did not come to its end/, 300_000);
    await editor.screenshot("adapt-result");
    assert.match(result, /The adapter is (recommended|not better beyond chance): \d+ % → \d+ % of \d+ later/);
    const isBetter = /recommended/.test(result);
    assert.equal(/Use It/.test(result), isBetter);
    const made = join(profile.userData, "User/globalStorage/wisp-local.wisp/adapters");
    const [name = ""] = await readdir(made);
    for (const file of ["recipe.toml", "adapter/adapter.gguf", "evaluation/REPORT.md"])
      assert.ok(existsSync(join(made, name, file)), file);
    await editor.command("Wisp: Use Adapter…");
    const row = editor.page.locator(".quick-input-list .monaco-list-row", { hasText: name });
    assert.match((await row.textContent()) ?? "", isBetter ? /recommended/ : /not better/);
    await editor.screenshot("adapter-list");
    await row.click();
    await editor.waitForNotification(/The adapter “workspace” is in use/);
  });
});

/** VS Code takes the PATH of a login shell for its extensions, unless it was started from a command line. */
async function environmentWithUv(): Promise<Record<string, string>> {
  return { PATH: [dirname(await ensureUv()), process.env["PATH"]].join(delimiter), VSCODE_CLI: "1" };
}

/** Eight weeks of commits, in a style that a few steps of training can learn something of. */
async function repositoryWithPast(workspace: string): Promise<void> {
  const git = async (date: string, ...args: readonly string[]): Promise<void> => {
    const who = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
    const env = { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    await run("git", [...who, ...args], { cwd: workspace, env });
  };
  await git("", "init", "-q", "-b", "main");
  for (let week = 0; week < 8; week++) {
    const date = new Date(Date.UTC(2026, 0, 5 + 7 * week, 10)).toISOString();
    for (const part of ["order", "stock"]) {
      await mkdir(join(workspace, part), { recursive: true });
      await writeFile(join(workspace, part, `${part}_${week}.py`), moduleOf(`${part}_${week}`));
    }
    await git(date, "add", "-A");
    await git(date, "commit", "-q", "-m", `week ${week}`);
  }
}

function moduleOf(name: string): string {
  const functions = Array.from(
    { length: 12 },
    (_, number) => `
def ${name}_step_${number}(ledger, account, amount):
    with ledger.noted("${name}_step_${number}", account=account.number) as entry:
        account.balance += amount * ${number + 2}
        return entry.close(account.balance)
`,
  );
  return `"""Things about ${name}."""\n${functions.join("\n")}`;
}
