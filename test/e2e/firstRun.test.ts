import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { e2eVariables } from "../../scripts/testing/e2eSuite.ts";
import { type HubServer, startHub } from "./support/hubServer.ts";
import { required, Session } from "./support/session.ts";
import { until } from "./support/until.ts";

describe("the first run, without a model on disk", () => {
  let models: string;
  let hub: HubServer | undefined;
  let session: Session | undefined;

  beforeEach(async () => {
    models = await mkdtemp(join(tmpdir(), "wisp-models-"));
  });

  afterEach(async () => {
    await session?.stop();
    await hub?.close();
    await rm(models, { recursive: true, force: true });
    session = undefined;
    hub = undefined;
  });

  async function openWithHub(server: HubServer): Promise<Session> {
    hub = server;
    session = await Session.start({
      files: { "src/add.ts": "/** The sum of two numbers. */\n" },
      settings: { "wisp.download.endpoint": server.endpoint, "wisp.model.id": "qwen2.5-coder-0.5b" },
      env: { WISP_MODELS_DIR: models },
    });
    return session;
  }

  it("asks, downloads over a connection that is cut in the middle, and completes", async () => {
    const model = required(e2eVariables.model);
    const { size } = await stat(model);
    const server = await startHub({ file: model, cutAfter: Math.floor(size / 2) });
    const { editor } = await openWithHub(server);
    await editor.waitForNotification("491 MB");
    await editor.screenshot("first-run");
    assert.equal(server.ranges.length, 0, "nothing is fetched before the user agrees");
    await editor.clickNotificationButton("Download");
    const file = join(models, basename(model));
    await until(
      "the model is whole",
      90_000,
      () => stat(file).catch(() => undefined),
      (found) => found?.size === size,
    );
    assert.equal(server.ranges[0], undefined);
    const resumed = Number(/bytes=(\d+)-/.exec(server.ranges[1] ?? "")?.[1]);
    assert.ok(
      resumed > 0 && resumed <= size / 2,
      `the second try goes on where the first broke: ${server.ranges}`,
    );
    await editor.open("src/add.ts", 2, 1);
    await editor.type("export function add(a: number, b: number): number {\n  return ");
    await editor.waitForGhostText();
  });

  it("refuses a file with a wrong hash, says so and keeps nothing of it", async () => {
    const server = await startHub({ file: required(e2eVariables.model), wrongByteAt: 100_000_000 });
    const { editor } = await openWithHub(server);
    await editor.waitForNotification("491 MB");
    await editor.clickNotificationButton("Download");
    await editor.waitForNotification(/sha-?256|hash|checksum/i, 120_000);
    await editor.screenshot("wrong-hash");
    const left = await readdir(models, { recursive: true });
    assert.deepEqual(
      left.filter((name) => /gguf/.test(name) && !name.endsWith(".lock")),
      [],
    );
  });
});
