import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DownloadProgress } from "../../../src/model/downloadProgress.ts";
import { type GpuPackage, gpuPackageFor } from "../../../src/model/gpuPackage.ts";
import { GpuSupport, installedGpuPackage } from "../../../src/model/gpuSupport.ts";
import type { ModelStoreError } from "../../../src/model/modelStoreError.ts";
import { FakeModelHub, stallAfter } from "../../fakes/fakeModelHub.ts";
import { code, never, storeIn, withFolder } from "./modelFixtures.ts";

/** An archive like npm's, with one file where the addon would be. */
async function archiveIn(folder: string, top = "package"): Promise<Buffer> {
  const bins = join(folder, "made", top, "bins");
  await mkdir(bins, { recursive: true });
  await writeFile(join(bins, "addon.node"), "native code");
  execFileSync("tar", ["-czf", join(folder, "made.tgz"), "-C", join(folder, "made"), top]);
  return readFile(join(folder, "made.tgz"));
}

function packageOf(archive: Buffer, url: string, more: Partial<GpuPackage> = {}): GpuPackage {
  return {
    name: "llama.cpp for GPUs",
    packageName: "@scope/linux-gpu",
    version: "2.0.0",
    url,
    sizeBytes: archive.length,
    sha256: createHash("sha256").update(archive).digest("hex"),
    unpackedBytes: 11,
    ...more,
  };
}

describe("GPU support", () => {
  /** A store in `folder`, the archive at an address, and the support made of both. */
  async function served(
    folder: string,
    test: (made: { gpu: GpuSupport; models: string; offered: GpuPackage }) => Promise<void>,
    { top, more }: { top?: string; more?: Partial<GpuPackage> } = {},
  ): Promise<void> {
    const archive = await archiveIn(folder, top);
    await using hub = await FakeModelHub.start(archive);
    const models = join(folder, "models");
    const offered = packageOf(archive, `${hub.origin}/linux-gpu.tgz`, more);
    await test({ gpu: new GpuSupport(storeIn(models), offered), models, offered });
  }

  it("is downloaded, checked, unpacked and found, and leaves no archive behind", () =>
    withFolder((folder) =>
      served(folder, async ({ gpu, models, offered }) => {
        assert.equal(await gpu.installed(), undefined);
        const path = join(models, "gpu", "linux-gpu-2.0.0");
        assert.deepEqual(await gpu.install({ signal: never }), { status: "ready", path });
        assert.deepEqual(await gpu.installed(), { name: "@scope/linux-gpu", folder: path });
        assert.deepEqual(await installedGpuPackage(models, offered), await gpu.installed());
        assert.equal(await readFile(join(path, "bins", "addon.node"), "utf8"), "native code");
        assert.deepEqual(await readdir(join(models, "gpu")), ["linux-gpu-2.0.0"]);
        await gpu.install({ signal: never });
        assert.deepEqual(await readdir(join(models, "gpu")), ["linux-gpu-2.0.0"]);
      }),
    ));

  it("is brought once where two windows ask at once", () =>
    withFolder((folder) =>
      served(folder, async ({ gpu, models, offered }) => {
        const other = new GpuSupport(storeIn(models), offered);
        const installs = [gpu, other, gpu].map((each) => each.install({ signal: never }));
        const results = await Promise.all(installs);
        assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(["ready"]));
        assert.deepEqual(await readdir(join(models, "gpu")), ["linux-gpu-2.0.0"]);
      }),
    ));

  it("is not used where something of it is missing, and mended by another download", () =>
    withFolder((folder) =>
      served(folder, async ({ gpu, models }) => {
        await gpu.install({ signal: never });
        await writeFile(join(models, "gpu", "linux-gpu-2.0.0", "bins", "addon.node"), "nat");
        assert.equal(await gpu.installed(), undefined);
        assert.equal(await gpu.isOutdated(), true);
        await gpu.install({ signal: never });
        assert.notEqual(await gpu.installed(), undefined);
      }),
    ));

  it("takes what a process left that died while it unpacked along", () =>
    withFolder((folder) =>
      served(folder, async ({ gpu, models }) => {
        for (const name of ["linux-gpu-2.0.0.part", "linux-gpu-1.0.0.part"])
          await mkdir(join(models, "gpu", name, "package"), { recursive: true });
        await writeFile(join(models, "gpu", "linux-gpu-1.0.0.tgz.partial"), "half");
        await gpu.install({ signal: never });
        assert.deepEqual(await readdir(join(models, "gpu")), ["linux-gpu-2.0.0"]);
      }),
    ));

  it("is not removed while it is downloaded", () =>
    withFolder(async (folder) => {
      const archive = await archiveIn(folder);
      await using hub = await FakeModelHub.start(archive, stallAfter(20));
      const models = join(folder, "models");
      const gpu = new GpuSupport(storeIn(models), packageOf(archive, `${hub.origin}/linux-gpu.tgz`));
      const cancel = new AbortController();
      const begun = Promise.withResolvers<void>();
      const onProgress = ({ receivedBytes }: DownloadProgress): void => {
        if (receivedBytes > 0) begun.resolve();
      };
      const installing = gpu.install({ signal: cancel.signal, onProgress });
      await begun.promise;
      await assert.rejects(gpu.remove(), code("busy"));
      cancel.abort();
      assert.equal((await installing).status, "cancelled");
      await gpu.remove();
      assert.ok(!(await readdir(models)).includes("gpu"));
    }));

  it("needs the room to be unpacked, and says what helps in its own words", () =>
    withFolder(async (folder) => {
      const archive = await archiveIn(folder);
      await using hub = await FakeModelHub.start(archive);
      const url = `${hub.origin}/linux-gpu.tgz`;
      const models = join(folder, "models");
      const room = { freeBytes: async () => 70_000_000 };
      const large = packageOf(archive, url, { unpackedBytes: 10_000_000 });
      const hint = (expected: RegExp) => (error: ModelStoreError) =>
        expected.test(error.hint) && !/mirror|smaller model|endpoint/.test(error.hint);
      const full = new GpuSupport(storeIn(models, room), large).install({ signal: never });
      await assert.rejects(full, hint(/Free some space/));
      const small = new GpuSupport(storeIn(models, room), packageOf(archive, url));
      assert.equal((await small.install({ signal: never })).status, "ready");
      const nowhere = new GpuSupport(
        storeIn(join(folder, "other")),
        packageOf(archive, "http://127.0.0.1:1/a.tgz"),
      );
      await assert.rejects(nowhere.install({ signal: never }), hint(/127\.0\.0\.1:1 alone/));
    }));

  it("of another version is out of date, until this one's takes its place", () =>
    withFolder((folder) =>
      served(folder, async ({ gpu, models }) => {
        assert.equal(await gpu.isOutdated(), false);
        await mkdir(join(models, "gpu", "linux-gpu-1.0.0", "bins"), { recursive: true });
        assert.equal(await gpu.installed(), undefined);
        assert.equal(await gpu.isOutdated(), true);
        await gpu.install({ signal: never });
        assert.equal(await gpu.isOutdated(), false);
        assert.deepEqual(await readdir(join(models, "gpu")), ["linux-gpu-2.0.0"]);
      }),
    ));

  it("is removed with all its versions, also where there is none", () =>
    withFolder((folder) =>
      served(folder, async ({ gpu, models }) => {
        await gpu.remove();
        await gpu.install({ signal: never });
        await gpu.remove();
        assert.equal(await gpu.installed(), undefined);
        assert.deepEqual(await readdir(models).then((names) => names.includes("gpu")), false);
      }),
    ));

  it("is not put into use where another file has come, or one that cannot be unpacked", () =>
    withFolder(async (folder) => {
      const other = { more: { sha256: "0".repeat(64) } };
      await served(
        folder,
        async ({ gpu }) => {
          await assert.rejects(gpu.install({ signal: never }), code("hash-mismatch"));
          assert.equal(await gpu.installed(), undefined);
        },
        other,
      );
      await served(folder, async ({ offered, models }) => {
        const broken = new GpuSupport(storeIn(models), offered, async () => {
          throw new Error("not in gzip format");
        });
        await assert.rejects(broken.install({ signal: never }), /gzip/);
        assert.equal(await broken.installed(), undefined);
        assert.equal(await broken.isOutdated(), false);
        assert.deepEqual(await readdir(join(models, "gpu")), []);
      });
    }));

  it("says so where the archive holds something else", () =>
    withFolder((folder) =>
      served(
        folder,
        async ({ gpu, models }) => {
          await assert.rejects(gpu.install({ signal: never }), code("file-missing"));
          assert.deepEqual(await readdir(join(models, "gpu")), []);
        },
        { top: "else" },
      ),
    ));

  it("keeps what there was where its download is cancelled", () =>
    withFolder((folder) =>
      served(folder, async ({ gpu, models }) => {
        await mkdir(join(models, "gpu", "linux-gpu-1.0.0", "bins"), { recursive: true });
        const { status } = await gpu.install({ signal: AbortSignal.abort() });
        assert.equal(status, "cancelled");
        assert.equal(await gpu.isOutdated(), true);
      }),
    ));

  it("does not exist where nothing is offered", () =>
    withFolder(async (folder) => {
      const gpu = new GpuSupport(storeIn(folder), undefined);
      assert.equal(await gpu.installed(), undefined);
      await assert.rejects(gpu.install({ signal: never }), code("no-packages"));
    }));

  it("has the version of node-llama-cpp that this Wisp uses, from npm's own registry", async () => {
    const { version } = JSON.parse(await readFile("node_modules/node-llama-cpp/package.json", "utf8"));
    const offered = gpuPackageFor("linux", "x64");
    assert.ok(offered);
    assert.equal(offered.version, version);
    assert.equal(
      offered.url,
      `https://registry.npmjs.org/${offered.packageName}/-/linux-x64-vulkan-${version}.tgz`,
    );
    assert.match(offered.sha256, /^[0-9a-f]{64}$/);
    assert.equal(gpuPackageFor("darwin", "arm64"), undefined);
  });
});
