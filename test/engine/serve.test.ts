import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readServerCounts } from "../../bench/server/serverCounts.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { modelDirectory } from "../../src/model/modelDirectory.ts";
import { OpenAiClient } from "../../src/model/openAiClient.ts";

const folder = modelDirectory({ env: process.env, platform: process.platform, home: homedir() });
const modelPath = join(folder, "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
const token = "a token for this run";
const never = new AbortController().signal;

describe("npm run engine -- serve, as a process", () => {
  let server: ChildProcess;
  let url = "";

  before(async function () {
    if (!existsSync(modelPath)) {
      console.log(`      skipped: there is no ${modelPath}; get it with npm run model`);
      return this.skip();
    }
    const args = ["scripts/engine.ts", "serve", "--port", "0", "--model", modelPath, "--context", "2048"];
    server = spawn(process.execPath, args, {
      env: { ...process.env, WISP_TOKEN: token },
      stdio: ["ignore", "pipe", "inherit"],
    });
    assert.ok(server.stdout);
    [url = ""] = await once(createInterface(server.stdout), "line");
  });

  after(async () => {
    if (!server || server.exitCode !== null) return;
    server.kill();
    await once(server, "exit");
  });

  const client = (user: string): OpenAiClient =>
    new OpenAiClient({
      baseUrl: url,
      fetch: (input, init) => fetch(input, init),
      apiKey: async () => token,
      completionModel: "m",
      chatModel: "m",
      dialect: "engine",
      clock: systemClock,
      log: silentLog,
      user,
    });
  const counts = async () => (await readServerCounts(url.replace("/v1", ""), token)) ?? {};
  const reaches = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 30_000;
    while (!(await holds())) assert.ok(Date.now() < deadline, what);
  };

  it("stops computing what its clients withdraw, by its own count, and answers the next", async () => {
    const withdrawn = new AbortController();
    const messages = [{ role: "user", content: "Count from one to five hundred in words." } as const];
    let pieces = 0;
    let end = "";
    const chat = client("first").chat({ messages, maxTokens: 1500, temperature: 0 }, withdrawn.signal);
    for await (const event of chat) {
      if (event.type === "done") end = event.finishReason;
      else if (++pieces === 3) withdrawn.abort();
    }
    assert.equal(end, "cancelled");
    await reaches("the engine is free", async () => (await counts()).pending === 0);
    const { generatedTokens = 0, withdrawnRunning } = await counts();
    assert.equal(withdrawnRunning, 1);
    assert.ok(generatedTokens >= 3 && generatedTokens < 300, `${generatedTokens} of 1500 were generated`);

    const request = {
      context: [],
      path: "a.py",
      prefix: "def add(a, b):\n    return ",
      suffix: "\n",
      maxTokens: 8,
      temperature: 0,
      candidates: 1,
      stop: ["\n"],
    };
    let text = "";
    for await (const event of client("second").complete(request, never))
      if (event.type === "delta") text += event.text;
    assert.equal(text.trim(), "a + b");
  });
});
