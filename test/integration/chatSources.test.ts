import assert from "node:assert/strict";
import { realpath, symlink } from "node:fs/promises";
import * as vscode from "vscode";
import { silentLog } from "../../src/base/log.ts";
import { indexHere } from "../../src/chat/indexSeat.ts";
import { ChatSources } from "../../src/editor/chat/chatSources.ts";
import { WorkspaceIndex } from "../../src/editor/chat/workspaceIndex.ts";
import { filePolicy } from "../../src/editor/filePolicy.ts";
import { IgnoredFiles } from "../../src/editor/ignoredFiles.ts";
import type { Settings } from "../../src/editor/settings.ts";
import { usableFiles } from "../../src/editor/usableFiles.ts";
import { until } from "./wisp.ts";

describe("what of the workspace may go along", () => {
  const settings = {
    completion: () => ({ excludeGlobs: ["along/private/**"], respectGitignore: false }),
  } as unknown as Settings;
  let folder: vscode.Uri;
  let ignored: IgnoredFiles;
  let mayUse: (uri: vscode.Uri) => Promise<boolean>;
  let sources: ChatSources;
  let index: WorkspaceIndex;

  const at = (...names: string[]): vscode.Uri => vscode.Uri.joinPath(folder, ...names);
  const write = async (uri: vscode.Uri, text: string): Promise<void> =>
    vscode.workspace.fs.writeFile(uri, Buffer.from(text));

  before(async () => {
    const root = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(root);
    folder = vscode.Uri.joinPath(root, "along");
    ignored = new IgnoredFiles(silentLog);
    mayUse = filePolicy(settings, ignored, realpath);
    const findFiles = usableFiles(settings, ignored, { mayUse, realPath: realpath });
    const find = (): Promise<readonly vscode.Uri[]> => findFiles("along/*.md", 100);
    index = new WorkspaceIndex(indexHere, { mayUse, find }, silentLog);
    sources = new ChatSources({ mayUse, findFiles, maskSecrets: (text) => text, index });
    await write(at(".env"), "NAME=value\n");
    await write(at("private", "plan.md"), "zebrafish\n");
    await write(at("open.md"), "zebrafish in the open\n");
    await symlink(".env", at("settings.md").fsPath);
    await symlink("private/plan.md", at("plan.md").fsPath);
    await symlink("/etc/hostname", at("elsewhere.md").fsPath);
  });
  after(async () => {
    index.dispose();
    ignored.dispose();
    await vscode.workspace.fs.delete(folder, { recursive: true });
  });

  it("judges a version of a file as the file", async () => {
    const version = (name: string): vscode.Uri => at(name).with({ scheme: "git", query: "{}" });
    assert.equal(await mayUse(version("open.md")), true);
    assert.equal(await mayUse(version("private/plan.md")), false);
    assert.equal(await mayUse(version(".env")), false);
    assert.equal(await mayUse(vscode.Uri.parse("untitled:Untitled-1")), true);
  });

  it("judges a link as what it leads to, and finds none that may not be followed", async () => {
    for (const name of ["settings.md", "plan.md", "elsewhere.md"]) {
      assert.equal(await mayUse(at(name)), false, name);
      assert.deepEqual(await sources.place(at(name)), [], name);
    }
    const found = await index.find("zebrafish value", 8);
    assert.deepEqual(
      found.map(({ path }) => path),
      ["along/open.md"],
    );
  });

  it("finds no place in a file that has grown too large to be searched", async () => {
    assert.equal((await index.find("zebrafish", 8)).length, 1);
    await write(at("open.md"), `zebrafish\n${"x\n".repeat(300_000)}`);
    await until("the old text is forgotten", 20_000, async () =>
      (await index.find("zebrafish", 8)).length === 0 ? true : undefined,
    );
  });

  it("says how many files of a folder do not go along", async () => {
    for (let n = 10; n < 30; n++) await write(at("many", `part${n}.md`), `part ${n}\n`);
    const items = await sources.place(at("many"));
    assert.equal(items.filter(({ kind }) => kind === "file").length, 12);
    assert.equal(items.at(-1)?.label, "8 more in along/many");
    assert.match(items.at(-1)?.text ?? "", /^8 more files/);
  });
});
