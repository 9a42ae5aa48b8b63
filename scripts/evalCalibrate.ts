import { writeFile } from "node:fs/promises";
import { learn, probability } from "../bench/calibration/logisticRegression.ts";
import { type Row, rowsOf } from "../bench/calibration/rows.ts";
import { readSets, setFolders } from "../bench/eval/cases.ts";
import { readPredictions } from "../bench/eval/predictions.ts";
import { featureNames } from "../src/completion/features.ts";
import { runCommand } from "./support/command.ts";
import { UsageError } from "./support/step.ts";

const usage = `usage: npm run eval:calibrate -- --cases DIR [--cases DIR] --predictions FILE [--predictions FILE] --out FILE

Learns from completions with a known truth how likely a suggestion is to be taken (src/completion/acceptance.ts).

  --cases DIR         a set; make one from public repositories with npm run eval:cases
  --predictions FILE  what npm run eval -- --no-gate wrote for the cases
  --penalty N         strength of the L2 penalty (default 2)
  --out FILE          the weights, usually src/completion/acceptanceWeights.json
`;

const options = {
  cases: { type: "string", multiple: true },
  predictions: { type: "string", multiple: true },
  penalty: { type: "string", default: "2" },
  out: { type: "string" },
} as const;

await runCommand(usage, { options }, async ({ values }) => {
  if (!values.cases || !values.predictions || values.out === undefined)
    throw new UsageError("--cases DIR, --predictions FILE and --out FILE are needed; --help tells more.");
  const penalty = Number(values.penalty);
  if (values.penalty.trim() === "" || !(penalty >= 0))
    throw new UsageError(`--penalty takes a number from 0 on, not "${values.penalty}".`);
  const set = await readSets(await setFolders(values.cases, []));
  const rows: Row[] = [];
  for (const file of values.predictions) rows.push(...rowsOf(set.cases, await readPredictions(file)));
  if (rows.length === 0)
    throw new Error("The predictions hold no candidates; were they made with --no-gate?");
  const groups = [...new Set(rows.map((row) => row.group))];
  const blind = groups.flatMap((group) => {
    const fitted = learn(
      rows.filter((row) => row.group !== group),
      penalty,
    );
    return rows
      .filter((row) => row.group === group)
      .map((row) => ({ row, p: probability(fitted, row.features) }));
  });
  console.log(
    `${rows.length} candidates of ${groups.length} repositories, each judged by what the others taught:`,
  );
  for (let low = 0; low < 1; low += 0.1) {
    const bin = blind.filter(({ p }) => p >= low && p < low + 0.1);
    const weight = bin.reduce((sum, { row }) => sum + row.weight, 0);
    const taken = bin.reduce((sum, { row }) => sum + (row.isTaken ? row.weight : 0), 0);
    const share = weight === 0 ? "-" : ((100 * taken) / weight).toFixed(0);
    console.log(
      `  predicted ${low.toFixed(1)} to ${(low + 0.1).toFixed(1)}: ${bin.length} candidates, taken ${share} %`,
    );
  }
  const loss = blind.reduce((sum, { row, p }) => sum - row.weight * Math.log(row.isTaken ? p : 1 - p), 0);
  const total = blind.reduce((sum, { row }) => sum + row.weight, 0);
  console.log(`mean log loss ${(loss / total).toFixed(4)}`);
  const fitted = learn(rows, penalty);
  const rounded = (value: number): number => Number(value.toPrecision(4));
  const weights = Object.fromEntries(featureNames.map((name, i) => [name, rounded(fitted.weights[i] ?? 0)]));
  console.log(weights);
  await writeFile(values.out, `${JSON.stringify({ bias: rounded(fitted.bias), weights }, null, 2)}\n`);
  return 0;
});
