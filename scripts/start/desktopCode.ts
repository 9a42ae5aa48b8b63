import { once } from "node:events";
import { editorEnvironment } from "../codeServer/launch.ts";
import type { Profile } from "../codeServer/profile.ts";
import { findOnPath, run, spawnCommand } from "../support/processes.ts";
import { readManifest } from "../support/repo.ts";
import { step } from "../support/step.ts";

/** Path of an installed VS Code that can open a window here and is new enough for the extension. */
export async function findDesktopCode(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  if (!hasDisplay(env)) return undefined;
  const code = await findOnPath("code", env);
  // In a remote window's terminal `code` only talks to that window and knows no profile folders.
  if (code === undefined || env["VSCODE_IPC_HOOK_CLI"] !== undefined) return undefined;
  const version = (await run(code, ["--version"], { env: editorEnvironment() })).split("\n")[0]?.trim() ?? "";
  const needed = readManifest().engines["vscode"]?.replace("^", "") ?? "0.0.0";
  if (isAtLeast(version, needed)) return code;
  step(`${code} is VS Code ${version}, and Wisp needs ${needed}: using code-server`);
  return undefined;
}

/** Opens a window with its own profile and resolves when it is closed. */
export async function openDesktopCode(code: string, profile: Profile, vsix: string): Promise<void> {
  const env = editorEnvironment();
  const folders = ["--user-data-dir", profile.userData, "--extensions-dir", profile.extensions];
  step("Installing Wisp into VS Code, in a profile of its own");
  await run(code, [...folders, "--install-extension", vsix, "--force"], { env });
  step("Opening VS Code; this command ends when its window is closed");
  const args = [...folders, "--disable-workspace-trust", "--skip-welcome", "--new-window", "--wait"];
  const child = spawnCommand(code, [...args, profile.workspace], { env, stdio: "ignore" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => child.kill(signal));
  await once(child, "exit");
}

function hasDisplay(env: NodeJS.ProcessEnv): boolean {
  if (process.platform === "darwin" || process.platform === "win32") return true;
  return Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
}

function isAtLeast(version: string, needed: string): boolean {
  return version.localeCompare(needed, "en", { numeric: true }) >= 0;
}
