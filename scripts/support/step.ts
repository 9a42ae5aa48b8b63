import { WispError } from "../../src/base/wispError.ts";

const started = performance.now();

/** One line per thing that a command does, on standard error so that standard output stays for results. */
export function step(message: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0).padStart(3);
  console.error(`[${seconds} s] ${message}`);
}

/** Something that cannot be had here: what is missing, and what the reader can do about it. */
export class MissingPrerequisite extends Error {
  constructor(what: string, how: string) {
    super(`${what}\n  ${how}`);
    this.name = "MissingPrerequisite";
  }
}

/** The command was called wrongly; the message tells how to call it. */
export class UsageError extends Error {}

/** Runs a script's main function; a failure the reader can act on is printed without a stack. */
export async function runMain(main: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (error instanceof WispError) console.error(`\n${error.message}\n  ${error.hint}`);
    else console.error(isForReader(error) ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

function isForReader(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const isFromParseArgs = "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  return isFromParseArgs || error instanceof MissingPrerequisite || error instanceof UsageError;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
