import { readFile } from "node:fs/promises";

/** What a server's own counters say; a count that it does not have is absent. */
export interface ServerCounts {
  /** Prompt tokens that were really evaluated. */
  readonly promptTokens?: number;
  /** Prompt tokens found in the cache. */
  readonly cachedTokens?: number;
  readonly generatedTokens?: number;
  /** Requests that wait or run. */
  readonly pending?: number;
  /** Withdrawn before anything was computed for them, and in the middle. */
  readonly withdrawnWaiting?: number;
  readonly withdrawnRunning?: number;
}

/** What vLLM counts as prompt tokens are those that it found in its cache too. */
type Name = keyof ServerCounts | "wholePrompts";

/** Metrics of Wisp's engine (`npm run engine -- serve`), llama-server (`--metrics`) and vLLM, added up per count. */
const metricNames: Readonly<Record<string, Name>> = {
  wisp_prompt_tokens_total: "promptTokens",
  wisp_prompt_tokens_cached_total: "cachedTokens",
  wisp_tokens_generated_total: "generatedTokens",
  wisp_requests_pending: "pending",
  'wisp_requests_ended_total{outcome="withdrawn_waiting"}': "withdrawnWaiting",
  'wisp_requests_ended_total{outcome="withdrawn_running"}': "withdrawnRunning",
  "llamacpp:prompt_tokens_total": "promptTokens",
  "llamacpp:prompt_tokens_cached_total": "cachedTokens",
  "llamacpp:tokens_predicted_total": "generatedTokens",
  "llamacpp:requests_processing": "pending",
  "llamacpp:requests_deferred": "pending",
  "vllm:prompt_tokens_total": "wholePrompts",
  "vllm:prefix_cache_hits_total": "cachedTokens",
  "vllm:generation_tokens_total": "generatedTokens",
  "vllm:num_requests_running": "pending",
  "vllm:num_requests_waiting": "pending",
};

/** Reads Prometheus' text format: `name{labels} value`. Labels count only where the table names them. */
export function serverCounts(text: string): ServerCounts {
  const counts: Partial<Record<Name, number>> = {};
  for (const line of text.split("\n")) {
    const [, metric = "", labels = "", value = ""] = /^([\w:]+)(\{.*\})?\s+([-+.\deE]+)/.exec(line) ?? [];
    const name = metricNames[metric + labels] ?? metricNames[metric];
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + Number(value);
  }
  const { wholePrompts, ...told } = counts;
  // Without the count of what was found nobody knows what was evaluated.
  if (wholePrompts === undefined || told.cachedTokens === undefined) return told;
  return { ...told, promptTokens: Math.max(0, wholePrompts - told.cachedTokens) };
}

const countsWithinMs = 5_000;

/** Undefined where the server tells no metrics, not in time, or not any more. */
export async function readServerCounts(
  root: string,
  key: string | undefined,
  withinMs = countsWithinMs,
): Promise<ServerCounts | undefined> {
  const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};
  let text: string;
  try {
    const response = await fetch(`${root}/metrics`, { headers, signal: AbortSignal.timeout(withinMs) });
    text = await response.text();
    if (!response.ok) return undefined;
  } catch {
    // The load test measures the server by its answers; what it counts comes on top.
    return undefined;
  }
  const counts = serverCounts(text);
  return Object.keys(counts).length > 0 ? counts : undefined;
}

/** Counters as they grew; what is pending stays as it is. */
export function countsBetween(before: ServerCounts, after: ServerCounts): ServerCounts {
  const grown = Object.entries(after).map(([name, value]) => [
    name,
    name === "pending" ? value : value - (before[name as keyof ServerCounts] ?? 0),
  ]);
  return Object.fromEntries(grown);
}

/** Megabytes (10^6 bytes) of a process's resident memory by Linux's procfs; undefined where there is none (any more). */
export async function residentMegabytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : (Number(kibibytes) * 1024) / 1e6;
}
