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

/** Runs a script's main function; a failure the reader can act on is printed without a stack. */
export async function runMain(main: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof MissingPrerequisite ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
