import { findOnPath, spawnGroup } from "../support/processes.ts";
import { step } from "../support/step.ts";

/** Opens the address in the user's browser where there is a desktop; elsewhere the printed line has to do. */
export async function openBrowser(url: string): Promise<void> {
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  const hasDesktop =
    process.platform === "darwin" || Boolean(process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"]);
  const program = hasDesktop ? await findOnPath(opener) : undefined;
  if (program === undefined) return;
  const child = spawnGroup(program, [url], { stdio: "ignore" });
  child.once("error", (error) => step(`Could not open a browser: ${error.message}`));
  child.unref();
}
