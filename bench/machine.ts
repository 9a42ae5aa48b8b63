import { execFile } from "node:child_process";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";
import { promisify } from "node:util";
import { readManifest, repoRoot } from "../scripts/support/repo.ts";
import { readCpuTimes } from "../src/engine/cpuTimes.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly version: string;
  /** Commit of the sources, with a mark where files were changed since. */
  readonly commit: string;
  readonly load: number;
  /** Cores that other programs took in the second before the bench began. */
  readonly othersCores: number;
}

export async function describeMachine(): Promise<Machine> {
  const before = readCpuTimes();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const after = readCpuTimes();
  const busyMs = after.busyMs - before.busyMs - (after.ownMs - before.ownMs);
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    version: readManifest().version,
    commit: await commit(),
    load: loadavg()[0] ?? 0,
    othersCores: Math.max(0, busyMs / (after.atMs - before.atMs)),
  };
}

/** Empty where the sources are not under version control. */
async function commit(): Promise<string> {
  const git = (...args: string[]) => promisify(execFile)("git", args, { cwd: repoRoot });
  try {
    const { stdout: head } = await git("rev-parse", "--short=10", "HEAD");
    const { stdout: changes } = await git("status", "--porcelain", "--untracked-files=no");
    return head.trim() + (changes.trim() === "" ? "" : "+");
  } catch {
    return "";
  }
}
