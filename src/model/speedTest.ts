import type { Clock } from "../base/clock.ts";
import type { ModelClient, Usage } from "./modelClient.ts";
import type { MeasuredSpeed } from "./recommendation.ts";

/** The whole measurement ends within this time, unless a single round takes longer. */
const longestMs = 5_000;
const mostRounds = 3;
const answerTokens = 24;
const lines = 12;
/** Smaller readings say more about overhead than about speed. */
const leastTokens = 8;

/**
 * How fast the model reads and writes on this machine: some made-up functions to complete, each new to its KV cache,
 * medians of up to three rounds in about five seconds.
 * @returns undefined where the user's own requests came between or the backend does not tell its times.
 * @throws {ModelError}
 */
export async function measureSpeed(
  model: Pick<ModelClient, "complete">,
  modelId: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<MeasuredSpeed | undefined> {
  const end = clock.now() + longestMs;
  const prefill: number[] = [];
  const decode: number[] = [];
  for (let round = 0; round < mostRounds && (round === 0 || clock.now() < end); round++) {
    const usage = await costOf(model, round, signal);
    if (!usage) return undefined;
    const { promptTokens = 0, cachedPromptTokens = 0, promptMs, completionTokens, decodeMs } = usage;
    push(prefill, promptTokens - cachedPromptTokens, promptMs);
    push(decode, completionTokens, decodeMs);
  }
  const decodeTokensPerSecond = median(decode);
  const prefillTokensPerSecond = median(prefill);
  if (decodeTokensPerSecond === undefined) return undefined;
  return {
    modelId,
    decodeTokensPerSecond,
    ...(prefillTokensPerSecond !== undefined && { prefillTokensPerSecond }),
  };
}

/** Undefined when the request was cancelled. */
async function costOf(
  model: Pick<ModelClient, "complete">,
  round: number,
  signal: AbortSignal,
): Promise<Usage | undefined> {
  const functions = Array.from(
    { length: lines },
    (_, index) => `function step${round}${index}(value) {\n  return value + ${round * lines + index};\n}\n`,
  );
  const request = {
    context: [],
    path: "steps.js",
    prefix: `// Round ${round}\n${functions.join("\n")}\nfunction all${round}(value) {\n  `,
    suffix: "\n}\n",
    maxTokens: answerTokens,
    temperature: 0,
    candidates: 1,
    stop: [],
  };
  for await (const event of model.complete(request, signal)) {
    if (event.type === "done") return event.finishReason === "cancelled" ? undefined : event.usage;
  }
  return undefined;
}

function push(speeds: number[], tokens: number | undefined, ms: number | undefined): void {
  if (tokens !== undefined && ms !== undefined && tokens >= leastTokens && ms > 0)
    speeds.push((1_000 * tokens) / ms);
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
