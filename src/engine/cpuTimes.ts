import { cpus } from "node:os";
import type { CpuTimes } from "./threadGovernor.ts";

/** Reads the system's counters. */
export function readCpuTimes(): CpuTimes {
  const all = cpus();
  const own = process.cpuUsage();
  return {
    cores: all.length,
    busyMs: all.reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0),
    ownMs: (own.user + own.system) / 1000,
    atMs: performance.now(),
  };
}
