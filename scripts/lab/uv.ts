import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { CommandFailed, findOnPath, isExecutable, run } from "../support/processes.ts";
import { cacheDir, repoRoot } from "../support/repo.ts";
import { MissingPrerequisite, step } from "../support/step.ts";

const version = "0.13.9";
export const labRoot = join(repoRoot, "lab");

/**
 * Path of uv, which keeps the lab's Python environment: the one on PATH, else one that pip puts into the cache folder.
 * @throws {MissingPrerequisite} when there is neither uv nor a Python with pip.
 */
export function ensureUv(): Promise<string> {
  found ??= findOrInstall();
  return found;
}

let found: Promise<string> | undefined;

async function findOrInstall(): Promise<string> {
  const onPath = await findOnPath("uv");
  // A version manager's stand-in can be on the PATH without a uv behind it.
  if (onPath !== undefined && (await runs(onPath))) return onPath;
  const folder = join(cacheDir(), `uv-${version}`);
  const program = join(folder, "bin", process.platform === "win32" ? "uv.exe" : "uv");
  if (await isExecutable(program)) return program;
  step(`Installing uv ${version} into ${folder}`);
  const python = (await findOnPath("python3")) ?? (await findOnPath("python"));
  if (python === undefined) throw missing("there is no Python");
  try {
    const wanted = `uv==${version}`;
    await run(python, ["-m", "pip", "install", "--quiet", "--upgrade", "--target", folder, wanted]);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw missing(error.message);
  }
  return program;
}

/**
 * Runs uv in the lab's folder with its output passed through.
 * @returns its exit status; null when a signal ended it.
 */
export async function runUv(args: readonly string[]): Promise<number | null> {
  const uv = await ensureUv();
  const child = spawn(uv, args, { cwd: labRoot, stdio: ["ignore", "inherit", "inherit"] });
  // Ctrl+C reaches the whole group; this process waits until the step has written its checkpoint.
  const wait = (): void => {};
  process.on("SIGINT", wait);
  const [status] = await once(child, "exit");
  process.off("SIGINT", wait);
  return status;
}

async function runs(program: string): Promise<boolean> {
  try {
    await run(program, ["--version"]);
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    step(`${program} does not run: ${error.message.split("\n")[1] ?? error.message}`);
    return false;
  }
}

/** Makes lab/.venv what uv.lock says. The first time it downloads some 3 GB; after that it needs no connection. */
export async function ensureLabEnvironment(): Promise<void> {
  step("Bringing the lab's Python environment up to date (the first time it downloads some 3 GB)");
  const status = await runUv(["sync", "--locked"]);
  if (status !== 0) {
    throw new MissingPrerequisite(
      `The lab's Python environment cannot be made (uv sync ended with ${status}).`,
      "Its lines above say why; the first time it needs a connection to PyPI and 6 GB of disk.",
    );
  }
}

function missing(why: string): MissingPrerequisite {
  return new MissingPrerequisite(
    `The lab needs uv, and it cannot be installed: ${why}`,
    "Install uv (https://docs.astral.sh/uv/), or Python 3.11 or newer with pip.",
  );
}
