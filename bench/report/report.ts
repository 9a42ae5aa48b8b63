import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { barChart } from "./barChart.ts";
import { type BenchResult, readResults } from "./results.ts";
import { tableOf } from "./table.ts";

const newestInHistory = 12;

/** Writes `REPORT.md` and its plots beside the kept results. */
export async function writeReport(folder: string): Promise<string> {
  const results = await readResults(folder);
  const newest = results.at(-1);
  const path = join(folder, "REPORT.md");
  if (!newest) throw new Error(`There are no results in ${folder}.`);
  const plots = plotsOf(newest, results.slice(-newestInHistory));
  await mkdir(join(folder, "plots"), { recursive: true });
  for (const { name, svg } of plots) await writeFile(join(folder, "plots", `${name}.svg`), svg);
  const { machine } = newest;
  const lines = [
    "# Bench",
    "",
    `Written by \`npm run bench${newest.quick ? " -- --quick" : ""}\` at ${newest.at}; every run is a JSON file in this folder.`,
    `${machine.cores} x ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}; Wisp ${machine.version} (${machine.commit}),`,
    `${newest.model}. Before the run other programs took ${machine.othersCores.toFixed(2)} cores: times hold on a quiet machine only, counts on any.`,
    "",
    "| | |",
    "| --- | --: |",
    ...tableOf(newest).map(([name, value]) => `| ${name} | ${value} |`),
    "",
    ...plots.map(({ name, title }) => `![${title}](plots/${name}.svg)`),
    "",
    ...scenarioLines(newest),
  ];
  await writeFile(path, `${lines.join("\n").trimEnd()}\n`);
  return path;
}

interface Plot {
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

function plotsOf({ replay, engine, pipeline }: BenchResult, history: readonly BenchResult[]): Plot[] {
  const plots: Plot[] = [];
  const add = (name: string, title: string, ...[unit, series, bars]: Tail<Parameters<typeof barChart>>) =>
    plots.push({ name, title, svg: barChart(title, unit, series, bars) });
  if (replay) {
    const bars = Object.entries(replay.bySource).map(([source, { count, p50Ms, p90Ms }]) => ({
      label: `${source} (${count})`,
      values: [p50Ms, p90Ms],
    }));
    add("latency", "Last key to visible ghost text, by source", "ms", ["p50", "p90"], bars);
  }
  if (engine) {
    const bars = engine.firstTokenMs.map(({ promptTokens, cold, typedOn }) => ({
      label: `${promptTokens} tokens`,
      values: [cold, typedOn],
    }));
    add("first-token", "Engine: time to first token", "ms", ["cold", "after typing on"], bars);
  }
  if (pipeline) {
    const stages = Object.keys(pipeline[0]?.stageUs ?? {});
    const bars = stages.map((stage) => ({
      label: stage,
      values: pipeline.map(({ stageUs }) => stageUs[stage] ?? null),
    }));
    add(
      "stages",
      "Pipeline without a model, by stage",
      "µs",
      pipeline.map(({ lines }) => `${lines} lines`),
      bars,
    );
  }
  const shares = history.filter(({ reuse, waste }) => reuse && waste);
  if (shares.length > 0) {
    const bars = shares.map(({ at, reuse, waste }) => ({
      label: at.slice(0, 16),
      values: [hundredfold(reuse?.promptTokensReusedShare), hundredfold(waste?.decodedNotUsedShare)],
    }));
    add("history", "Runs: prompt tokens reused, decoded tokens not used", "%", ["reused", "not used"], bars);
  }
  return plots;
}

type Tail<List extends readonly unknown[]> = List extends readonly [unknown, ...infer Rest] ? Rest : never;

function scenarioLines({ replay }: BenchResult): string[] {
  if (!replay) return [];
  const cell = (number: number | null | undefined): string =>
    number === null || number === undefined ? "–" : number.toFixed(0);
  return [
    "## Replays",
    "",
    "Tokens are evaluated / reused / decoded / used; a pause tells its time, its source and the overhead in it.",
    "",
    "| scenario | keys | decodes | flickers | tokens | pauses |",
    "| --- | --: | --: | --: | --: | --- |",
    ...replay.scenarios.map(
      ({ id, keys, decodes, flickers, evaluated, reused, decoded, used, pauses }) =>
        `| ${id} | ${keys} | ${decodes} | ${flickers} | ${evaluated} / ${reused} / ${decoded} / ${used} | ${pauses
          .map(({ label, visibleMs, source, overheadMs }) =>
            visibleMs === undefined
              ? `${label}: none`
              : `${label}: ${cell(visibleMs)} ${source} (${cell(overheadMs)})`,
          )
          .join("; ")} |`,
    ),
  ];
}

function hundredfold(share: number | null | undefined): number | null {
  return share === null || share === undefined ? null : 100 * share;
}
