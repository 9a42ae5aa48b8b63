import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import * as fs from "node:fs/promises";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { commandCheck, resultLine } from "../../../src/assist/checkCommand.ts";
import { checkEnvironment } from "../../../src/assist/checkEnvironment.ts";
import { type CommandRun, runCommand } from "../../../src/assist/commandRun.ts";
import { copyWorkspace } from "../../../src/assist/workspaceCopy.ts";

const never = new AbortController().signal;
const node = process.execPath;

describe("runCommand", function () {
  this.timeout(60_000);

  let cwd: string;
  beforeEach(async () => {
    cwd = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "wisp-run-")));
  });
  afterEach(() => fs.rm(cwd, { recursive: true }));
  const limit = (timeLimitMs: number) => ({ cwd, timeLimitMs });

  it("gives output and exit code of a program", async () => {
    const code = "console.log(process.cwd()); console.error('bad'); process.exit(3)";
    const run = await runCommand([node, "-e", code], limit(20_000), never);
    assert.equal(run.exitCode, 3);
    assert.equal(run.timedOut, false);
    assert.match(run.output, /bad/);
    assert.ok(run.output.includes(cwd));
  });

  it("takes a line for the shell", async () => {
    const run = await runCommand("echo one && echo two", limit(20_000), never);
    assert.equal(run.exitCode, 0);
    assert.match(run.output, /one\s+two/);
  });

  it("ends what runs too long", async () => {
    const run = await runCommand([node, "-e", "setInterval(() => {}, 1000)"], limit(200), never);
    assert.deepEqual([run.exitCode, run.timedOut], [undefined, true]);
  });

  it("ends with all that it started when it is cancelled", async () => {
    const note = path.join(cwd, "pid");
    const inner = `require('fs').writeFileSync(${JSON.stringify(note)}, String(process.pid) + ' '); setInterval(() => {}, 1000)`;
    const outer = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: 'inherit' })`;
    const abort = new AbortController();
    const running = runCommand([node, "-e", outer], limit(60_000), abort.signal);
    const pid = await written(note);
    abort.abort();
    const run = await running;
    assert.deepEqual([run.exitCode, run.timedOut], [undefined, false]);
    await gone(pid);
  });

  it("does not wait for what has left its group and holds the output open", async () => {
    const note = path.join(cwd, "pid");
    const inner = `require('fs').writeFileSync(${JSON.stringify(note)}, String(process.pid) + ' '); setInterval(() => {}, 1000)`;
    const outer = `
      const options = { stdio: 'inherit', detached: true };
      require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], options).unref();
      console.log('1 passing');
      const timer = setInterval(() => require('fs').existsSync(${JSON.stringify(note)}) && clearInterval(timer), 10)`;
    const run = await runCommand([node, "-e", outer], limit(600_000), never);
    assert.equal(run.exitCode, 0);
    assert.match(run.output, /1 passing/);
    const pid = await written(note);
    if (process.platform !== "linux") process.kill(pid, "SIGKILL");
    await gone(pid);
  });

  it("ends what goes into the background of the system, where that can be told", async function () {
    if (process.platform !== "linux") this.skip();
    const note = path.join(cwd, "pid");
    const inner = `require('fs').writeFileSync(${JSON.stringify(note)}, String(process.pid) + ' '); setInterval(() => {}, 1000)`;
    await fs.writeFile(path.join(cwd, "daemon.cjs"), inner);
    const command = `setsid ${JSON.stringify(node)} daemon.cjs </dev/null >/dev/null 2>&1 & while ! [ -s pid ]; do sleep 0.05; done`;
    const run = await runCommand(command, limit(60_000), never);
    assert.equal(run.exitCode, 0);
    await gone(await written(note));
  });

  it("keeps the end of megabytes of output", async () => {
    const code =
      "for (let i = 0; i < 200000; i++) console.log('noise '.repeat(10)); console.log('3 passing')";
    const run = await runCommand([node, "-e", code], limit(60_000), never);
    assert.equal(run.exitCode, 0);
    assert.ok(run.output.length <= 20_000);
    assert.match(run.output, /3 passing\s*$/);
  });

  it("says so when the program does not exist", async () => {
    await assert.rejects(runCommand([path.join(cwd, "missing")], limit(1000), never), { code: "ENOENT" });
  });
});

/** Waits until a process has written its number into a file, which ends with a space when it is whole. */
async function written(file: string): Promise<number> {
  return until(async () => {
    const text = await fs.readFile(file, "utf8").catch(() => "");
    return text.endsWith(" ") ? Number(text) : undefined;
  }, "no process has begun");
}

/** Waits until a process has ended. */
async function gone(pid: number): Promise<void> {
  await until(async () => {
    try {
      process.kill(pid, 0);
      return undefined;
    } catch {
      return true;
    }
  }, `${pid} still runs`);
}

async function until<T>(look: () => Promise<T | undefined>, failure: string): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return assert.fail(failure);
}

describe("commandCheck", () => {
  const check = (run: Partial<CommandRun>) =>
    commandCheck(async () => ({ exitCode: 0, timedOut: false, output: "", ...run }), never);

  it("believes the exit code and quotes the runner", async () => {
    assert.deepEqual(await check({ output: "=== 14 passed in 0.12s ===" }), {
      passed: true,
      summary: "14 passed",
    });
    assert.deepEqual(await check({ exitCode: 1, output: "=== 1 failed, 13 passed in 0.1s ===" }), {
      passed: false,
      summary: "1 failed, 13 passed",
    });
    assert.equal((await check({ output: "Ran 5 tests in 0.001s\n\nOK\n" })).summary, "5 tests pass");
    assert.deepEqual(await check({ exitCode: 2 }), { passed: false, summary: "exit code 2" });
    assert.deepEqual(await check({}), { passed: true, summary: "check command passes" });
    assert.equal((await check({ exitCode: undefined, timedOut: true })).passed, false);
  });

  it("knows how test runners sum up", () => {
    const forms = {
      "  12 passing (34ms)\n": "12 passing",
      "  11 passing (34ms)\n  1 failing\n": "1 failing",
      "Tests:       1 failed, 2 passed, 3 total\n": "1 failed, 2 passed, 3 total",
      "      Tests  4 passed (4)\n": "4 passed",
      "\u001b[32m      Tests  4 passed\u001b[39m (4)\n": "4 passed",
      "test result: ok. 3 passed; 0 failed; 0 ignored\n": "3 passed; 0 failed",
      "Ran 5 tests in 0.001s\n\nOK\n": "5 tests",
      "ℹ pass 7\n": "pass 7",
      "ℹ pass 6\nℹ fail 1\n": "fail 1",
      "ℹ pass 7\nℹ fail 0\n": "pass 7",
      "Ran 5 tests in 0.001s\n\nFAILED (failures=2)\n": "failures=2",
      "2 passed, 1 xfailed in 0.10s\n": "2 passed, 1 xfailed",
      "test result: ok. 3 passed; 0 failed\n\ntest result: FAILED. 1 passed; 2 failed\n":
        "4 passed; 2 failed",
      "--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/b (0.00s)\nFAIL\n": "2 failing",
      "14 examples, 2 failures\n": "14 examples, 2 failures",
      "OK (14 tests, 20 assertions)\r\n": "14 tests",
      "Found 3 errors in 1 file (checked 3 source files)\n": "3 errors",
    };
    for (const [output, line] of Object.entries(forms)) assert.equal(resultLine(output), line, output);
    assert.equal(resultLine("compiled"), undefined);
  });
});

describe("copyWorkspace", () => {
  let root: string;
  const put = async (name: string, text: string): Promise<void> => {
    await fs.mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await fs.writeFile(path.join(root, name), text);
  };
  beforeEach(async () => {
    root = await fs.mkdtemp(path.join(os.tmpdir(), "wisp-copy-test-"));
    await put("src/a.ts", "original");
    await put(".git/config", "secret");
    await put("node_modules/left/index.js", "package");
    await put("node_modules/.cache/x", "cache");
  });
  afterEach(() => fs.rm(root, { recursive: true }));

  it("holds the sources as files of its own, links packages, and leaves version control out", async () => {
    const copy = await copyWorkspace(root, never);
    const there = (name: string): string => path.join(copy.root, name);
    await copy.write("src/a.ts", "changed");
    await fs.writeFile(there("node_modules/new"), "written by a test");
    assert.equal(await fs.readFile(there("src/a.ts"), "utf8"), "changed");
    assert.equal(await fs.readFile(there("node_modules/left/index.js"), "utf8"), "package");
    await assert.rejects(fs.stat(there(".git")));
    await assert.rejects(fs.stat(there("node_modules/.cache")));
    await copy.remove();
    await assert.rejects(fs.stat(copy.root));
    assert.equal(await fs.readFile(path.join(root, "src/a.ts"), "utf8"), "original");
    assert.deepEqual((await fs.readdir(path.join(root, "node_modules"))).sort(), [".cache", "left"]);
    assert.equal(await fs.readFile(path.join(root, "node_modules/left/index.js"), "utf8"), "package");
  });

  it("goes on where a build takes away what was listed a moment ago", async () => {
    await put("gone.js", "made");
    await put("gone/b.js", "made");
    await put("kept.txt", "kept");
    // It is asked between the list of a folder and its entries.
    const takeAway = (): void => {
      for (const name of ["gone.js", "gone"]) rmSync(path.join(root, name), { recursive: true, force: true });
    };
    const signal = Object.create(never, { throwIfAborted: { value: takeAway } }) as AbortSignal;
    const copy = await copyWorkspace(root, signal);
    assert.equal(await fs.readFile(path.join(copy.root, "kept.txt"), "utf8"), "kept");
    assert.equal(existsSync(path.join(copy.root, "gone.js")), false);
    await copy.remove();
  });

  it("turns links that lead out into what they lead to", async () => {
    const outside = await fs.mkdtemp(path.join(os.tmpdir(), "wisp-copy-outside-"));
    await fs.writeFile(path.join(outside, "shared.txt"), "outside");
    await fs.symlink(path.join(outside, "shared.txt"), path.join(root, "shared.txt"));
    await fs.symlink("a.ts", path.join(root, "src", "b.ts"));
    const copy = await copyWorkspace(root, never);
    await fs.writeFile(path.join(copy.root, "shared.txt"), "changed");
    assert.equal(await fs.readFile(path.join(outside, "shared.txt"), "utf8"), "outside");
    assert.equal(await fs.readlink(path.join(copy.root, "src", "b.ts")), "a.ts");
    await copy.remove();
    await fs.rm(outside, { recursive: true });
  });

  it("holds the workspace's own packages as its own, not as links to the user's files", async () => {
    await put("packages/core/index.js", "original");
    await put("packages/core/cli.js", "original");
    await put("packages/app/index.js", "app");
    await put("node_modules/@team/other/index.js", "package");
    await put("node_modules/.bin/tool", "tool");
    const link = async (name: string, to: string): Promise<void> => {
      await fs.mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await fs.symlink(to, path.join(root, name));
    };
    await link("node_modules/core", "../packages/core");
    await link("node_modules/@team/core", "../../packages/core");
    await link("node_modules/.bin/core", "../core/cli.js");
    await link("packages/app/node_modules/core", "../../core");
    await link("packages/app/shared", "../core");
    const copy = await copyWorkspace(root, never);
    const places = [
      ...["node_modules/core", "node_modules/@team/core", "packages/app/node_modules/core"],
      "packages/app/shared",
    ];
    await copy.write("packages/core/index.js", "changed");
    for (const place of places) {
      const file = path.join(copy.root, place, "index.js");
      assert.equal(await fs.readFile(file, "utf8"), "changed", place);
      await fs.writeFile(path.join(copy.root, place, "made.js"), "by a test");
    }
    await fs.writeFile(path.join(copy.root, "node_modules/.bin/core"), "changed");
    const read = (name: string): Promise<string> => fs.readFile(path.join(copy.root, name), "utf8");
    assert.equal(await read("packages/core/cli.js"), "changed");
    assert.equal(await read("node_modules/@team/other/index.js"), "package");
    assert.equal(await read("node_modules/.bin/tool"), "tool");
    const left = path.join(root, "packages/core");
    assert.deepEqual((await fs.readdir(left)).sort(), ["cli.js", "index.js"]);
    for (const name of ["cli.js", "index.js"])
      assert.equal(await fs.readFile(path.join(left, name), "utf8"), "original");
    await copy.remove();
    assert.equal(await fs.readFile(path.join(left, "index.js"), "utf8"), "original");
  });

  it("writes no file of an installed package, even where the document is one", async () => {
    await put("node_modules/left/deep/a.js", "package");
    await put("node_modules/left/deep/b.js", "neighbour");
    const copy = await copyWorkspace(root, never);
    await copy.write("node_modules/left/deep/a.js", "changed");
    await copy.write("node_modules/left/deep/new.js", "new");
    await copy.write("node_modules/left/deep/a.js", "changed again");
    const read = (at: string, name: string): Promise<string> => fs.readFile(path.join(at, name), "utf8");
    assert.equal(await read(copy.root, "node_modules/left/deep/a.js"), "changed again");
    assert.equal(await read(copy.root, "node_modules/left/deep/b.js"), "neighbour");
    assert.equal(await read(copy.root, "node_modules/left/index.js"), "package");
    assert.equal(await read(root, "node_modules/left/deep/a.js"), "package");
    assert.deepEqual((await fs.readdir(path.join(root, "node_modules/left/deep"))).sort(), ["a.js", "b.js"]);
    await copy.remove();
  });

  it("sees the packages of a monorepo of which a part is open", async () => {
    await put("packages/app/index.js", "app");
    await fs.symlink("../packages/app", path.join(root, "node_modules/app"));
    const copy = await copyWorkspace(path.join(root, "packages/app"), never);
    const found = createRequire(path.join(copy.root, "index.js"));
    assert.equal(found.resolve("left"), await fs.realpath(path.join(root, "node_modules/left/index.js")));
    assert.equal(found.resolve("app"), path.join(copy.root, "index.js"));
    assert.equal(path.basename(copy.root), "app");
    await copy.remove();
    await assert.rejects(fs.stat(path.dirname(copy.root)));
    assert.equal(await fs.readFile(path.join(root, "node_modules/left/index.js"), "utf8"), "package");
  });

  it("is what Python reads, also where the project is installed as editable", async function () {
    if (spawnSync("python3", ["--version"]).status !== 0) this.skip();
    this.timeout(60_000);
    const python = (...args: string[]) =>
      spawnSync("python3", args, { cwd: root, encoding: "utf8" }).stdout.trim();
    python("-m", "venv", "--without-pip", ".venv");
    const packages = python(
      "-c",
      "import sysconfig; print(sysconfig.get_path('purelib', 'venv', {'base': '.venv'}))",
    );
    await put("libs/core/value.py", "answer = 'old'\n");
    await put(path.join(packages, "__editable__.core.pth"), `${path.join(root, "libs", "core")}\n`);
    const copy = await copyWorkspace(root, never);
    const read = async (answer: string): Promise<CommandRun> => {
      await copy.write("libs/core/value.py", `answer = '${answer}'\n`);
      const env = await checkEnvironment(root, copy.root, {});
      const words = [path.join(root, ".venv/bin/python"), "-c", "import value; print(value.answer)"];
      return runCommand(words, { cwd: copy.root, timeLimitMs: 30_000, env }, never);
    };
    // Of one length and written within one second: compiled files would hide the second.
    assert.equal((await read("one")).output, "one\n");
    assert.equal((await read("two")).output, "two\n");
    await copy.remove();
  });

  it("moves Python's own path into the copy", async () => {
    const given = [path.join(root, "lib"), path.join(os.tmpdir(), "elsewhere")].join(path.delimiter);
    const env = await checkEnvironment(root, "/copy", { PYTHONPATH: given });
    assert.deepEqual(env["PYTHONPATH"]?.split(path.delimiter), [
      path.join("/copy", "lib"),
      path.join(os.tmpdir(), "elsewhere"),
    ]);
  });

  it("puts nothing on Python's path that is not there by itself, where it could hide a module of Python's own", async () => {
    assert.equal((await checkEnvironment(root, "/copy", {}))["PYTHONPATH"], undefined);
  });

  it("refuses what is too large, and a path that leads out", async () => {
    await assert.rejects(copyWorkspace(root, never, { maxFiles: 0, maxBytes: 1e9 }), { code: "too-large" });
    await assert.rejects(copyWorkspace(root, never, { maxFiles: 9, maxBytes: 3 }), { code: "too-large" });
    const copy = await copyWorkspace(root, never);
    await assert.rejects(copy.write("../x.ts", ""), /outside/);
    await copy.remove();
  });

  it("stops when it is cancelled", async () => {
    await assert.rejects(copyWorkspace(root, AbortSignal.abort()), { name: "AbortError" });
  });
});
