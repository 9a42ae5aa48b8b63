import { readFile, writeFile } from "node:fs/promises";
import type { SyntaxService } from "../../src/syntax/syntaxService.ts";
import type { EvalCase } from "./cases.ts";
import { addPrediction, type Prediction, readPredictions } from "./predictions.ts";
import type { Predictor } from "./predictor.ts";
import type { Progress } from "./progress.ts";
import { syntaxMarks } from "./syntaxMarks.ts";

export interface RunOptions {
  readonly out: string;
  /** What the predictions depend on; a file that was begun with something else is refused. */
  readonly setup: Readonly<Record<string, unknown>>;
  readonly syntax: SyntaxService;
  readonly signal: AbortSignal;
  /** Ends after the case that runs when this is over. */
  readonly maxMs?: number;
  readonly progress: (total: number) => Pick<Progress, "step">;
}

/** Predicts the cases that the file does not hold yet, one at a time, and gives all of the file. */
export async function run(
  cases: readonly EvalCase[],
  predictor: Predictor,
  options: RunOptions,
): Promise<readonly Prediction[]> {
  const predictions = await readPredictions(options.out);
  await checkSetup(options, predictions.length > 0);
  const done = new Set(predictions.map((each) => each.id));
  const open = cases.filter((each) => !done.has(each.id));
  const progress = options.progress(open.length);
  const end = performance.now() + (options.maxMs ?? Number.POSITIVE_INFINITY);
  for (const each of open) {
    if (options.signal.aborted || performance.now() > end) break;
    const prediction = await predictor.predict(each, options.signal).catch((error: unknown) => {
      if (options.signal.aborted) return undefined;
      throw error;
    });
    if (!prediction) break;
    const marked = await withMarks(options.syntax, each, prediction);
    await addPrediction(options.out, marked);
    predictions.push(marked);
    progress.step(each.id);
  }
  const wanted = new Set(cases.map((each) => each.id));
  return predictions.filter((each) => wanted.has(each.id));
}

async function withMarks(syntax: SyntaxService, each: EvalCase, prediction: Prediction): Promise<Prediction> {
  if (!prediction.shown) return prediction;
  return { ...prediction, ...(await syntaxMarks(syntax, each, prediction.completion, prediction.replace)) };
}

async function checkSetup({ out, setup }: RunOptions, begun: boolean): Promise<void> {
  const file = out.replace(/\.jsonl$/, "").concat(".setup.json");
  const text = `${JSON.stringify(setup, null, 1)}\n`;
  if (begun) {
    const earlier = await readFile(file, "utf8");
    if (earlier !== text) {
      throw new Error(`${out} was begun with another setup (${file}); choose another --out or remove both.`);
    }
  } else await writeFile(file, text);
}
