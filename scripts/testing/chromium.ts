import { existsSync } from "node:fs";
import { findOnPath } from "../support/processes.ts";
import { ensureSystemNeeds, type SystemNeed } from "../support/systemPackages.ts";

const programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
const applications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Path of a Chromium; the variable CHROMIUM names one. */
export async function findChromium(): Promise<string | undefined> {
  const named = process.env["CHROMIUM"];
  if (named) return existsSync(named) ? named : undefined;
  for (const program of programs) {
    const path = await findOnPath(program);
    if (path !== undefined) return path;
  }
  return applications.find((path) => existsSync(path));
}

const chromiumNeed: SystemNeed = {
  what: "Chromium or Chrome (the tests drive it without a window)",
  isThere: async () => (await findChromium()) !== undefined,
  debianPackages: ["chromium"],
  otherwise: "Install Chromium or Chrome, or name one with the variable CHROMIUM.",
};

export async function ensureChromium(): Promise<string> {
  await ensureSystemNeeds([chromiumNeed]);
  const path = await findChromium();
  if (path === undefined) throw new Error("Chromium was there a moment ago and is gone");
  return path;
}

/** No window, no sandbox (CI runs as root), and none of the browser's own traffic. */
export const chromiumArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];
