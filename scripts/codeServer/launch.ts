import type { ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { run, spawnGroup, stopGroup } from "../support/processes.ts";
import { UsageError } from "../support/step.ts";
import type { Profile } from "./profile.ts";

export interface CodeServer {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly origin: string;
  readonly process: ChildProcess;
  readonly logFile: string;
  stop(): Promise<void>;
}

export interface LaunchOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly extraArgs?: readonly string[];
  /** Whether the editor asks for trust before a workspace counts as trusted; without, every one does. */
  readonly asksForTrust?: boolean;
}

const startDeadlineMs = 60_000;

/** Installs a VSIX into the profile's own extensions folder. */
export async function installVsix(entry: string, profile: Profile, vsix: string): Promise<void> {
  await run(process.execPath, [entry, ...profileArgs(profile), "--install-extension", vsix, "--force"], {
    env: editorEnvironment(),
  });
}

/** Starts code-server on the loopback interface and resolves when it listens. */
export async function launchCodeServer(
  entry: string,
  profile: Profile,
  options: LaunchOptions,
): Promise<CodeServer> {
  const args = [
    entry,
    ...profileArgs(profile),
    ...["--auth", "none", "--bind-addr", `127.0.0.1:${options.port}`],
    ...["--disable-telemetry", "--disable-update-check"],
    ...(options.asksForTrust ? [] : ["--disable-workspace-trust"]),
    ...["--disable-getting-started-override", "--ignore-last-opened"],
    ...(options.extraArgs ?? []),
  ];
  const child = spawnGroup(process.execPath, args, {
    env: { ...editorEnvironment(), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const logFile = join(profile.userData, "code-server.log");
  const log = createWriteStream(logFile, { flags: "a" });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  try {
    const origin = await listeningOrigin(child);
    return { origin, process: child, logFile, stop: () => stopGroup(child) };
  } catch (error) {
    await stopGroup(child);
    throw error;
  }
}

export function workspaceUrl(server: CodeServer, folder: string): string {
  return `${server.origin}/?folder=${folder.split("/").map(encodeURIComponent).join("/")}`;
}

function listeningOrigin(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(
      () => reject(new Error(`code-server did not listen within ${startDeadlineMs / 1000} s:\n${output}`)),
      startDeadlineMs,
    );
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const origin = /listening on (http:\/\/[^\s/]+)/i.exec(output)?.[1];
      if (origin === undefined) return;
      clearTimeout(timer);
      resolve(origin);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (status) => {
      clearTimeout(timer);
      const inUse = /EADDRINUSE/.test(output);
      reject(
        inUse
          ? new UsageError("The port is in use. Name another with --port N, or leave it out for a free one.")
          : new Error(`code-server ended with status ${status}:\n${output}`),
      );
    });
  });
}

function profileArgs(profile: Profile): string[] {
  return [
    ...["--user-data-dir", profile.userData, "--extensions-dir", profile.extensions],
    // Otherwise code-server reads and writes the user's own configuration.
    ...["--config", join(profile.userData, "config.yaml")],
  ];
}

/** Without what a surrounding VS Code terminal or npm has set: it would change what the editor does. */
export function editorEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|npm_|NODE_OPTIONS$|CODE_SERVER_|PORT$|PASSWORD$)/.test(name),
  );
  return Object.fromEntries(entries);
}
