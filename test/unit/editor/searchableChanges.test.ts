import assert from "node:assert/strict";
import type * as vscode from "vscode";
import {
  committedText,
  holdsCode,
  type SearchableParts,
  searchableChanges,
} from "../../../src/editor/assist/searchableChanges.ts";
import type { GitChange, GitRepository } from "../../../src/editor/git.ts";

const uriOf = (path: string): vscode.Uri => ({ path, fsPath: path, toString: () => path }) as vscode.Uri;
const change = (path: string, was = path): GitChange => ({ uri: uriOf(path), originalUri: uriOf(was) });

function repository(state: Partial<GitRepository["state"]>): GitRepository {
  return {
    state: { indexChanges: [], mergeChanges: [], workingTreeChanges: [], untrackedChanges: [], ...state },
    show: async (_ref: string, path: string) => {
      if (path !== "/old.ts") throw new Error("not in HEAD");
      return "one\r\ntwo\r\n";
    },
  } as unknown as GitRepository;
}

describe("searchableChanges", () => {
  const parts: SearchableParts = {
    mayUse: async ({ path }) => !path.includes("secret"),
    sizeOf: async ({ path }) =>
      path.includes("gone")
        ? undefined
        : { bytes: path.includes("huge") ? 2_000_000 : 100, isLink: path.includes("link") },
  };

  it("takes each file with code once, conflicts included, and counts what it leaves out", async () => {
    const { changes, leftOut } = await searchableChanges(
      repository({
        indexChanges: [change("/new.ts", "/old.ts"), change("/gone.ts")],
        mergeChanges: [change("/conflict.py")],
        workingTreeChanges: [change("/new.ts"), change("/package-lock.json"), change("/huge.ts")],
        untrackedChanges: [change("/link.ts"), change("/secret.ts"), change("/notes.md")],
      }),
      parts,
    );
    assert.deepEqual(
      changes.map(({ uri }) => uri.path),
      ["/new.ts", "/conflict.py"],
    );
    assert.equal(leftOut, 5);
  });

  it("compares a file that was renamed with what it was", async () => {
    const { changes } = await searchableChanges(
      repository({ indexChanges: [change("/new.ts", "/old.ts")], workingTreeChanges: [change("/new.ts")] }),
      parts,
    );
    const [renamed] = changes;
    assert.ok(renamed);
    assert.equal(await committedText(repository({}), renamed), "one\ntwo\n");
    assert.equal(await committedText(repository({}), change("/untracked.ts")), "");
  });
});

describe("holdsCode", () => {
  it("knows prose, data and what tools write by their names", () => {
    for (const path of [
      "/a.md",
      "/pnpm-lock.yaml",
      "/Cargo.lock",
      "/go.sum",
      "/a.min.js",
      "/x/data.json",
      "/n.ipynb",
    ])
      assert.equal(holdsCode(path), false, path);
    for (const path of ["/a.ts", "/lock.ts", "/Makefile", "/ci.yaml", "/a.py", "/admin.js", "/block.go"])
      assert.equal(holdsCode(path), true, path);
  });
});
