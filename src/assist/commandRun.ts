import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";

export interface CommandRun {
  /** Undefined when the command was ended from outside: the time limit, a cancellation, a signal. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** The end of what it wrote, standard output and errors as they came. */
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly timeLimitMs: number;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** In the environment of all that a run starts, however it is started. */
const markName = "WISP_RUN";

/** Passes over the processes: one that is ending may have started another. */
const mostPasses = 5;

/** So long the end of the output may take to arrive. */
const outputPatienceMs = 2000;

/** The last of the output tells what failed; the rest is not kept. */
const keptCharacters = 20_000;

/**
 * Runs a program, or a line for the system's shell, and ends all that it started when it is done, its time is over or
 * `signal` aborts; on systems other than Linux, what has left its process group stays.
 * @param command the words of a program, or a shell line.
 * @throws the system's error when the program cannot be started.
 */
export function runCommand(
  command: string | readonly string[],
  options: CommandOptions,
  signal: AbortSignal,
): Promise<CommandRun> {
  const [program = "", ...args] = typeof command === "string" ? [command] : command;
  const mark = `${markName}=${randomUUID()}`;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env, [markName]: mark.slice(markName.length + 1) },
      shell: typeof command === "string",
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that what a test runner starts ends with it.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    let output = "";
    let timedOut = false;
    const take = (piece: string): void => {
      output = (output + piece).slice(-keptCharacters);
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    let patience: NodeJS.Timeout | undefined;
    const end = (): void => {
      endGroup(child);
      // What has left the group, such as a server that a test starts, may hold the output open for ever.
      patience ??= setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, outputPatienceMs);
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, options.timeLimitMs);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    const finish = (): void => {
      clearTimeout(timer);
      clearTimeout(patience);
      signal.removeEventListener("abort", end);
    };
    child.once("error", (error) => {
      finish();
      reject(error);
    });
    // The program itself may have ended before something that it left in its group.
    child.once("exit", end);
    child.once("close", (code) => {
      finish();
      const exitCode = timedOut || signal.aborted ? undefined : (code ?? undefined);
      endStrays(mark).then(() => resolve({ exitCode, timedOut, output }), reject);
    });
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(child.pid), "/t", "/f"], { stdio: "ignore", windowsHide: true });
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    // ESRCH: nothing of the group is left, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Ends what has left the group, such as a server that goes into the background. Only Linux tells whose environment it has. */
async function endStrays(mark: string): Promise<void> {
  if (process.platform !== "linux") return;
  for (let pass = 0; pass < mostPasses; pass++) {
    const all = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(all.map(async (pid) => (await hasMark(pid, mark)) && endProcess(pid)));
    if (!found.includes(true)) return;
  }
}

/** Those of other users, and those that are gone by now, cannot be read. */
async function hasMark(pid: string, mark: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
  return environment.split("\0").includes(mark);
}

function endProcess(pid: string): boolean {
  try {
    return process.kill(Number(pid), "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    return false;
  }
}
