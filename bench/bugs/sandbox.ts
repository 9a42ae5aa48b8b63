import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type CommandRun, runCommand } from "../../src/assist/commandRun.ts";

/** Files of which one gets the text that is tried, and what a command on them may use. */
export interface SandboxedProgram {
  readonly source: string;
  /** By relative path with forward slashes, the source included. */
  readonly files: ReadonlyMap<string, string>;
  readonly timeLimitMs: number;
  readonly memoryLimitMiB: number;
}

/** Runs the commands of cases on copies in a temporary folder: limited in time and memory, and without a network. */
export class Sandbox {
  readonly #wrapper: (memoryLimitMiB: number) => readonly string[];
  /** What holds the programs in, for the report. */
  readonly limits: string;

  private constructor(hasNamespaces: boolean, hasLimits: boolean) {
    this.#wrapper = (memoryLimitMiB) => [
      ...(hasNamespaces ? noNetwork : []),
      ...(hasLimits ? ["prlimit", `--data=${memoryLimitMiB * 1024 * 1024}`, "--core=0"] : []),
    ];
    this.limits = [
      "time limit",
      hasLimits ? "memory limit" : "no memory limit (no prlimit here)",
      hasNamespaces ? "no network" : "with network (no unshare here)",
    ].join(", ");
  }

  static async open(): Promise<Sandbox> {
    return new Sandbox(await works([...noNetwork, "true"]), await works(["prlimit", "--core=0", "true"]));
  }

  /**
   * Runs a command with `text` in place of the source.
   * @throws when the command cannot be started, the signal's reason when it aborts.
   */
  async run(
    program: SandboxedProgram,
    text: string,
    command: readonly string[],
    signal: AbortSignal,
  ): Promise<CommandRun & { readonly passed: boolean }> {
    signal.throwIfAborted();
    const root = await mkdtemp(path.join(os.tmpdir(), "wisp-sandbox-"));
    try {
      for (const [name, content] of program.files) {
        const file = path.join(root, ...name.split("/"));
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, name === program.source ? text : content);
      }
      const words = [...this.#wrapper(program.memoryLimitMiB), ...command];
      // Python looks for packages that were installed for the user below its home, which the copy takes the place of.
      const PYTHONUSERBASE = process.env["PYTHONUSERBASE"] ?? path.join(os.homedir(), ".local");
      const env = { HOME: root, TMPDIR: root, PYTHONUSERBASE };
      const options = { cwd: root, timeLimitMs: program.timeLimitMs, env };
      const result = await runCommand(words, options, signal);
      signal.throwIfAborted();
      return { ...result, passed: result.exitCode === 0 };
    } finally {
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

const noNetwork = ["unshare", "--map-root-user", "--net"] as const;

/** A tool that is missing or that the system does not allow only means one limit less, which the report names. */
async function works([tool = "", ...args]: readonly string[]): Promise<boolean> {
  return promisify(execFile)(tool, args).then(
    () => true,
    () => false,
  );
}
