import { readFile, statfs } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";

/** What of this computer matters for choosing a model. */
export interface Machine {
  /** Cores without simultaneous threads, never more than the process may use. */
  readonly physicalCores: number;
  readonly logicalCores: number;
  readonly totalMemoryBytes: number;
  /** Memory that can be had now without swapping. */
  readonly availableMemoryBytes: number;
}

/** Reads the machine; limits set on a container count as the machine's size. */
export async function readMachine(): Promise<Machine> {
  const logicalCores = availableParallelism();
  const limit = process.constrainedMemory();
  const totalMemoryBytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return {
    physicalCores: Math.min(logicalCores, await countPhysicalCores()),
    logicalCores,
    totalMemoryBytes,
    availableMemoryBytes: Math.min(totalMemoryBytes, process.availableMemory()),
  };
}

/** Bytes that this user may still write in `folder`. */
export async function freeDiskBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Whether the processor multiplies matrices of 8-bit numbers itself (Intel's AMX); only Linux tells. */
export async function hasAmx(): Promise<boolean> {
  if (process.platform !== "linux") return false;
  return amxInCpuInfo(await readFile("/proc/cpuinfo", "utf8").catch(() => ""));
}

/** The same from the text of Linux's /proc/cpuinfo. */
export function amxInCpuInfo(text: string): boolean {
  return /^flags\s*:.*\bamx_int8\b/m.test(text);
}

async function countPhysicalCores(): Promise<number> {
  const logical = cpus().length || availableParallelism();
  if (process.platform === "linux") {
    const info = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
    return coresInCpuInfo(info) ?? logical;
  }
  // Apple's chips have no simultaneous threads; on x64 two per core is the rule.
  return process.arch === "arm64" ? logical : Math.max(1, Math.ceil(logical / 2));
}

/** Distinct (socket, core) pairs in the text of Linux's /proc/cpuinfo, or undefined where it does not tell. */
export function coresInCpuInfo(text: string): number | undefined {
  const cores = new Set<string>();
  for (const block of text.split(/\n\s*\n/)) {
    const socket = /^physical id\s*:\s*(\d+)/m.exec(block)?.[1];
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1];
    if (core !== undefined) cores.add(`${socket ?? 0}/${core}`);
  }
  return cores.size > 0 ? cores.size : undefined;
}
