import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import Mocha from "mocha";
import { CountingReporter } from "../../scripts/testing/countingReporter.ts";
import { grepVariable, outputVariable } from "../../scripts/testing/totals.ts";

/** Entry of the suite in the extension host; the name and shape are VS Code's. */
export async function run(): Promise<void> {
  const output = process.env[outputVariable];
  if (output !== undefined) {
    // The host's own console is full of the editor's messages.
    Mocha.reporters.Base.consoleLog = (...args: unknown[]) => appendFileSync(output, `${format(...args)}\n`);
  }
  const grep = process.env[grepVariable];
  const mocha = new Mocha({
    timeout: 30_000,
    forbidOnly: true,
    color: false,
    reporter: CountingReporter,
    ...(grep !== undefined && { grep: new RegExp(grep) }),
  });
  for (const name of readdirSync(import.meta.dirname).sort()) {
    if (name.endsWith(".test.cjs")) mocha.addFile(join(import.meta.dirname, name));
  }
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} failed`);
}
