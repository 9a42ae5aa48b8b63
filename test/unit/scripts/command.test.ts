import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { asksForHelp, wholeNumber } from "../../../scripts/support/command.ts";
import { repoRoot } from "../../../scripts/support/repo.ts";
import { UsageError } from "../../../scripts/support/step.ts";

const run = promisify(execFile);

interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Everything of package.json that is a script of ours: `npm run NAME -- ARGS`, as npm would start it. */
const commands = Object.entries<string>(
  JSON.parse(readFileSync(join(repoRoot, "package.json"), "utf8")).scripts,
).flatMap(([name, line]) => {
  const file = /^node (?:\S+ )*?((?:scripts|bench)\/\w+\.ts)$/.exec(line)?.[1];
  return file === undefined
    ? []
    : [{ name, file, flags: line.includes("--expose-gc") ? ["--expose-gc"] : [] }];
});

async function call({ file, flags }: (typeof commands)[number], ...args: string[]): Promise<Called> {
  try {
    const { stdout, stderr } = await run(process.execPath, [...flags, file, ...args], { cwd: repoRoot });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Called;
    return { code, stdout, stderr };
  }
}

describe("the commands of package.json", function () {
  this.timeout(60_000);
  /** Passes its arguments on to the lab's own command. */
  const own = commands.filter(({ name }) => name !== "lab");

  it("are all looked at", () => {
    assert.ok(own.length >= 18, own.map(({ name }) => name).join(", "));
  });

  for (const command of own) {
    it(`${command.name} answers --help with its usage and does nothing else`, async () => {
      const { code, stdout, stderr } = await call(command, "--help");
      assert.equal(code, 0, stderr);
      assert.match(stdout, /npm (?:run )?[\w:]+|Builds the VSIX/);
      assert.equal(stderr, "");
    });
  }

  it("name the option that is missing or wrong in one line, and end with 2", async () => {
    const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
      ["eval:calibrate", ["--such"], /^Unknown option '--such'.* --help lists the options\.$/],
      ["eval:calibrate", ["--cases", "x"], /^--cases DIR, --predictions FILE and --out FILE are needed/],
      ["eval:cases", ["--repo", "a", "--since", "2026-01-01", "--out", "x"], /^--repo takes .*not "a"/],
      ["eval:cases", ["--repo", "a:go", "--since", "today", "--out", "x"], /^--since takes a day/],
      ["eval:infilling", ["--tasks", "x", "--out", "y", "--limit", "1e3"], /^--limit takes a whole number/],
      ["bench:soak", ["--hours", "0"], /^--hours takes a number above 0/],
    ];
    for (const [name, args, expected] of wrong) {
      const command = commands.find((each) => each.name === name);
      assert.ok(command, name);
      const { code, stderr } = await call(command, ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr.trimEnd(), expected, name);
      assert.ok(!stderr.trim().includes("\n"), `${name}: ${stderr}`);
    }
  });
});

describe("what a call asks for", () => {
  it("is help only in front of what belongs to another program", () => {
    assert.equal(asksForHelp(["--out", "x", "-h"]), true);
    assert.equal(asksForHelp(["--", "--help"]), false);
    assert.equal(asksForHelp([]), false);
  });

  it("is a whole number or a mistake", () => {
    assert.equal(wholeNumber("--limit", "12"), 12);
    for (const text of ["", "-1", "1.5", "1e3", " 1", "many"])
      assert.throws(() => wholeNumber("--limit", text), UsageError, text);
    assert.throws(() => wholeNumber("--limit", "0", 1), /from 1 on, not "0"/);
  });
});
