import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { removeAbandonedShadows, shadowWorkspace } from "../../../src/assist/shadowWorkspace.ts";

describe("shadowWorkspace", () => {
  let root: string;
  beforeEach(async () => {
    root = await fs.mkdtemp(path.join(os.tmpdir(), "wisp-shadow-test-"));
    await fs.mkdir(path.join(root, "src", "deep"), { recursive: true });
    await fs.writeFile(path.join(root, "src", "deep", "a.ts"), "original");
    await fs.writeFile(path.join(root, "src", "b.ts"), "neighbour");
    await fs.writeFile(path.join(root, "tsconfig.json"), "{}");
  });
  afterEach(() => fs.rm(root, { recursive: true }));

  it("shows the neighbours, changes one file, and leaves the original alone when it goes", async () => {
    const shadow = await shadowWorkspace(root, path.join("src", "deep", "a.ts"));
    await shadow.write("changed");
    const read = (...parts: string[]): Promise<string> =>
      fs.readFile(path.join(shadow.root, ...parts), "utf8");
    assert.equal(await read("src", "deep", "a.ts"), "changed");
    assert.equal(await read("src", "b.ts"), "neighbour");
    assert.equal(await read("tsconfig.json"), "{}");
    shadow.remove();
    assert.equal(await fs.readFile(path.join(root, "src", "deep", "a.ts"), "utf8"), "original");
    assert.equal(await fs.readFile(path.join(root, "src", "b.ts"), "utf8"), "neighbour");
    await assert.rejects(fs.stat(shadow.root));
  });

  it("is taken away later when its process was killed, and only then", async () => {
    const tmp = await fs.mkdtemp(path.join(root, "tmp-"));
    const ended = spawnSync(process.execPath, ["-e", ""]).pid;
    const names = [`wisp-check-${ended}-abc`, `wisp-check-${process.pid}-abc`, "wisp-check-abc", "other"];
    for (const name of names) await fs.mkdir(path.join(tmp, name, "src"), { recursive: true });
    await fs.symlink(path.join(root, "src", "b.ts"), path.join(tmp, `wisp-check-${ended}-abc`, "b.ts"));
    const removed = await removeAbandonedShadows(tmp);
    assert.deepEqual([...removed].sort(), [`wisp-check-${ended}-abc`, "wisp-check-abc"]);
    assert.deepEqual((await fs.readdir(tmp)).sort(), ["other", `wisp-check-${process.pid}-abc`]);
    assert.equal(await fs.readFile(path.join(root, "src", "b.ts"), "utf8"), "neighbour");
  });

  it("refuses a path that leads out of the workspace", async () => {
    await assert.rejects(shadowWorkspace(root, path.join("..", "x.ts")), /outside/);
  });
});
