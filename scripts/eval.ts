import { BaselinePredictor } from "../bench/eval/baseline.ts";
import { readSets, sample, setFolders } from "../bench/eval/cases.ts";
import { openModel } from "../bench/eval/evalModel.ts";
import { PipelinePredictor } from "../bench/eval/pipeline.ts";
import { readPredictions } from "../bench/eval/predictions.ts";
import { Progress } from "../bench/eval/progress.ts";
import { RecordedModel } from "../bench/eval/recordedModel.ts";
import { report } from "../bench/eval/report.ts";
import { run } from "../bench/eval/run.ts";
import { sourceNames, sourcesOf } from "../bench/eval/workspaceSources.ts";
import { type Log, silentLog } from "../src/base/log.ts";
import { grammarsInPackages } from "../src/syntax/grammarFiles.ts";
import { TreeSitterSyntax } from "../src/syntax/treeSitterSyntax.ts";
import { optionalNumber, runCommand } from "./support/command.ts";
import { repoRoot } from "./support/repo.ts";
import { UsageError } from "./support/step.ts";

const usage = `usage: npm run eval -- --cases DIR [--split NAME] --out FILE [options]

Runs the extension's completion pipeline without an editor over cases with a known answer and scores it.

  --cases DIR         a set (cases.jsonl.gz, workspaces.jsonl.gz) or a folder of sets; may be given several times
  --split NAME        the set inside DIR; may be given several times
  --model MODEL       an id of the catalogue, a GGUF file, or the address of a server (default qwen2.5-coder-0.5b)
  --out FILE          predictions, one per line; a file that was begun is gone on with
  --against FILE      compares case by case with earlier predictions
  --baseline          a plain prompt (1,024 tokens before, 256 after the cursor), nothing of the pipeline
  --no-gate           shows what the pipeline is not sure of as well
  --rested            asks as somebody who does not type on: what is not sure enough at once gets a lower bar
  --sources LIST      sources of context, separated by commas: none, or ${sourceNames.join(", ")}
  --answers FILE      keeps the model's answers there and replays them to the same requests
  --limit N           the first N cases, taken in turn from every repository and kind
  --seed S            shuffles which ones those are
  --time-limit SEC    stops after SEC seconds; run again to go on
  --score-only        scores what FILE holds without asking the model
  --verbose           the log of pipeline and engine on the error output
`;

const tell = (message: string): void => void process.stderr.write(`${message}\n`);
const verboseLog: Log = { trace: tell, debug: tell, info: tell, warn: tell, error: tell };

const options = {
  cases: { type: "string", multiple: true },
  split: { type: "string", multiple: true },
  model: { type: "string", default: "qwen2.5-coder-0.5b" },
  out: { type: "string" },
  against: { type: "string" },
  baseline: { type: "boolean", default: false },
  sources: { type: "string" },
  answers: { type: "string" },
  "no-gate": { type: "boolean", default: false },
  rested: { type: "boolean", default: false },
  limit: { type: "string" },
  seed: { type: "string" },
  "time-limit": { type: "string" },
  "score-only": { type: "boolean", default: false },
  verbose: { type: "boolean", default: false },
} as const;

await runCommand(usage, { options }, async ({ values: options }) => {
  if (!options.cases?.length || options.out === undefined)
    throw new UsageError("--cases DIR and --out FILE are needed; --help tells more.");
  const { out } = options;
  const folders = await setFolders(options.cases, options.split ?? []);
  const set = await readSets(folders);
  const seed = optionalNumber("--seed", options.seed);
  const cases = sample(set.cases, optionalNumber("--limit", options.limit), seed);
  const against = options.against && {
    file: options.against,
    predictions: await readPredictions(options.against),
  };
  const predictions = options["score-only"] ? await readPredictions(out) : await predict();
  console.log(await report(out, cases, predictions, against || undefined));
  return 0;

  async function predict(): ReturnType<typeof run> {
    const log = options.verbose ? verboseLog : silentLog;
    const interrupted = new AbortController();
    process.once("SIGINT", () => interrupted.abort());
    process.once("SIGTERM", () => interrupted.abort());
    const sources = sourcesOf(options.sources);
    const model = await openModel(options.model, log, repoRoot);
    const recorded = options.answers && new RecordedModel(model.client, options.answers, model.name);
    const client = recorded || model.client;
    const syntax = new TreeSitterSyntax(grammarsInPackages(import.meta.url), log);
    const pipeline = {
      model: client,
      syntax,
      log,
      gate: !options["no-gate"],
      rested: options.rested,
      sources,
      ...(recorded && { replayed: () => recorded.replayed }),
    };
    const predictor = options.baseline ? new BaselinePredictor(client) : new PipelinePredictor(set, pipeline);
    const seconds = optionalNumber("--time-limit", options["time-limit"]);
    try {
      return await run(cases, predictor, {
        out,
        setup: {
          model: model.name,
          way: options.baseline ? "baseline" : "pipeline",
          gate: pipeline.gate,
          ...(options.rested && { rested: true }),
          sources: options.baseline ? [] : sources,
        },
        syntax,
        signal: interrupted.signal,
        progress: (total) => new Progress(total),
        ...(seconds !== undefined && { maxMs: seconds * 1000 }),
      });
    } finally {
      await predictor.dispose();
      syntax.dispose();
      await model.stop();
    }
  }
});
