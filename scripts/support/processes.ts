import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

export class CommandFailed extends Error {
  readonly status: number | null;
  readonly output: string;

  constructor(command: string, status: number | null, output: string) {
    super(`${command} ended with ${status === null ? "a signal" : `status ${status}`}\n${tail(output)}`);
    this.name = "CommandFailed";
    this.status = status;
    this.output = output;
  }
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** "inherit" shows the command's error stream as it comes, for progress bars. */
  readonly stderr?: "inherit" | "collect";
}

/**
 * Runs a command to its end and returns its standard output.
 * @throws {CommandFailed} with the last lines of its output when it ends with anything but 0.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = spawnCommand(command, args, {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", options.stderr === "inherit" ? "inherit" : "pipe"],
  });
  let stdout = "";
  let all = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    all += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    all += text;
  });
  const [status] = await once(child, "close");
  if (status !== 0) throw new CommandFailed(`${command} ${args.join(" ")}`, status, all);
  return stdout;
}

/** Starts a command as the leader of its own process group, so that {@link stopGroup} ends its children too. */
export function spawnGroup(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  return spawnCommand(command, args, { ...options, detached: process.platform !== "win32" });
}

/** Starts a program, or on Windows a .cmd file, whose shell has to be given every part in quotes. */
export function spawnCommand(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  platform = process.platform,
): ChildProcess {
  if (platform !== "win32" || command.endsWith(".exe")) return spawn(command, args, options);
  return spawn(commandLine(command, args), { ...options, shell: true });
}

/** For cmd.exe, where a quote inside of quotes is doubled. */
export function commandLine(command: string, args: readonly string[]): string {
  return [command, ...args].map((part) => `"${part.replaceAll('"', '""')}"`).join(" ");
}

/** Ends a process group: first politely, after `graceMs` by force. Resolves when the leader is gone. */
export async function stopGroup(child: ChildProcess, graceMs = 3000): Promise<void> {
  if (child.pid === undefined) return;
  const gone = child.exitCode !== null || child.signalCode !== null ? undefined : once(child, "exit");
  signalGroup(child, "SIGTERM");
  const force = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  await gone;
  clearTimeout(force);
  signalGroup(child, "SIGKILL");
}

export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: the whole group has ended already, which is what the caller wants.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Full path of a program on PATH, or undefined. */
export async function findOnPath(name: string, env = process.env): Promise<string | undefined> {
  const endings = process.platform === "win32" ? [".cmd", ".exe", ".bat"] : [""];
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    for (const ending of endings) {
      const candidate = join(folder, name + ending);
      if (folder !== "" && (await isExecutable(candidate))) return candidate;
    }
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function tail(output: string): string {
  return output.trimEnd().split("\n").slice(-15).join("\n");
}
