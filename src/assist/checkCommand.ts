import { stripVTControlCharacters } from "node:util";
import type { CommandRun } from "./commandRun.ts";

export interface CheckRun {
  /** Undefined when it could not be run. */
  readonly passed: boolean | undefined;
  /** For the user: what the command says of itself, or how it ended. */
  readonly summary: string;
}

/**
 * Runs the user's check and puts its outcome into words.
 * @param run starts the command with the candidate in place.
 */
export async function commandCheck(
  run: (signal: AbortSignal) => Promise<CommandRun>,
  signal: AbortSignal,
): Promise<CheckRun> {
  const { exitCode, timedOut, output } = await run(signal);
  const said = resultLine(output);
  if (exitCode === 0) {
    // Python's unittest tells how many ran, not how they ended.
    const summary = said && /^\d+ tests?$/.test(said) ? `${said} pass` : said;
    return { passed: true, summary: summary ?? "check command passes" };
  }
  if (timedOut) return { passed: false, summary: "it ran past its time limit" };
  return {
    passed: false,
    summary: said ?? (exitCode === undefined ? "it was ended" : `exit code ${exitCode}`),
  };
}

/** How common test runners sum up: pytest, mocha, vitest and jest, node:test, cargo, go, unittest, RSpec, PHPUnit. */
const resultForms: readonly RegExp[] = [
  /^=*\s*((?:\d+ (?:x?passed|x?failed|errors?|skipped|deselected|warnings?|rerun)(?:, )?)+) in [\d.]+s\b.*$/m,
  /^\s*(\d+ passing)\b.*$/m,
  /^\s*Tests:?\s+(.*\d+ (?:passed|failed).*?)(?:\s*\(\d+\))?$/m,
  /^Ran (\d+ tests?) in .*$/m,
  /^(?:#|ℹ) (pass \d+)$/m,
  /^(\d+ examples?, \d+ failures?)\b.*$/m,
  /^OK \((\d+ tests?)\b.*$/m,
];

/** How those that say so elsewhere tell of failures. */
const failureForms: readonly RegExp[] = [
  /^\s*(\d+ failing)\b.*$/m,
  /^(?:#|ℹ) (fail [1-9]\d*)$/m,
  /^FAILED \((.+)\)$/m,
  /^Found (\d+ errors?)\b.*$/m,
];

/** What the runner says in one line, failures first; undefined when it says nothing that is known. */
export function resultLine(output: string): string | undefined {
  const plain = stripVTControlCharacters(output).replaceAll("\r\n", "\n");
  for (const form of failureForms) {
    const found = form.exec(plain)?.[1]?.trim();
    if (found) return found;
  }
  const cargo = [...plain.matchAll(/^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed/gm)];
  if (cargo.length > 0) {
    const sum = (place: number): number => cargo.reduce((total, found) => total + Number(found[place]), 0);
    return `${sum(1)} passed; ${sum(2)} failed`;
  }
  for (const form of resultForms) {
    const found = form.exec(plain)?.[1]?.trim();
    if (found) return found;
  }
  const failed = [...plain.matchAll(/^\s*--- FAIL: /gm)].length;
  return failed > 0 ? `${failed} failing` : undefined;
}
