import { readFile, writeFile } from "node:fs/promises";
import { constants, cpus, homedir, setPriority } from "node:os";
import { join, resolve } from "node:path";
import { runCommand, wholeNumber } from "../scripts/support/command.ts";
import { UsageError } from "../scripts/support/step.ts";
import { silentLog } from "../src/base/log.ts";
import { readCpuTimes } from "../src/engine/cpuTimes.ts";
import { fimPrompt } from "../src/engine/fim.ts";
import { loadLlama } from "../src/engine/loadLlama.ts";
import type { GenerateOptions, ModelRuntime, TokenId } from "../src/engine/modelRuntime.ts";
import { catalogue, defaultModelId } from "../src/model/catalogue.ts";
import { fittedFolder } from "../src/model/fittedFiles.ts";
import { modelDirectory } from "../src/model/modelDirectory.ts";
import { BusyPrograms } from "./busyPrograms.ts";

const usage = `npm run bench:engine -- [options]
  --model ID|PATH   default ${defaultModelId}
  --threads N       default 0: the engine's own choice
  --busy N          programs that each take a core meanwhile (default 0)
  --sizes N,N       prompt sizes in tokens (default 64,128,256,512,1024; with --quick 128,512)
  --fitted          with the copy of the model that is fitted to this processor, as the extension uses it; it is made
                    where there is none, which then counts as loading (default: the file as it is)
  --quick           3 runs of each size, not 5
  --out FILE        writes the figures as JSON too`;

const greedy = { temperature: 0, topP: 1, topK: 40, minP: 0, seed: undefined };
const answerTokens = 24;

interface Figures {
  readonly cpu: string;
  readonly model: string;
  /** Whether the model's copy that is fitted to the processor was wanted. */
  readonly fitted: boolean;
  readonly threads: number | "chosen";
  readonly busyPrograms: number;
  /** Cores that other programs took while this ran, the busy programs among them. */
  readonly othersCores: number;
  readonly loadMs: number;
  /** Time to first token of a prompt of 64 tokens right after loading. */
  readonly firstRequestMs: number;
  /** Resident: the mapped file, what llama.cpp keeps beside it, and this script. */
  readonly memoryMb: number;
  /** Medians of time to first token, by size of the prompt in tokens. */
  readonly firstTokenMs: readonly {
    readonly promptTokens: number;
    readonly cold: number;
    readonly typedOn: number;
    readonly unchanged: number;
  }[];
  readonly prefillPerSecond: number;
  readonly decodePerSecond: number;
  /** Of the same answers when they are asked for once more, the first token left out. */
  readonly decodeAgainPerSecond: number;
  readonly abortMs: number;
}

const options = {
  model: { type: "string", default: defaultModelId },
  threads: { type: "string", default: "0" },
  busy: { type: "string", default: "0" },
  sizes: { type: "string" },
  fitted: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  out: { type: "string" },
} as const;

interface Wanted {
  readonly model: string;
  readonly threads: number;
  readonly busy: number;
  readonly sizes: readonly number[];
  readonly fitted: boolean;
  readonly runs: number;
}

async function measure({ model, threads, busy, sizes, fitted, runs }: Wanted): Promise<Figures> {
  const entry = catalogue.find(({ id }) => id === model);
  const folder = modelDirectory({ env: process.env, platform: process.platform, home: homedir() });
  const modelPath = entry ? join(folder, entry.fileName) : resolve(model);
  const text = await readFile(join(import.meta.dirname, "../src/engine/loadLlama.ts"), "utf8");
  const cpuBefore = readCpuTimes();
  const started = performance.now();
  const runtime = await loadLlama(
    {
      modelId: model,
      modelPath,
      threads,
      contextSize: 4096,
      idleUnloadMs: 0,
      gpu: "off",
      ...(fitted && { fittedFolder: fittedFolder(folder) }),
    },
    silentLog,
  );
  const loadMs = performance.now() - started;
  try {
    const source = runtime.vocabulary.tokenize(text);
    const suffix = runtime.vocabulary.detokenize(source.slice(-16), []);
    const prompt = (from: number, count: number): TokenId[] =>
      fimPrompt(
        runtime.vocabulary,
        {
          context: [],
          filename: undefined,
          prefix: runtime.vocabulary.detokenize(source.slice(from, from + count - 19), []),
          suffix,
        },
        runtime.contextSize,
      );
    // The first request after loading reads the model into memory.
    const { firstMs: firstRequestMs } = await answer(runtime, prompt(0, 64), 1);
    const [decode, decodeAgain]: [number[], number[]] = [[], []];
    const firstTokenMs = [];
    for (const promptTokens of sizes) {
      const [cold, typedOn, unchanged]: number[][] = [[], [], []];
      for (let run = 0; run < runs; run++) {
        const first = await answer(runtime, prompt(run * 7, promptTokens), answerTokens);
        cold?.push(first.firstMs);
        decode.push(first.perSecond);
        const again = await answer(runtime, prompt(run * 7, promptTokens), answerTokens);
        unchanged?.push(again.firstMs);
        decodeAgain.push(again.perSecond);
        typedOn?.push((await answer(runtime, prompt(run * 7, promptTokens + 3), 1)).firstMs);
      }
      firstTokenMs.push({
        promptTokens,
        cold: median(cold),
        typedOn: median(typedOn),
        unchanged: median(unchanged),
      });
    }
    const largest = firstTokenMs.at(-1);
    const aborts: number[] = [];
    for (let run = 0; run < runs; run++) aborts.push(await abortMs(runtime, prompt(300 + run * 7, 700)));
    const cpuAfter = readCpuTimes();
    const busyMs = cpuAfter.busyMs - cpuBefore.busyMs - (cpuAfter.ownMs - cpuBefore.ownMs);
    return {
      cpu: `${cpus().length} x ${cpus()[0]?.model}`,
      model,
      fitted,
      threads: threads || "chosen",
      busyPrograms: busy,
      othersCores: busyMs / (cpuAfter.atMs - cpuBefore.atMs),
      loadMs,
      firstRequestMs,
      memoryMb: process.memoryUsage().rss / 1e6,
      firstTokenMs,
      prefillPerSecond: largest ? (largest.promptTokens / largest.cold) * 1000 : Number.NaN,
      decodePerSecond: median(decode),
      decodeAgainPerSecond: median(decodeAgain),
      abortMs: median(aborts),
    };
  } finally {
    await runtime.dispose();
  }
}

function task(tokens: readonly TokenId[], maxTokens: number): GenerateOptions {
  const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    lane: "completion",
    tokens,
    maxTokens,
    sampling: greedy,
    form: undefined,
    alternatives: 0,
    breathe,
  };
}

async function answer(
  runtime: ModelRuntime,
  tokens: readonly TokenId[],
  maxTokens: number,
): Promise<{ firstMs: number; perSecond: number }> {
  const started = performance.now();
  let first = Number.NaN;
  let count = 0;
  for await (const event of runtime.generate(task(tokens, maxTokens)))
    if (event.type === "token" && count++ === 0) first = performance.now();
  return { firstMs: first - started, perSecond: ((count - 1) / (performance.now() - first)) * 1000 };
}

/** From an abort in the middle of a batch of a prefill until the runtime is free. */
async function abortMs(runtime: ModelRuntime, tokens: readonly TokenId[]): Promise<number> {
  let aborted: number | undefined;
  let batches = 0;
  const generation = runtime.generate({
    ...task(tokens, 0),
    breathe: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      if (aborted !== undefined) throw new Error("aborted");
      if (batches++ === 1) setTimeout(() => (aborted = performance.now()), 10);
    },
  });
  try {
    for await (const _ of generation);
  } catch (error) {
    if (aborted === undefined) throw error;
  }
  return performance.now() - (aborted ?? Number.NaN);
}

function median(numbers: readonly number[] | undefined): number {
  const sorted = [...(numbers ?? [])].filter((number) => !Number.isNaN(number)).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function print(figures: Figures): void {
  const { firstTokenMs, ...single } = figures;
  for (const [name, value] of Object.entries(single))
    console.log(`${name.padEnd(21)} ${typeof value === "number" ? value.toFixed(1) : value}`);
  console.log("prompt tokens      first token cold, after typing on, unchanged (ms)");
  for (const { promptTokens, ...times } of firstTokenMs)
    console.log(
      String(promptTokens).padStart(13) +
        Object.values(times)
          .map((ms) => ms.toFixed(0).padStart(10))
          .join(""),
    );
}

/** Measures the engine's own runtime with FIM prompts of this repository's code. */
await runCommand(usage, { options }, async ({ values }) => {
  const threads = wholeNumber("--threads", values.threads);
  const busy = wholeNumber("--busy", values.busy);
  const sizes = (values.sizes ?? (values.quick ? "128,512" : "64,128,256,512,1024"))
    .split(",")
    .map((size) => wholeNumber("--sizes", size, 32));
  if (Math.max(...sizes) > 2048) throw new UsageError("--sizes takes numbers up to 2048.");
  // As the extension runs it.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const programs = new BusyPrograms(busy);
  try {
    const figures = await measure({
      model: values.model,
      threads,
      busy,
      sizes,
      fitted: values.fitted,
      runs: values.quick ? 3 : 5,
    });
    print(figures);
    if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
  } finally {
    programs.stop();
  }
  return undefined;
});
