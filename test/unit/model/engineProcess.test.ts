import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../../src/base/clock.ts";
import { type Log, silentLog } from "../../../src/base/log.ts";
import type { EngineConfig } from "../../../src/engine/protocol.ts";
import type { EngineTiming } from "../../../src/model/engineChild.ts";
import { EngineProcess, type EngineState } from "../../../src/model/engineProcess.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const entryPath = fileURLToPath(new URL("../../fakes/fakeEngineChild.ts", import.meta.url));

function config(faults = "", modelId = "fake"): EngineConfig {
  return { modelId, modelPath: faults, threads: 0, contextSize: 0, idleUnloadMs: 0, gpu: "off" };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 8000;
  while (!condition()) {
    if (Date.now() > deadline) assert.fail(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function code(expected: string): (error: unknown) => boolean {
  return (error) => error instanceof ModelError && error.code === expected;
}

function get(engine: EngineProcess, path: string, signal?: AbortSignal): ReturnType<EngineProcess["ask"]> {
  return engine.ask({ method: "GET", path: `/v1/${path}` }, signal);
}

describe("engine process", () => {
  const engines: EngineProcess[] = [];

  function engine(
    faults = "",
    timing: Partial<EngineTiming> = {},
    clock: FakeClock | typeof systemClock = systemClock,
    log: Log = silentLog,
    env: NodeJS.ProcessEnv = process.env,
  ): EngineProcess {
    const made = new EngineProcess({
      entryPath,
      config: config(faults),
      clock,
      log,
      env,
      timing: { backoffMs: 20, termGraceMs: 2000, ...timing },
    });
    engines.push(made);
    return made;
  }

  afterEach(async () => {
    await Promise.all(engines.splice(0).map((made) => made.stop()));
  });

  it("starts at the first request, never earlier, and answers", async () => {
    const made = engine();
    assert.deepEqual(made.state, { type: "stopped" });
    assert.equal(made.pid, undefined);
    const response = await made.ask({
      method: "POST",
      path: "/v1/echo?a=1",
      body: '{"text":"naïve 😀"}',
    });
    const answer = JSON.parse(await response.text()) as Record<string, unknown>;
    assert.equal(response.status, 200);
    assert.equal(answer["path"], "/v1/echo?a=1");
    assert.equal(answer["method"], "POST");
    assert.equal(answer["body"], '{"text":"naïve 😀"}');
    assert.deepEqual(made.state, { type: "ready" });
  });

  it("lets requests wait while it starts and starts once", async () => {
    const made = engine();
    const states: EngineState["type"][] = [];
    made.onState((state) => states.push(state.type));
    const answers = await Promise.all([1, 2, 3].map(() => get(made, "env")));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
    await Promise.all(answers.map((answer) => answer.text()));
    assert.deepEqual(states, ["starting", "ready"]);
  });

  it("gives the child a clean environment", async () => {
    const env = { ...process.env, NODE_OPTIONS: "--inspect=0", VSCODE_PID: "1", OPENAI_API_KEY: "secret" };
    const made = engine("", {}, systemClock, silentLog, env);
    const answer = JSON.parse(await (await get(made, "env")).text()) as {
      names: string[];
      execArgv: string[];
    };
    assert.deepEqual(answer.execArgv, []);
    assert.deepEqual(
      answer.names.filter((name) => ["NODE_OPTIONS", "VSCODE_PID", "OPENAI_API_KEY"].includes(name)),
      [],
    );
    assert.ok(answer.names.includes("ELECTRON_RUN_AS_NODE"));
    assert.ok(answer.names.includes("PATH"));
  });

  it("fails what is pending when it crashes, logs its last words, restarts and tells once", async () => {
    const lines: string[] = [];
    const made = engine("", {}, systemClock, { ...silentLog, debug: (line) => lines.push(line) });
    const crashes: string[] = [];
    made.onCrash((reason) => crashes.push(reason));
    const half = await get(made, "half");
    const reading = assert.rejects(half.text(), code("engine-crashed"));
    await assert.rejects(get(made, "crash"), code("engine-crashed"));
    await reading;
    await until(() => lines.some((line) => line.includes("told to crash")), "the log line");
    assert.equal((await get(made, "env")).status, 200);
    await assert.rejects(get(made, "crash"), code("engine-crashed"));
    assert.equal((await get(made, "env")).status, 200);
    assert.deepEqual(crashes, ["it ended with code 3"]);
  });

  it("comes back after SIGKILL", async () => {
    const made = engine();
    await (await get(made, "env")).text();
    const first = made.pid ?? 0;
    const pending = assert.rejects(get(made, "hang"), code("engine-crashed"));
    process.kill(first, "SIGKILL");
    await pending;
    await until(() => made.state.type === "ready" && made.pid !== first, "the restart");
    assert.equal((await get(made, "env")).status, 200);
  });

  it("stops after three crashes until it is restarted", async () => {
    const made = engine("crash-at-start");
    const states: EngineState[] = [];
    made.onState((state) => states.push(state));
    await assert.rejects(get(made, "env"), code("engine-stopped"));
    assert.deepEqual(
      states.map((state) => (state.type === "restarting" ? `${state.type} ${state.inMs}` : state.type)),
      ["starting", "restarting 20", "starting", "restarting 40", "starting", "failed"],
    );
    await assert.rejects(get(made, "env"), code("engine-stopped"));
    assert.equal(made.pid, undefined);
    made.configure(config(""));
    made.restart();
    assert.equal((await get(made, "env")).status, 200);
  });

  it("suspects the driver where it dies with GPU support", async () => {
    const made = engine("crash-at-start");
    const gpuPackage = { name: "@scope/gpu", folder: "/nowhere" };
    made.configure({ ...config("crash-at-start"), gpu: "auto", gpuPackage });
    await assert.rejects(get(made, "env"), (error: ModelError) => /wisp\.engine\.gpu/.test(error.hint));
    made.configure({ ...config("crash-at-start"), gpu: "off", gpuPackage });
    await assert.rejects(get(made, "env"), (error: ModelError) => !/wisp\.engine\.gpu/.test(error.hint));
  });

  it("kills a hung engine when it does not answer, not when this process slept", async () => {
    const clock = new FakeClock();
    const made = engine("mute", { pingEveryMs: 100, pongWithinMs: 100 }, clock);
    const pending = get(made, "hang");
    pending.catch(() => {});
    await until(() => made.state.type === "ready", "the start");
    const { pid = 0 } = made;
    clock.advance(100);
    clock.jump(10_000);
    assert.ok(alive(pid));
    clock.advance(100);
    await assert.rejects(pending, code("engine-crashed"));
    assert.deepEqual(made.state, { type: "restarting", attempt: 1, inMs: 20 });
  });

  it("keeps an engine that answers its pings", async () => {
    const made = engine("", { pingEveryMs: 5, pongWithinMs: 2000 });
    await (await get(made, "env")).text();
    const { pid } = made;
    const later = Date.now() + 150;
    await until(() => Date.now() > later, "the wait");
    assert.equal(made.pid, pid);
    assert.deepEqual(made.state, { type: "ready" });
  });

  it("gives up on one that never gets ready", async () => {
    const clock = new FakeClock();
    const made = engine("never-ready", { startMs: 1000 }, clock);
    const pending = get(made, "env", AbortSignal.timeout(9000));
    pending.catch(() => {});
    await until(() => made.pid !== undefined, "the fork");
    clock.advance(1000);
    await until(() => made.state.type === "restarting", "the restart");
    await made.stop();
    await assert.rejects(pending, code("engine-stopped"));
  });

  it("aborts before the start, before the head, in the body", async () => {
    const lines: string[] = [];
    const made = engine("", {}, systemClock, { ...silentLog, info: (line) => lines.push(line) });
    await assert.rejects(get(made, "env", AbortSignal.abort()), {
      name: "AbortError",
    });
    assert.equal(made.pid, undefined);
    const waiting = new AbortController();
    const start = get(made, "env", waiting.signal);
    waiting.abort();
    await assert.rejects(start, { name: "AbortError" });
    await (await get(made, "env")).text();
    for (const path of ["hang", "half"]) {
      const controller = new AbortController();
      const response = get(made, path, controller.signal);
      const text = response.then((head) => head.text());
      if (path === "half") await response;
      else await (await get(made, "env")).text();
      const before = lines.filter((line) => line.includes("aborted")).length;
      controller.abort();
      await assert.rejects(text, { name: "AbortError" });
      await until(() => lines.filter((line) => line.includes("aborted")).length > before, "the abort");
    }
    await assert.rejects(get(made, "failed"), code("server-error"));
  });

  it("replaces the engine when the configuration changes, letting requests finish", async () => {
    const made = engine("", { drainMs: 100 });
    const first = JSON.parse(await (await get(made, "echo")).text()) as { model: string };
    const { pid = 0 } = made;
    const stuck = assert.rejects(get(made, "hang"), code("engine-stopped"));
    await (await get(made, "env")).text();
    made.configure(config("", "fake"));
    assert.equal(made.pid, pid);
    made.configure(config("", "other"));
    const second = JSON.parse(await (await get(made, "echo")).text()) as { model: string };
    assert.deepEqual([first.model, second.model], ["fake", "other"]);
    await stuck;
    assert.ok(!alive(pid), "the old process is gone before the new one starts");
    made.configure(undefined);
    await assert.rejects(get(made, "echo"), code("no-model"));
  });

  it("ends the whole process tree, also one that ignores SIGTERM", async () => {
    const made = engine("ignore-term,grandchild", { termGraceMs: 50 });
    const answer = JSON.parse(await (await get(made, "env")).text()) as { helper: number };
    const { pid = 0 } = made;
    assert.ok(alive(pid) && alive(answer.helper));
    await made.stop();
    await until(() => !alive(pid) && !alive(answer.helper), "the end of both");
    await assert.rejects(get(made, "env"), code("engine-stopped"));
  });

  it("reports an entry that is not there", async () => {
    const made = new EngineProcess({
      entryPath: `${entryPath}.missing.mjs`,
      config: config(),
      clock: systemClock,
      log: silentLog,
      timing: { backoffMs: 1 },
    });
    engines.push(made);
    await assert.rejects(get(made, "env"), code("engine-stopped"));
  });
});
