import { cp, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureCodeServer } from "./codeServer/install.ts";
import { type CodeServer, installVsix, launchCodeServer, workspaceUrl } from "./codeServer/launch.ts";
import { createProfile, type Profile } from "./codeServer/profile.ts";
import { findDesktopCode, openDesktopCode } from "./start/desktopCode.ts";
import { openBrowser } from "./start/openBrowser.ts";
import { run } from "./support/processes.ts";
import { repoRoot } from "./support/repo.ts";
import { runMain, step, UsageError } from "./support/step.ts";
import { upToDateVsix } from "./vsix/packageVsix.ts";
import { hostTarget } from "./vsix/targets.ts";

const usage = `Opens real VS Code with Wisp installed from its VSIX and a small workspace to type in.

  npm start                          an installed VS Code where there is one, else code-server in a browser
  npm start -- --port 8123           code-server on this port
  npm start -- --no-open             print the address and open no browser
  npm start -- FOLDER                work in a folder of your own in place of the sample`;

await runMain(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      port: { type: "string" },
      open: { type: "boolean", default: true },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const port = portOf(values.port);
  const own = positionals[0] === undefined ? undefined : await existingFolder(positionals[0]);
  const vsix = await upToDateVsix(hostTarget());
  await ensureModel();
  const folder = await mkdtemp(join(tmpdir(), "wisp-"));
  try {
    const profile = await sampleProfile(folder, own);
    const code = values.port === undefined ? await findDesktopCode() : undefined;
    if (code === undefined) await serve(profile, vsix.path, port, values.open);
    else await openDesktopCode(code, profile, vsix.path);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
  return 0;
});

/** Absolute path. @throws {UsageError} where there is no such folder. */
async function existingFolder(name: string): Promise<string> {
  const path = resolve(name);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) throw new UsageError(`There is no folder ${path}.`);
  return path;
}

/** The file is looked for first, so nothing is downloaded where it is in place. */
async function ensureModel(): Promise<void> {
  const script = join(repoRoot, "scripts/model.ts");
  const path = await run(process.execPath, [script, "--print-path"], { stderr: "inherit" });
  step(`Model: ${path.trim()}`);
}

/** A profile and a workspace of their own: neither the user's settings nor the repository are touched. */
async function sampleProfile(folder: string, ownFolder: string | undefined): Promise<Profile> {
  const profile = await createProfile(folder);
  if (ownFolder !== undefined) return { ...profile, workspace: ownFolder };
  await mkdir(profile.workspace, { recursive: true });
  await cp(join(repoRoot, "samples"), profile.workspace, { recursive: true });
  return profile;
}

async function serve(profile: Profile, vsix: string, port: number, open: boolean): Promise<void> {
  const entry = await ensureCodeServer();
  step("Installing Wisp into code-server");
  await installVsix(entry, profile, vsix);
  step("Starting code-server");
  const server = await launchCodeServer(entry, profile, { port });
  const url = workspaceUrl(server, profile.workspace);
  step("VS Code with Wisp is up. Open src/cart.ts and type; Ctrl-C ends it.");
  console.log(url);
  if (open) await openBrowser(url);
  await untilStopped(server);
}

/** Resolves when the user interrupts or code-server ends by itself, with code-server's process group gone. */
async function untilStopped(server: CodeServer): Promise<void> {
  await new Promise<void>((stop) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop());
    server.process.once("exit", () => stop());
  });
  step("Stopping code-server");
  await server.stop();
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? "0");
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new UsageError(`--port takes a number from 0 to 65535, not "${text}".`);
}
