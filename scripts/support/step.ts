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

/**
 * Runs a script's main function. A failure the reader can act on is printed without a stack; the exit status is 2 where
 * the command was called wrongly, else 1.
 */
export async function runMain(main: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (error instanceof WispError) console.error(`\n${error.message}\n  ${error.hint}`);
    else if (isFromParseArgs(error)) console.error(`${error.message} --help lists the options.`);
    else if (error instanceof UsageError) console.error(error.message);
    else console.error(isForReader(error) ? `\n${error.message}` : error);
    process.exitCode = error instanceof UsageError || isFromParseArgs(error) ? 2 : 1;
  }
}

function isFromParseArgs(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

/** A plain error says what is wrong in words; the other classes are those of mistakes in the code. */
function isForReader(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.constructor === Error || error instanceof MissingPrerequisite;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
