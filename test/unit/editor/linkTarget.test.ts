import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { linkTarget } from "../../../src/editor/linkTarget.ts";

describe("linkTarget", () => {
  let directory: string;
  const at = (...names: string[]): string => path.join(directory, ...names);

  beforeEach(async () => {
    directory = await fs.mkdtemp(path.join(await fs.realpath(os.tmpdir()), "wisp-links-"));
    for (const folder of ["work/docs", "work-private", "other"])
      await fs.mkdir(at(folder), { recursive: true });
    for (const file of ["work/.env", "work/docs/real.md", "work-private/notes.md", "other/b.md"])
      await fs.writeFile(at(file), "text");
  });
  afterEach(() => fs.rm(directory, { recursive: true }));

  const target = (file: string, folders = ["work", "other"]): Promise<string | undefined> =>
    linkTarget(
      at(file),
      folders.map((folder) => at(folder)),
      fs.realpath,
    );

  it("follows links of a file and of its folder within the workspace", async () => {
    await fs.symlink("../.env", at("work/docs/settings.md"));
    await fs.symlink("docs", at("work/more"));
    await fs.symlink("../other/b.md", at("work/b.md"));
    assert.equal(await target("work/docs/real.md"), at("work/docs/real.md"));
    assert.equal(await target("work/docs/settings.md"), at("work/.env"));
    assert.equal(await target("work/more/settings.md"), at("work/.env"));
    assert.equal(await target("work/b.md"), at("other/b.md"));
  });

  it("refuses what leads out of the workspace, however alike its name, and what leads in a circle", async () => {
    await fs.symlink("../work-private/notes.md", at("work/notes.md"));
    await fs.symlink("/etc", at("work/etc"));
    await fs.symlink("round.md", at("work/round.md"));
    assert.equal(await target("work/notes.md"), undefined);
    assert.equal(await target("work/etc/hostname"), undefined);
    assert.equal(await target("work/round.md"), undefined);
  });

  it("knows a workspace that is opened through a link, a file of no folder, and one that is not there", async () => {
    await fs.symlink("work", at("opened"));
    await fs.symlink("work/.env", at("loose.md"));
    assert.equal(await target("opened/docs/real.md", ["opened"]), at("opened/docs/real.md"));
    assert.equal(await target("loose.md"), at("work/.env"));
    assert.equal(await target("work/new.ts"), at("work/new.ts"));
  });
});
