import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type CommandRun, runCommand } from "../../src/assist/commandRun.ts";
import type { BugCase } from "./bugCase.ts";

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
   * Runs a command of the case with `text` in place of its source.
   * @throws when the command cannot be started, the signal's reason when it aborts.
   */
  async run(
    bug: BugCase,
    text: string,
    command: readonly string[],
    signal: AbortSignal,
  ): Promise<CommandRun & { readonly passed: boolean }> {
    signal.throwIfAborted();
    const root = await mkdtemp(path.join(os.tmpdir(), "wisp-bugs-"));
    try {
      for (const [name, content] of bug.files) {
        const file = path.join(root, ...name.split("/"));
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, name === bug.source ? text : content);
      }
      const words = [...this.#wrapper(bug.memoryLimitMiB), ...command];
      // Python looks for packages that were installed for the user below its home, which the copy takes the place of.
      const PYTHONUSERBASE = process.env["PYTHONUSERBASE"] ?? path.join(os.homedir(), ".local");
      const env = { HOME: root, TMPDIR: root, PYTHONUSERBASE };
      const options = { cwd: root, timeLimitMs: bug.timeLimitMs, env };
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
async function works([program = "", ...args]: readonly string[]): Promise<boolean> {
  return promisify(execFile)(program, args).then(
    () => true,
    () => false,
  );
}
