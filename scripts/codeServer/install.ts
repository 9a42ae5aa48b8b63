import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { CommandFailed, run } from "../support/processes.ts";
import { cacheDir } from "../support/repo.ts";
import { MissingPrerequisite, step } from "../support/step.ts";
import { ensureSystemNeeds, kerberosHeaders, programNeed } from "../support/systemPackages.ts";

/** code-server 4.139.1 is VS Code 1.139.1 served to a browser. */
const codeServerVersion = "4.139.1";
const requiredNodeMajor = 24;

/** Install scripts that npm may run in the folder: VS Code's own dependencies, and a prebuilt password hash. */
const allowScripts = { "code-server": true, argon2: true };

/**
 * Path of code-server's entry script; installs it into the user's cache folder on first use. Its native modules are
 * compiled there for the Node that runs this, which is also the one that must start it.
 */
export async function ensureCodeServer(): Promise<string> {
  const folder = join(cacheDir(), `code-server-${codeServerVersion}-${process.platform}-${process.arch}`);
  const entry = join(folder, "node_modules/code-server/out/node/entry.js");
  checkPlatform();
  if (existsSync(entry)) return entry;
  await ensureSystemNeeds([
    programNeed("python3", "python3"),
    programNeed("make", "make"),
    programNeed("g++", "g++"),
    kerberosHeaders,
  ]);
  step(`Installing code-server ${codeServerVersion} into ${folder} (once per user, about 2 minutes, 620 MB)`);
  const unfinished = `${folder}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  try {
    await npmInstall(unfinished);
    await moveIntoPlace(unfinished, folder, entry);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return entry;
}

function checkPlatform(): void {
  if (process.platform === "win32") {
    throw new MissingPrerequisite(
      "code-server does not run on Windows.",
      "Install VS Code 1.106 or newer so that `code` is on PATH, then run the command again.",
    );
  }
  const major = Number(process.versions.node.split(".")[0]);
  if (major !== requiredNodeMajor) {
    throw new MissingPrerequisite(
      `code-server ${codeServerVersion} needs Node ${requiredNodeMajor}, and this is ${process.version}.`,
      "Start through npm (`npm start`, `npm test`): `npm install` puts Node 24 into node_modules/.bin.",
    );
  }
}

async function npmInstall(folder: string): Promise<void> {
  const manifest = { private: true, dependencies: { "code-server": codeServerVersion }, allowScripts };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  // code-server's install script refuses any other Node, and asks the `node` that it finds first.
  const path = [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  // Inherited from a surrounding npm that runs on an older Node, this would make the script refuse ours.
  const { npm_config_user_agent: _, ...env } = process.env;
  try {
    await run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], {
      cwd: folder,
      env: { ...env, PATH: path },
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    await writeFile(`${folder}.log`, error.output);
    throw new MissingPrerequisite(
      `npm could not install code-server ${codeServerVersion}: ${error.message}`,
      `The whole log is in ${folder}.log. It needs the network, a C++ compiler, make, python3 and Kerberos headers.`,
    );
  }
}

async function moveIntoPlace(unfinished: string, folder: string, entry: string): Promise<void> {
  try {
    await rename(unfinished, folder);
  } catch (error) {
    // Another process may have finished the same install in the meantime; its result is as good.
    if (!existsSync(entry)) throw error;
  }
}
