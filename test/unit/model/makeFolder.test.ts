import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../../../src/model/makeFolder.ts";

describe("the models folder", () => {
  let base: string;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), "wisp-folder-"));
  });

  afterEach(() => rm(base, { recursive: true, force: true }));

  it("is made with those above it, by several at once, and may be there already", async () => {
    const path = join(base, "a", "b", "models");
    await Promise.all([makeFolder(path), makeFolder(path), makeFolder(path)]);
    await makeFolder(path);
    assert.ok((await stat(path)).isDirectory());
  });

  it("is refused below a file", async () => {
    await writeFile(join(base, "file"), "");
    await assert.rejects(makeFolder(join(base, "file", "models")), { code: "folder-unusable" });
  });

  it("is refused where the system takes no folders, and the attempt ends", async function () {
    if (process.platform !== "linux") return this.skip();
    await assert.rejects(makeFolder("/proc/wisp/models"), {
      code: "folder-unusable",
      message: /\/proc\/wisp /,
    });
  });
});
