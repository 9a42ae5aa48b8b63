import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

describe("a GPU package outside the engine's folder", () => {
  it("is what its name means from then on; other names mean what they did", async () => {
    const folder = await mkdtemp(join(tmpdir(), "wisp-gpu-"));
    try {
      await mkdir(join(folder, "dist"));
      await writeFile(join(folder, "package.json"), '{ "type": "module" }');
      await writeFile(join(folder, "dist", "index.js"), 'export const place = "elsewhere";\n');
      const source = pathToFileURL(resolve("src/engine/gpuPackage.ts")).href;
      const script = `
        import { provideGpuPackage } from ${JSON.stringify(source)};
        const name = "@scope/for-gpus";
        const found = () => import(name).then(({ place }) => place, ({ code }) => code);
        const before = await found();
        provideGpuPackage({ name, folder: ${JSON.stringify(folder)} }, { warn: console.error });
        console.log(JSON.stringify([before, await found(), await import("@scope/another").catch(({ code }) => code),
          typeof (await import("node:os")).cpus]));`;
      const file = join(folder, "main.mjs");
      await writeFile(file, script);
      const { stdout, stderr } = await run(process.execPath, [file]);
      assert.deepEqual(JSON.parse(stdout), [
        "ERR_MODULE_NOT_FOUND",
        "elsewhere",
        "ERR_MODULE_NOT_FOUND",
        "function",
      ]);
      assert.equal(stderr, "");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
