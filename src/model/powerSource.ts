import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Undefined where the system does not tell, as on most machines without a battery. */
export type PowerSource = "mains" | "battery" | undefined;

/** How a system is asked, so that each one's answer can be tested on every other. */
export interface PowerPorts {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Output of a program of the system. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** Linux's folder of power supplies, /sys/class/power_supply. */
  readonly suppliesFolder: string;
}

const run = promisify(execFile);

export const systemPower: PowerPorts = {
  platform: process.platform,
  env: process.env,
  run: async (program, args) => (await run(program, [...args], { timeout: 10_000 })).stdout,
  suppliesFolder: "/sys/class/power_supply",
};

/** What this machine runs on now. @throws {Error} where the system's own program cannot be run. */
export async function readPowerSource(ports: PowerPorts = systemPower): Promise<PowerSource> {
  switch (ports.platform) {
    case "linux":
      return linux(ports.suppliesFolder);
    case "darwin":
      return darwin(await ports.run("/usr/bin/pmset", ["-g", "batt"]));
    case "win32": {
      const root = ports.env["SystemRoot"] ?? "C:\\Windows";
      const powershell = `${root}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`;
      const command = "(Get-CimInstance -ClassName Win32_Battery).BatteryStatus";
      return windows(await ports.run(powershell, ["-NoProfile", "-NonInteractive", "-Command", command]));
    }
    default:
      return undefined;
  }
}

/** "Now drawing from 'Battery Power'". */
function darwin(output: string): PowerSource {
  const source = /drawing from '([^']+)'/.exec(output)?.[1];
  return source === undefined ? undefined : source === "Battery Power" ? "battery" : "mains";
}

/** Win32_Battery: 1 is discharging, 2 on mains, 3 and above charging or full; nothing without a battery. */
function windows(output: string): PowerSource {
  const states = output.split(/\s+/).filter((state) => state !== "");
  if (states.length === 0) return undefined;
  return states.every((state) => state === "1") ? "battery" : "mains";
}

/** A battery of the machine that empties; those of mice and keyboards have the scope "Device". */
async function linux(folder: string): Promise<PowerSource> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const states = await Promise.all(
    names.map(async (name) => {
      const read = (file: string): Promise<string> => readText(join(folder, name, file));
      if ((await read("type")) !== "Battery" || (await read("scope")) === "Device") return undefined;
      return read("status");
    }),
  );
  const batteries = states.filter((state) => state !== undefined);
  if (batteries.length === 0) return undefined;
  return batteries.includes("Discharging") ? "battery" : "mains";
}

/** Empty for a property that a supply does not have. */
async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENODEV") return "";
      throw error;
    },
  );
}
