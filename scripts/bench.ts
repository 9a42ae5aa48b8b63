import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type ChatFigures, chatFigures } from "../bench/chat/chat.ts";
import { footprint } from "../bench/footprint.ts";
import { describeMachine } from "../bench/machine.ts";
import type { PipelineFigures } from "../bench/pipelineFigures.ts";
import { replay } from "../bench/replay/replay.ts";
import { readScenarios } from "../bench/replay/scenario.ts";
import { writeReport } from "../bench/report/report.ts";
import { type BenchResult, type EngineFigures, keepResult } from "../bench/report/results.ts";
import { tableOf } from "../bench/report/table.ts";
import { defaultModelId } from "../src/model/catalogue.ts";
import { runCommand, wholeNumber } from "./support/command.ts";
import { run } from "./support/processes.ts";
import { repoRoot } from "./support/repo.ts";
import { step, UsageError } from "./support/step.ts";
import { e2eEnvironment } from "./testing/e2eSuite.ts";

const parts = ["engine", "pipeline", "chat", "replay", "footprint"] as const;
type Part = (typeof parts)[number];

const usage = `npm run bench -- [options]
  --quick             fewer runs and scenarios, under 3 minutes on a quiet machine
  --json FILE         writes the figures of this run
  --parts A,B         of ${parts.join(", ")} (default: all)
  --model ID          default ${defaultModelId}; must be downloaded (npm run model -- --id ID)
  --scenarios FOLDER  default bench/replay/scenarios
  --only ID,ID        scenarios by id
  --busy N            programs that each take a core while the replays are played; such a run is not kept (default 0)
  --alone             leaves out the same keys in the editor without Wisp and with a provider that suggests nothing
  --no-loading-sign   hides where VS Code tells that suggestions are loading; such a run is not kept
  --played FILE       writes everything that was seen in the replays
  --results FOLDER    where results and the report are kept (default bench/results); "none" keeps nothing
Times mean something on a quiet machine only; the counts of tokens and requests hold on any.`;

const options = {
  quick: { type: "boolean", default: false },
  json: { type: "string" },
  parts: { type: "string", default: parts.join(",") },
  model: { type: "string", default: defaultModelId },
  scenarios: { type: "string", default: join(repoRoot, "bench/replay/scenarios") },
  only: { type: "string" },
  busy: { type: "string", default: "0" },
  alone: { type: "boolean", default: false },
  "no-loading-sign": { type: "boolean", default: false },
  played: { type: "string" },
  results: { type: "string", default: join(repoRoot, "bench/results") },
} as const;

await runCommand(usage, { options }, async ({ values }) => {
  const wanted = values.parts.split(",");
  if (!wanted.every((part) => parts.includes(part as Part)))
    throw new UsageError(`--parts takes some of ${parts.join(",")}, not "${values.parts}".`);
  const { quick, model } = values;
  const wants = (part: Part): boolean => wanted.includes(part);

  const result: BenchResult = {
    at: new Date().toISOString(),
    machine: await describeMachine(),
    model,
    quick,
    ...(wants("pipeline") && { pipeline: await pipelineFigures(quick) }),
    ...(wants("chat") && { chat: await chatPageFigures(quick) }),
    ...(wants("engine") && { engine: await engineFigures(model, quick) }),
    ...(wants("footprint") && (await footprint())),
    ...(wants("replay") && (await replayFigures(values))),
  };
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(result, null, 1)}\n`);
  for (const [name, value] of tableOf(result)) console.log(`${name.padEnd(64)} ${value}`);
  if (values.results !== "none" && values.busy === "0" && !values["no-loading-sign"]) {
    const folder = resolve(values.results);
    step(`Kept as ${await keepResult(folder, result)}; report in ${await writeReport(folder)}`);
  }
  return 0;
});

async function chatPageFigures(quick: boolean): Promise<ChatFigures> {
  step("Measuring the chat's page");
  return chatFigures(quick);
}

/** As a user has it; in a process of its own, so that its memory is its own. */
async function engineFigures(model: string, quick: boolean): Promise<EngineFigures> {
  step("Measuring the engine");
  return fromChild<EngineFigures>([], join(repoRoot, "bench/engine.ts"), [
    "--model",
    model,
    "--fitted",
    ...(quick ? ["--quick"] : []),
  ]);
}

async function pipelineFigures(quick: boolean): Promise<PipelineFigures[]> {
  step("Measuring the pipeline");
  return fromChild<PipelineFigures[]>(
    ["--expose-gc", "--max-semi-space-size=512"],
    join(repoRoot, "bench/pipeline.ts"),
    ["--keys", quick ? "60" : "200"],
  );
}

async function fromChild<T>(flags: readonly string[], script: string, args: readonly string[]): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "wisp-bench-"));
  const out = join(folder, "out.json");
  try {
    await run(process.execPath, [...flags, script, ...args, "--out", out], { stderr: "inherit" });
    return JSON.parse(await readFile(out, "utf8")) as T;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface ReplayValues {
  readonly quick: boolean;
  readonly scenarios: string;
  readonly only?: string | undefined;
  readonly busy: string;
  readonly alone: boolean;
  readonly "no-loading-sign": boolean;
  readonly model: string;
  readonly played?: string | undefined;
}

async function replayFigures(values: ReplayValues) {
  const { quick, scenarios, only, busy, alone, model, played: file } = values;
  const busyPrograms = wholeNumber("--busy", busy);
  Object.assign(process.env, await e2eEnvironment());
  const ids = only?.split(",");
  const chosen = (await readScenarios(resolve(scenarios))).filter((scenario) =>
    ids ? ids.includes(scenario.id) : !quick || scenario.quick,
  );
  if (chosen.length === 0) throw new UsageError(`There is no such scenario in ${scenarios}.`);
  const { figures, activationMs, played } = await replay({
    scenarios: chosen,
    compare: !alone,
    control: !alone && !quick,
    busyPrograms,
    hidesSign: values["no-loading-sign"],
    settings: { "wisp.model.id": model },
    tell: step,
  });
  if (file !== undefined) await writeFile(file, JSON.stringify(played, null, 1));
  return { ...figures, activation: { ms: activationMs } };
}
