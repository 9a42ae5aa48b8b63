import { execFile } from "node:child_process";
import { delimiter, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { LabError } from "./adaptations.ts";

/** A program with its arguments, to be run without a shell. */
export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface AdaptationOrder {
  /** Folder of the lab's sources, with its pyproject.toml and uv.lock. */
  readonly lab: string;
  /** Folder for the lab's Python packages. */
  readonly environment: string;
  /** Program that runs the engine for the evaluation. */
  readonly node: string;
  readonly repository: string;
  readonly modelPath: string;
  /** Folder of the results. */
  readonly output: string;
}

/** Packages come as `uv.lock` says, each checked against its hash. */
export function adaptationCall(uv: string, order: AdaptationOrder): ProgramCall {
  const { lab, environment, node, repository, modelPath, output } = order;
  const run = ["run", "--project", lab, "--locked", "--no-dev", "wisp-lab"];
  return {
    program: uv,
    args: [...run, "adapt-repository", repository, "--base", modelPath, "--output", output],
    env: {
      UV_PROJECT_ENVIRONMENT: environment,
      // The extension's own folder stays as it was installed.
      PYTHONDONTWRITEBYTECODE: "1",
      WISP_NODE: node,
      // In the editor that program is Electron, which runs scripts only when told to be Node.
      ELECTRON_RUN_AS_NODE: "1",
    },
  };
}

/**
 * Path of uv (https://docs.astral.sh/uv/): on PATH, or where its installers put it.
 * @throws {LabError} `uv-missing`
 */
export async function findUv(env: Readonly<NodeJS.ProcessEnv>, home: string): Promise<string> {
  const name = process.platform === "win32" ? "uv.exe" : "uv";
  const folders = (env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  for (const folder of [...folders, join(home, ".local", "bin"), join(home, ".cargo", "bin")]) {
    const program = join(folder, name);
    // A version manager's stand-in can lie there without a uv behind it.
    const runs = await promisify(execFile)(program, ["--version"], { timeout: 10_000 }).then(
      () => true,
      () => false,
    );
    if (runs) return program;
  }
  throw new LabError(
    "uv-missing",
    "The lab needs uv, the Python package manager, and there is none on the PATH.",
    "Install it (https://docs.astral.sh/uv/getting-started/installation/) and start the editor again.",
  );
}
