import { writeFile } from "node:fs/promises";
import type { EvalCase } from "./cases.ts";
import { coveragePng, coverageSvg } from "./coverageChart.ts";
import { compare, comparisonTable } from "./paired.ts";
import type { Prediction } from "./predictions.ts";
import { coverageCsv, riskCoverage } from "./riskCoverage.ts";
import { type Row, score } from "./score.ts";
import { summarize, summaryTable } from "./summary.ts";

/** Writes the curve and the marks beside the predictions and gives the text for the terminal. */
export async function report(
  out: string,
  cases: readonly EvalCase[],
  predictions: readonly Prediction[],
  against?: { readonly file: string; readonly predictions: readonly Prediction[] },
): Promise<string> {
  const done = new Set(predictions.map((each) => each.id));
  const predicted = cases.filter((each) => done.has(each.id));
  const rows = score(predicted, predictions);
  const stem = out.replace(/\.jsonl$/, "");
  const curve = riskCoverage(rows, predictions);
  const title = `${stem.split(/[\\/]/).at(-1)} (n = ${rows.length})`;
  await writeFile(`${stem}.curve.csv`, coverageCsv(curve));
  await writeFile(`${stem}.curve.png`, coveragePng(curve, title));
  await writeFile(`${stem}.curve.svg`, coverageSvg(curve, title));
  await writeFile(`${stem}.score.json`, `${JSON.stringify({ all: summarize(rows), rows }, null, 1)}\n`);
  const parts = [
    summaryTable(rows),
    silenceTable(predictions),
    syntaxLine(predictions),
    namesLine(predictions),
    costLine(predictions),
  ];
  if (predicted.length < cases.length) {
    parts.push(
      `${cases.length - predicted.length} of ${cases.length} cases are still open; run again to go on.`,
    );
  }
  if (against) parts.push(`Against ${against.file}:\n${paired(predicted, rows, against.predictions)}`);
  return parts.filter((part) => part !== "").join("\n\n");
}

function paired(cases: readonly EvalCase[], rows: readonly Row[], earlier: readonly Prediction[]): string {
  const known = new Set(earlier.map((each) => each.id));
  const both = cases.filter((each) => known.has(each.id));
  if (both.length === 0) return "no case in common";
  return `${both.length} cases in common\n${comparisonTable(compare(score(both, earlier), rows))}`;
}

function silenceTable(predictions: readonly Prediction[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of predictions) if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  if (counts.size === 0) return "";
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return `Silent: ${sorted.map(([reason, count]) => `${reason} ${count}`).join(", ")}`;
}

function syntaxLine(predictions: readonly Prediction[]): string {
  const parsed = predictions.filter((each) => each.adds_parse_error !== undefined);
  if (parsed.length === 0) return "";
  const errors = parsed.filter((each) => each.adds_parse_error).length;
  const open = parsed.filter((each) => each.leaves_open).length;
  const doubled = parsed.filter((each) => each.doubles_bracket).length;
  return `Of ${parsed.length} shown texts ${errors} add a parse error (${open} of them only leave something open), ${doubled} double a bracket.`;
}

function namesLine(predictions: readonly Prediction[]): string {
  const judged = predictions.filter((each) => each.unknown_name !== undefined);
  if (judged.length === 0) return "";
  const unknown = judged.filter((each) => each.unknown_name).length;
  return `Of ${judged.length} shown members of known receivers ${unknown} do not exist.`;
}

function costLine(predictions: readonly Prediction[]): string {
  const mean = (values: readonly number[]): string =>
    values.length === 0 ? "-" : (values.reduce((a, b) => a + b, 0) / values.length).toFixed(0);
  const prompt = mean(predictions.flatMap((each) => each.tokens?.prompt ?? []));
  const generated = mean(predictions.flatMap((each) => each.tokens?.generated ?? []));
  const stages = new Map<string, number[]>();
  for (const each of predictions) {
    for (const [name, ms] of Object.entries(each.stages ?? {}))
      stages.set(name, [...(stages.get(name) ?? []), ms]);
  }
  const times = [...stages].map(([name, values]) => `${name} ${mean(values)}`).join(", ");
  return `Mean tokens: prompt ${prompt}, generated ${generated}.${times ? ` Mean ms: ${times}.` : ""}`;
}
