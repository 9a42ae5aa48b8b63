import { type BugCase, readBugCases } from "../bench/bugs/bugCase.ts";
import { bugReport } from "../bench/bugs/bugReport.ts";
import { type Measuring, measureFind, measureFix } from "../bench/bugs/measureCase.ts";
import { ResultFile, type ResultRow } from "../bench/bugs/results.ts";
import { Sandbox } from "../bench/bugs/sandbox.ts";
import { openModel } from "../bench/eval/evalModel.ts";
import { Progress } from "../bench/eval/progress.ts";
import { type Log, silentLog } from "../src/base/log.ts";
import { grammarsInPackages } from "../src/syntax/grammarFiles.ts";
import { TreeSitterSyntax } from "../src/syntax/treeSitterSyntax.ts";
import { optionalNumber, runCommand } from "./support/command.ts";
import { repoRoot } from "./support/repo.ts";
import { UsageError } from "./support/step.ts";

const usage = `usage: npm run eval:bugs -- --set DIR --out FILE [options]

Runs Find Bugs and Fix Bug without an editor over programs with a known bug and tests, and says how often they are right.

  --set DIR         a folder with a folder per case (docs/eval-bugs.md), or a checkout of QuixBugs
  --model MODEL     an id of the catalogue, a GGUF file, or the address of a server (default qwen2.5-coder-0.5b)
  --samples N       candidates per fix (default 3, as wisp.fix.candidates)
  --out FILE        results, one per line; a file that was begun is gone on with
  --only PART       find or fix
  --limit N         the first N cases
  --time-limit SEC  stops after the case that runs when SEC seconds are over; run again to go on
  --verify          runs the tests only: they must fail on each source and pass on its fixed version
  --score-only      reports what FILE holds
  --verbose         the log on the error output
`;

const tell = (message: string): void => void process.stderr.write(`${message}\n`);
const verboseLog: Log = { trace: tell, debug: tell, info: tell, warn: tell, error: tell };

const options = {
  set: { type: "string" },
  model: { type: "string", default: "qwen2.5-coder-0.5b" },
  samples: { type: "string", default: "3" },
  out: { type: "string" },
  only: { type: "string" },
  limit: { type: "string" },
  "time-limit": { type: "string" },
  verify: { type: "boolean", default: false },
  "score-only": { type: "boolean", default: false },
  verbose: { type: "boolean", default: false },
} as const;

await runCommand(usage, { options }, async ({ values: options }) => {
  if (!options.set || (!options.out && !options.verify))
    throw new UsageError("--set DIR and --out FILE are needed; --help tells more.");
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
  const cases = (await readBugCases(options.set)).slice(0, optionalNumber("--limit", options.limit, 1));
  const sandbox = await Sandbox.open();
  if (options.verify) return verify(cases, sandbox, interrupted.signal);
  const samples = optionalNumber("--samples", options.samples, 1) ?? 3;
  const results = await ResultFile.open(options.out ?? "", { model: options.model, samples });
  const parts = partsOf(options.only);
  if (!options["score-only"]) {
    const log = options.verbose ? verboseLog : silentLog;
    const seconds = optionalNumber("--time-limit", options["time-limit"], 1);
    const model = await openModel(options.model, log, repoRoot);
    const syntax = new TreeSitterSyntax(grammarsInPackages(import.meta.url), log);
    try {
      const measuring = { model: model.client, syntax, sandbox, log, samples };
      await measure(cases, parts, measuring, results, interrupted.signal, seconds);
    } finally {
      syntax.dispose();
      await model.stop();
    }
  }
  const wanted = new Set(cases.map(({ id }) => id));
  const open =
    parts.length * cases.length -
    results.rows.filter(({ id, kind }) => wanted.has(id) && parts.includes(kind)).length;
  console.log(
    bugReport(
      results.rows.filter(({ id }) => wanted.has(id)),
      samples,
    ),
  );
  console.log(`\n${options.model}, ${samples} candidates per fix; ${sandbox.limits}.`);
  if (open > 0) console.log(`${open} results are still to come: run the same command again.`);
  return 0;
});

async function measure(
  cases: readonly BugCase[],
  parts: readonly ResultRow["kind"][],
  measuring: Measuring,
  results: ResultFile,
  signal: AbortSignal,
  seconds: number | undefined,
): Promise<void> {
  const todo = cases.flatMap((bug) =>
    parts.filter((kind) => !results.has(kind, bug.id)).map((kind) => ({ bug, kind })),
  );
  const progress = new Progress(todo.length);
  const end = performance.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1000;
  for (const { bug, kind } of todo) {
    if (signal.aborted || performance.now() > end) break;
    const run = kind === "find" ? measureFind : measureFix;
    const row = await run(bug, measuring, signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (!row) break;
    await results.add(row);
    progress.step(`${kind} ${bug.id}`);
  }
}

/** A case whose tests do not tell the bug from its absence measures nothing. */
async function verify(cases: readonly BugCase[], sandbox: Sandbox, signal: AbortSignal): Promise<number> {
  let wrong = 0;
  for (const bug of cases) {
    const buggy = await sandbox.run(bug, bug.files.get(bug.source) ?? "", bug.test, signal);
    const problems = buggy.passed ? ["the tests pass on the buggy source"] : [];
    for (const command of [bug.test, ...(bug.check ? [bug.check] : [])]) {
      if (bug.fixed === undefined) break;
      const fixed = await sandbox.run(bug, bug.fixed, command, signal);
      if (!fixed.passed) problems.push(`${command.join(" ")} fails on the fixed source:\n${fixed.output}`);
    }
    const lines = bug.bugLines
      .map(([first, last]) => (first === last ? first : `${first}-${last}`))
      .join(", ");
    console.log(
      `${problems.length === 0 ? "ok   " : "WRONG"} ${bug.id} (lines ${lines}) ${problems.join("; ")}`,
    );
    wrong += problems.length > 0 ? 1 : 0;
  }
  console.log(`${cases.length - wrong} of ${cases.length} cases are sound; ${sandbox.limits}.`);
  return wrong > 0 ? 1 : 0;
}

function partsOf(only: string | undefined): readonly ResultRow["kind"][] {
  if (only === undefined) return ["find", "fix"];
  if (only === "find" || only === "fix") return [only];
  throw new UsageError(`--only takes find or fix, not "${only}".`);
}
