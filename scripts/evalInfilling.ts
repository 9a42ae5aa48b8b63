import { Sandbox } from "../bench/bugs/sandbox.ts";
import { BaselinePredictor } from "../bench/eval/baseline.ts";
import { openModel } from "../bench/eval/evalModel.ts";
import { PipelinePredictor } from "../bench/eval/pipeline.ts";
import type { Prediction } from "../bench/eval/predictions.ts";
import { Progress } from "../bench/eval/progress.ts";
import { run } from "../bench/eval/run.ts";
import { usualSources } from "../bench/eval/workspaceSources.ts";
import { addResult, infillingTable, readResults } from "../bench/infilling/results.ts";
import { type InfillingTask, readTasks } from "../bench/infilling/tasks.ts";
import { silentLog } from "../src/base/log.ts";
import { grammarsInPackages } from "../src/syntax/grammarFiles.ts";
import { TreeSitterSyntax } from "../src/syntax/treeSitterSyntax.ts";
import { optionalNumber, runCommand } from "./support/command.ts";
import { repoRoot } from "./support/repo.ts";
import { UsageError } from "./support/step.ts";

const usage = `usage: npm run eval:infilling -- --tasks FILE --out FILE [options]

Runs the completion pipeline over a file of the HumanEval-Infilling benchmark (JSON lines, from its public repository)
and the tests of each answer, in a sandbox with limits of time and memory. Needs Python 3.

  --tasks FILE        such as HumanEval-SingleLineInfilling.jsonl.gz
  --out FILE          predictions, one per line, and beside it FILE.results.jsonl; what was begun is gone on with
  --model MODEL       an id of the catalogue, a GGUF file, or the address of a server (default qwen2.5-coder-0.5b)
  --baseline          a plain prompt, nothing of the pipeline
  --limit N           the first N tasks
  --time-limit SEC    stops asking after SEC seconds; run again to go on
`;

const limits = { timeLimitMs: 10_000, memoryLimitMiB: 512 };

const options = {
  tasks: { type: "string" },
  out: { type: "string" },
  model: { type: "string", default: "qwen2.5-coder-0.5b" },
  baseline: { type: "boolean", default: false },
  limit: { type: "string" },
  "time-limit": { type: "string" },
} as const;

await runCommand(usage, { options }, async ({ values: options }) => {
  const { tasks: file, out } = options;
  if (file === undefined || out === undefined)
    throw new UsageError("--tasks FILE and --out FILE are needed; --help tells more.");
  const seconds = optionalNumber("--time-limit", options["time-limit"], 1);
  const limit = optionalNumber("--limit", options.limit, 1);
  const tasks = (await readTasks(file)).slice(0, limit);
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  process.once("SIGTERM", () => interrupted.abort());
  const predictions = await predict(tasks, out, { ...options, seconds }, interrupted.signal);
  const results = await test(tasks, predictions, `${out}.results.jsonl`, interrupted.signal);
  console.log(infillingTable(tasks, predictions, results));
  return 0;
});

async function predict(
  tasks: readonly InfillingTask[],
  out: string,
  options: { readonly model: string; readonly baseline: boolean; readonly seconds: number | undefined },
  signal: AbortSignal,
): Promise<readonly Prediction[]> {
  const set = { cases: tasks.map(({ hole }) => hole), workspaces: new Map() };
  const model = await openModel(options.model, silentLog, repoRoot);
  const syntax = new TreeSitterSyntax(grammarsInPackages(import.meta.url), silentLog);
  const pipeline = { model: model.client, syntax, log: silentLog, gate: false, sources: usualSources };
  const predictor = options.baseline
    ? new BaselinePredictor(model.client)
    : new PipelinePredictor(set, pipeline);
  const { seconds } = options;
  try {
    return await run(set.cases, predictor, {
      out,
      setup: { model: model.name, way: options.baseline ? "baseline" : "pipeline" },
      syntax,
      signal,
      progress: (total) => new Progress(total),
      ...(seconds !== undefined && { maxMs: seconds * 1_000 }),
    });
  } finally {
    await predictor.dispose();
    syntax.dispose();
    await model.stop();
  }
}

/** Runs the tests of the answers that have no result yet. */
async function test(
  tasks: readonly InfillingTask[],
  predictions: readonly Prediction[],
  file: string,
  signal: AbortSignal,
): ReturnType<typeof readResults> {
  const results = await readResults(file);
  const done = new Set(results.map(({ id }) => id));
  const answers = new Map(predictions.map((each) => [each.id, each]));
  const sandbox = await Sandbox.open();
  console.error(`The answers' tests run with: ${sandbox.limits}.`);
  for (const { hole, program } of tasks) {
    const answer = answers.get(hole.id);
    if (!answer || done.has(hole.id) || signal.aborted) continue;
    const source = "solution.py";
    const task = { ...limits, source, files: new Map([[source, ""]]) };
    const { passed } = await sandbox.run(task, program(answer.completion), ["python3", source], signal);
    const result = { id: hole.id, passed };
    await addResult(file, result);
    results.push(result);
  }
  return results;
}
