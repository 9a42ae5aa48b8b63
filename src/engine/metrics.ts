import type { RequestQueue } from "./requestQueue.ts";

/** Tokens that the model has worked on since the start. */
export class TokenCounts {
  evaluated = 0;
  /** Of prompts, found in the KV cache. */
  cached = 0;
  generated = 0;
}

/** What the engine counts, in Prometheus' text format 0.0.4. */
export function metricsText(queue: RequestQueue, tokens: TokenCounts): string {
  const { submitted, finished, failed, withdrawnWaiting, withdrawnRunning } = queue.counts;
  const ended = (outcome: string, count: number): string =>
    `wisp_requests_ended_total{outcome="${outcome}"} ${count}`;
  return [
    "# HELP wisp_requests_total Requests that came.",
    "# TYPE wisp_requests_total counter",
    `wisp_requests_total ${submitted}`,
    "# HELP wisp_requests_ended_total Requests by how they ended; nothing was computed for those withdrawn waiting.",
    "# TYPE wisp_requests_ended_total counter",
    ended("finished", finished),
    ended("failed", failed),
    ended("withdrawn_waiting", withdrawnWaiting),
    ended("withdrawn_running", withdrawnRunning),
    "# HELP wisp_requests_pending Requests that wait or run.",
    "# TYPE wisp_requests_pending gauge",
    `wisp_requests_pending ${queue.length}`,
    "# HELP wisp_prompt_tokens_total Prompt tokens evaluated, for withdrawn requests too.",
    "# TYPE wisp_prompt_tokens_total counter",
    `wisp_prompt_tokens_total ${tokens.evaluated}`,
    "# HELP wisp_prompt_tokens_cached_total Prompt tokens found in the KV cache.",
    "# TYPE wisp_prompt_tokens_cached_total counter",
    `wisp_prompt_tokens_cached_total ${tokens.cached}`,
    "# HELP wisp_tokens_generated_total Tokens generated.",
    "# TYPE wisp_tokens_generated_total counter",
    `wisp_tokens_generated_total ${tokens.generated}`,
    "",
  ].join("\n");
}
