import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { repoRoot } from "../../../scripts/support/repo.ts";
import { sdkApart, sdkFileName } from "../../../scripts/vsix/sdkApart.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const shared = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node22",
  minify: true,
  metafile: true,
  logLevel: "silent",
  absWorkingDir: repoRoot,
} as const satisfies esbuild.BuildOptions;

const sdkSource = "src/model/openAiSdk.ts";
const isOfSdk = (input: string): boolean => input.includes("node_modules/openai/");
const inputsOf = ({ metafile }: { metafile: esbuild.Metafile }): string[] => Object.keys(metafile.inputs);

async function buildSdk(folder: string): Promise<string[]> {
  const outfile = join(folder, sdkFileName);
  return inputsOf(await esbuild.build({ ...shared, entryPoints: [sdkSource], outfile }));
}

type Bundled = Pick<typeof import("../../../src/model/serverConnection.ts"), "ServerConnection"> &
  Pick<typeof import("../../../src/model/modelErrors.ts"), "ModelError"> &
  Pick<typeof import("../../../src/model/serverRefusal.ts"), "askedWaitMs" | "refusalOf">;

/** A bundle of what asks servers, as that of the extension is built. */
async function load(folder: string): Promise<Bundled> {
  const outfile = join(folder, "extension.cjs");
  const contents = `export { ServerConnection } from "./src/model/serverConnection.ts";
export { ModelError } from "./src/model/modelErrors.ts";
export { askedWaitMs, refusalOf } from "./src/model/serverRefusal.ts";`;
  await esbuild.build({ ...shared, ...sdkApart, stdin: { contents, resolveDir: repoRoot }, outfile });
  return createRequire(import.meta.url)(outfile);
}

describe("OpenAI's SDK in a file of its own", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wisp-bundles-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is not in the extension's bundle, which has all of ours", async () => {
    const external = ["vscode"];
    const [extension, sdk] = await Promise.all([
      esbuild.build({ ...shared, ...sdkApart, entryPoints: ["src/extension.ts"], external, write: false }),
      buildSdk(folder),
    ]);
    assert.deepEqual(inputsOf(extension).filter(isOfSdk), []);
    assert.ok(inputsOf(extension).includes("src/model/serverConnection.ts"));
    assert.deepEqual(
      sdk.filter((input) => !isOfSdk(input)),
      [sdkSource],
    );
  });

  it("is loaded when a server is asked, tells failures as the extension's own errors, and is tried again", async () => {
    const { ServerConnection, ModelError, askedWaitMs, refusalOf } = await load(folder);
    let asked = 0;
    const connection = new ServerConnection({
      baseUrl: "http://server.invalid/v1",
      name: "The server",
      clock: new FakeClock(),
      apiKey: async () => undefined,
      fetch: async () => {
        asked++;
        const error = { message: "Not so fast.", code: "slow" };
        return Response.json({ error }, { status: 429, headers: { "retry-after": "2" } });
      },
    });
    const ask = (signal = new AbortController().signal): Promise<unknown> =>
      connection.get("/models", "m", signal);

    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof ModelError);
      assert.equal(error.code, "unreachable");
      assert.ok(error.hint.length > 0);
      assert.equal((error.cause as { code?: unknown }).code, "MODULE_NOT_FOUND");
      return true;
    });
    await assert.rejects(ask(AbortSignal.abort("left")), (reason) => reason === "left");
    assert.equal(asked, 0);

    await buildSdk(folder);
    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof ModelError);
      assert.equal(error.code, "rate-limited");
      assert.deepEqual([refusalOf(error)?.code, askedWaitMs(error)], ["slow", 2000]);
      return true;
    });
    assert.equal(asked, 1);
  });
});
