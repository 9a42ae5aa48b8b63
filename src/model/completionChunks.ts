import { isRecord } from "./completionEvents.ts";

type Chunk = Record<string, unknown>;

/** A chunk of llama-server's `/infill` or `/completion` in the OpenAI shape (llama.cpp, tools/server/README.md). */
export function infillChunk(chunk: Chunk): Chunk {
  const { content, stop, stop_type, completion_probabilities, tokens_evaluated, timings } = chunk;
  const choice = {
    index: 0,
    text: content,
    finish_reason: stop === true ? (stop_type === "limit" ? "length" : "stop") : null,
    logprobs: Array.isArray(completion_probabilities) ? { content: completion_probabilities } : null,
  };
  if (stop !== true) return { choices: [choice] };
  return {
    choices: [choice],
    ...(typeof tokens_evaluated === "number" && { usage: { prompt_tokens: tokens_evaluated } }),
    timings: withReuse(timings, tokens_evaluated),
  };
}

/** Older servers do not say how much they reused, but how long the prompt was and how much of it they evaluated. */
function withReuse(timings: unknown, promptTokens: unknown): Chunk {
  if (!isRecord(timings)) return {};
  const { prompt_n, cache_n } = timings;
  if (typeof cache_n === "number" || typeof prompt_n !== "number" || typeof promptTokens !== "number")
    return timings;
  return { ...timings, cache_n: Math.max(0, promptTokens - prompt_n) };
}

/** A line of Ollama's `/api/generate` in the OpenAI shape (Ollama, docs/api.md; durations in nanoseconds). */
export function ollamaChunk(chunk: Chunk): Chunk {
  const { response, done, done_reason, prompt_eval_count, eval_count } = chunk;
  const choice = {
    index: 0,
    text: response,
    finish_reason: done === true ? (done_reason === "length" ? "length" : "stop") : null,
  };
  if (done !== true) return { choices: [choice] };
  return {
    choices: [choice],
    usage: { prompt_tokens: prompt_eval_count, completion_tokens: eval_count },
    timings: {
      prompt_ms: milliseconds(chunk["prompt_eval_duration"]),
      predicted_ms: milliseconds(chunk["eval_duration"]),
    },
  };
}

function milliseconds(nanoseconds: unknown): number | undefined {
  return typeof nanoseconds === "number" ? nanoseconds / 1e6 : undefined;
}
