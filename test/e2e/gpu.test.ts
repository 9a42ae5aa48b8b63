import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { e2eVariables } from "../../scripts/testing/e2eSuite.ts";
import { gpuPackageFor } from "../../src/model/gpuPackage.ts";
import { adders } from "./support/adders.ts";
import { required, Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const reachableWithinMs = 15_000;

/** Why this cannot be tried here; undefined where it can. */
async function obstacle(): Promise<string | undefined> {
  const offered = gpuPackageFor(process.platform, process.arch);
  if (!offered) return `nothing is offered for ${process.platform} on ${process.arch}`;
  const { host } = new URL(offered.url);
  const answer = await fetch(offered.url, {
    method: "HEAD",
    signal: AbortSignal.timeout(reachableWithinMs),
  }).catch((error: Error) => error);
  return answer instanceof Error || !answer.ok ? `${host} does not serve the package here` : undefined;
}

/** From the command to the engine that has loaded the downloaded build, with or without a GPU in the machine. */
describe("GPU support in VS Code", () => {
  let models: string | undefined;
  let session: Session | undefined;

  before(async function () {
    const why = await obstacle();
    if (why !== undefined) {
      console.log(`      skipped, because ${why}`);
      return this.skip();
    }
    models = await mkdtemp(join(tmpdir(), "wisp-models-"));
    const model = required(e2eVariables.model);
    await symlink(model, join(models, basename(model)));
    session = await Session.start({
      files: { "src/add.ts": adders.text },
      settings: { "editor.autoIndent": "none", "wisp.suggestions.quietness": "eager" },
      env: { WISP_MODELS_DIR: models },
    });
  });

  after(async () => {
    await session?.stop();
    if (models) await rm(models, { recursive: true, force: true });
  });

  function started(): { readonly session: Session; readonly models: string } {
    assert.ok(session && models);
    return { session, models };
  }

  it("is downloaded after a question, and the engine tells what it runs on", async () => {
    const { session, models } = started();
    const { editor } = session;
    await editor.command("Wisp: Get GPU Support…");
    const dialog = editor.page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    await editor.screenshot("gpu-question");
    assert.match((await dialog.textContent()) ?? "", /24 MB[\s\S]*registry\.npmjs\.org/);
    await dialog.locator(".monaco-button", { hasText: "Download" }).click();
    await editor.waitForNotification(
      /The model runs on |runs on the processor all the same: llama\.cpp has found no GPU/,
    );
    await editor.screenshot("gpu-told");
    const [folder = ""] = await readdir(join(models, "gpu"));
    assert.match(folder, /^linux-x64-vulkan-/);
  });

  it("suggests with it", async () => {
    const { editor } = started().session;
    await editor.open("src/add.ts", adders.line, 1);
    await editor.type("  return ");
    assert.notEqual(await editor.waitForGhostText(), "");
  });

  it("is removed again, and goes on suggesting", async () => {
    const { session, models } = started();
    const { editor } = session;
    const before = (await session.wisp()).enginePid;
    await editor.command("Wisp: Remove GPU Support");
    await editor.waitForNotification(/The GPU support is removed/);
    assert.ok(!(await readdir(models)).includes("gpu"));
    await editor.press("End");
    await editor.type("1 + ");
    await editor.waitForGhostText();
    await until(
      "another engine answers",
      20_000,
      async () => (await session.wisp()).enginePid,
      (pid) => pid !== undefined && pid !== before,
    );
  });
});
