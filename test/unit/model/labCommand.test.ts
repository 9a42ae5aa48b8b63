import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { LabError } from "../../../src/model/adaptations.ts";
import { adaptationCall, findUv } from "../../../src/model/labCommand.ts";
import { withFolder } from "./modelFixtures.ts";

const order = {
  lab: "/ext/lab",
  environment: "/storage/lab",
  node: "/editor/node",
  repository: "/home/me/my shop; rm -rf x",
  modelPath: "/models/m.gguf",
  output: "/storage/adapters/shop",
};

describe("the lab's command", () => {
  it("hands over each path as one argument, and takes packages as they are locked", () => {
    const { program, args, env } = adaptationCall("/usr/bin/uv", order);
    assert.equal(program, "/usr/bin/uv");
    assert.ok(args.includes("--locked"));
    assert.deepEqual(args.slice(args.indexOf("adapt-repository")), [
      "adapt-repository",
      order.repository,
      "--base",
      order.modelPath,
      "--output",
      order.output,
    ]);
    assert.equal(args[args.indexOf("--project") + 1], order.lab);
    assert.equal(env["UV_PROJECT_ENVIRONMENT"], order.environment);
    assert.equal(env["WISP_NODE"], order.node);
  });

  it("finds the first uv that runs", function () {
    if (process.platform === "win32") return this.skip();
    return withFolder(async (folder) => {
      await program(join(folder, "broken"), "#!/bin/sh\nexit 127\n");
      await program(join(folder, "home", ".local", "bin"), "#!/bin/sh\necho uv 1\n");
      const env = { PATH: [join(folder, "none"), join(folder, "broken")].join(delimiter) };
      const found = await findUv(env, join(folder, "home"));
      assert.equal(found, join(folder, "home", ".local", "bin", "uv"));
      await assert.rejects(
        findUv(env, join(folder, "nobody")),
        (error) =>
          error instanceof LabError && error.code === "uv-missing" && /docs\.astral/.test(error.hint),
      );
    });
  });

  it("never looks into the folder that the editor runs in", () =>
    withFolder(async (folder) => {
      await program(folder, "#!/bin/sh\nexit 0\n");
      const before = process.cwd();
      process.chdir(folder);
      try {
        await assert.rejects(findUv({ PATH: `.${delimiter}` }, join(folder, "nobody")), LabError);
      } finally {
        process.chdir(before);
      }
    }));
});

async function program(folder: string, text: string): Promise<void> {
  assert.ok(isAbsolute(folder));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "uv"), text, { mode: 0o755 });
}
