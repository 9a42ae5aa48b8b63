import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type * as vscode from "vscode";
import { SecretScan } from "../../../src/context/secretScan.ts";
import { type UsableChangesParts, usableChanges } from "../../../src/editor/chat/usableChanges.ts";
import type { GitChange, GitRepository } from "../../../src/editor/git.ts";

describe("usableChanges", () => {
  let root: string;
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const write = (name: string, text: string): void => fs.writeFileSync(path.join(root, name), text);
  const uriOf = (name: string): vscode.Uri => {
    const fsPath = path.join(root, name);
    return {
      fsPath,
      path: fsPath.replaceAll("\\", "/"),
      toString: () => pathToFileURL(fsPath).href,
    } as vscode.Uri;
  };
  const change = (name: string, was = name): GitChange => ({ uri: uriOf(name), originalUri: uriOf(was) });
  const parts: UsableChangesParts = {
    mayUse: async ({ path: file }) => !/\.env|geheim/.test(file),
    onDisk: async ({ fsPath }) =>
      /link/.test(fsPath)
        ? undefined
        : { text: fs.existsSync(fsPath) ? fs.readFileSync(fsPath, "utf8") : undefined },
    maskSecrets: (text) => new SecretScan().mask(text),
  };

  /** @param state the lists as VS Code's git fills them. */
  function changes(staged: boolean, state: Partial<GitRepository["state"]>): Promise<string> {
    const repository = {
      rootUri: uriOf(""),
      state: { indexChanges: [], mergeChanges: [], workingTreeChanges: [], untrackedChanges: [], ...state },
      show: async (ref: string, file: string) => git("show", `${ref}:${path.relative(root, file)}`),
    } as unknown as GitRepository;
    return usableChanges(staged, repository, parts);
  }

  beforeEach(() => {
    root = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "wisp-changes-"));
    git("init", "-q");
    git("config", "user.name", "T");
    git("config", "user.email", "t@example.org");
    write("a.ts", "one\ntwo\n");
    write(".env", "NAME=old\n");
    git("add", ".");
    git("commit", "-qm", "first");
  });
  afterEach(() => fs.rmSync(root, { recursive: true }));

  for (const [setting, value] of [
    ["diff.mnemonicPrefix", "true"],
    ["diff.noprefix", "true"],
    ["color.diff", "always"],
    ["color.ui", "always"],
    ["diff.external", "cat"],
    ["core.quotePath", "true"],
  ] as const)
    it(`leaves out what may not be used, and reads the rest, with ${setting}=${value}`, async () => {
      git("config", setting, value);
      write("a.ts", "one\n2\n");
      write(".env", "NAME=hidden\n");
      write("geheim-é.ts", "hidden\n");
      write("ü.ts", "new\n");
      git("add", ".");
      const all = [change("a.ts"), change(".env"), change("geheim-é.ts"), change("ü.ts")];
      const expected =
        "--- a.ts\n+++ a.ts\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n--- /dev/null\n+++ ü.ts\n@@ -0,0 +1,1 @@\n+new\n";
      assert.equal(await changes(true, { indexChanges: all }), expected);
      assert.equal(await changes(false, { indexChanges: all }), expected);
    });

  it("leaves out a file that was renamed from one that may not be used", async () => {
    git("mv", ".env", "settings.txt");
    assert.equal(await changes(true, { indexChanges: [change("settings.txt", ".env")] }), "");
  });

  it("masks a part of a key whose first line has not changed", async () => {
    const key = (line: string): string =>
      `-----BEGIN RSA PRIVATE KEY-----\n${"same\n".repeat(9)}${line}\n-----END RSA PRIVATE KEY-----\n`;
    write("key.txt", key("before"));
    git("add", ".");
    git("commit", "-qm", "key");
    write("key.txt", `${key("hidden")}more\n`);
    const diff = await changes(false, { workingTreeChanges: [change("key.txt")] });
    assert.match(diff, /^\+more$/m);
    assert.doesNotMatch(diff, /hidden|before|same/);
  });

  it("tells what is on disk, staged or not, new files and deleted ones too", async () => {
    write("a.ts", "one\n2\n");
    git("add", "a.ts");
    write("a.ts", "one\n2\n3\n");
    write("new.ts", "n\n");
    fs.rmSync(path.join(root, ".env"));
    const state = {
      indexChanges: [change("a.ts")],
      workingTreeChanges: [change("a.ts"), change(".env")],
      untrackedChanges: [change("new.ts")],
    };
    assert.equal(
      await changes(false, state),
      "--- a.ts\n+++ a.ts\n@@ -1,2 +1,3 @@\n one\n-two\n+2\n+3\n--- /dev/null\n+++ new.ts\n@@ -0,0 +1,1 @@\n+n\n",
    );
    assert.equal(await changes(true, state), "--- a.ts\n+++ a.ts\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
  });

  it("tells of the first commit, of what is not text, and of how many files more there are", async () => {
    git("update-ref", "-d", "HEAD");
    assert.match(await changes(true, { indexChanges: [change("a.ts")] }), /^--- \/dev\/null\n\+\+\+ a\.ts\n/);
    write("x.bin", "\0");
    assert.match(
      await changes(false, { untrackedChanges: [change("x.bin")] }),
      /\+\+\+ x\.bin\n\(not text\)/,
    );
    assert.equal(await changes(false, { untrackedChanges: [change("link")] }), "+++ link\n(not read)\n");
    write("large.txt", "large\n".repeat(40_000));
    const many = [change("large.txt"), change("a.ts"), change("x.bin")];
    assert.match(
      await changes(false, { workingTreeChanges: many }),
      /\n\+large\n\(2 more changed files\)\n$/,
    );
    const links = Array.from({ length: 103 }, (_, index) => change(`link-${index}`));
    assert.match(
      await changes(false, { workingTreeChanges: links }),
      /\+\+\+ link-99\n\(not read\)\n\(3 more changed files\)\n$/,
    );
  }).timeout(20_000);
});
