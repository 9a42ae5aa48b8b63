import { type ParseArgsConfig, parseArgs } from "node:util";
import { runMain, UsageError } from "./step.ts";

/**
 * Runs a script that takes options: `--help` prints `usage` and does nothing else; a wrong call is one line and ends
 * with 2 (see {@link runMain}).
 */
export async function runCommand<const T extends ParseArgsConfig>(
  usage: string,
  config: T,
  main: (parsed: ReturnType<typeof parseArgs<T>>) => Promise<number | undefined>,
): Promise<void> {
  await runMain(async () => {
    if (!asksForHelp()) return main(parseArgs(config));
    console.log(usage);
    return 0;
  });
}

/** Before anything is parsed, so that a script with another mistake in its call still answers. */
export function asksForHelp(args: readonly string[] = process.argv.slice(2)): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((each) => each === "--help" || each === "-h");
}

/** The number that an option names. @throws {UsageError} where it is none from `least` on. */
export function wholeNumber(option: string, text: string, least = 0): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  throw new UsageError(`${option} takes a whole number from ${least} on, not "${text}".`);
}

/** The same for an option that may be absent. */
export function optionalNumber(option: string, text: string | undefined, least = 0): number | undefined {
  return text === undefined ? undefined : wholeNumber(option, text, least);
}
