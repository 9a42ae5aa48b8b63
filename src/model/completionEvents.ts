import type { CompletionEvent, FinishReason, TokenProbability, Usage, WeighedToken } from "./modelClient.ts";
import { ModelError } from "./modelErrors.ts";
import { SpecialTokenGuard, type SpecialTokens } from "./specialTokenGuard.ts";

/**
 * Turns the chunks of a completion or chat stream into events. Text that may be the beginning of a special
 * token is held back until it is clear; from a special token on a candidate is over, and when all are, no more is read.
 * @throws {ModelError} `bad-response` for chunks of another shape and for a stream that stops in the middle.
 */
export async function* completionEvents(
  chunks: AsyncIterable<unknown>,
  candidates: number,
  special?: SpecialTokens,
): AsyncGenerator<CompletionEvent, void, undefined> {
  const guards = new Map<number, SpecialTokenGuard>();
  const reasons = new Map<number, FinishReason>();
  let usage: Usage = {};
  for await (const chunk of chunks) {
    if (!isRecord(chunk)) throw badChunk();
    usage = { ...usage, ...usageOf(chunk) };
    const { choices = [] } = chunk;
    if (!Array.isArray(choices)) throw badChunk();
    for (const choice of choices) {
      if (!isRecord(choice)) throw badChunk();
      const candidate = typeof choice["index"] === "number" ? choice["index"] : 0;
      const guard = special && (guards.get(candidate) ?? new SpecialTokenGuard(special));
      if (guard) guards.set(candidate, guard);
      const reason = choice["finish_reason"];
      // TGI's is an empty text until the end.
      const last = typeof reason === "string" && reason !== "";
      const piece = { text: textOf(choice), tokens: tokensOf(choice["logprobs"]) };
      const { text, tokens } = guard ? guard.take(piece, last) : piece;
      if (text !== "") yield { type: "delta", candidate, text, ...(tokens && { tokens }) };
      if (last) reasons.set(candidate, reason === "length" ? "length" : "stop");
      else if (guard?.ended) reasons.set(candidate, "stop");
    }
    // What a model writes behind its special tokens nobody sees; the server is not to go on computing it.
    if (guards.size >= candidates && [...guards.values()].every(({ ended }) => ended)) break;
  }
  if (reasons.size === 0)
    throw new ModelError("bad-response", "The answer stopped in the middle.", "Try again.");
  const finishReason = (reasons.size < candidates ? undefined : reasons.get(0)) ?? [...reasons.values()][0];
  yield { type: "done", finishReason: finishReason ?? "stop", usage };
}

function textOf(choice: Record<string, unknown>): string {
  // `message` comes from servers that do not stream.
  const part = choice["delta"] ?? choice["message"];
  const text = isRecord(part) ? part["content"] : choice["text"];
  if (text === undefined || text === null) return "";
  if (typeof text !== "string") throw badChunk();
  return text;
}

/** OpenAI's legacy lists, or the chat form, which llama-server also uses for completions. */
function tokensOf(logprobs: unknown): readonly TokenProbability[] | undefined {
  if (!isRecord(logprobs)) return undefined;
  const { tokens, token_logprobs, content } = logprobs;
  const pairs: unknown[][] =
    Array.isArray(tokens) && Array.isArray(token_logprobs)
      ? tokens.map((token, index) => [token, token_logprobs[index]])
      : Array.isArray(content)
        ? content.map((entry) => (isRecord(entry) ? [entry["token"], entry["logprob"]] : []))
        : [];
  const known = pairs.flatMap(tokenOf);
  return known.length > 0 && known.length === pairs.length ? known : undefined;
}

function tokenOf([text, logprob]: readonly unknown[]): readonly TokenProbability[] {
  return typeof text === "string" && typeof logprob === "number"
    ? [{ text, probability: Math.min(1, Math.exp(logprob)) }]
    : [];
}

/**
 * The tokens of an echoed prompt.
 * @throws {ModelError} `bad-response` for a body of another shape.
 */
export function weighedTokens(body: unknown): readonly WeighedToken[] {
  const choice = isRecord(body) && Array.isArray(body["choices"]) ? body["choices"][0] : undefined;
  if (!isRecord(choice)) throw badChunk();
  const { logprobs } = choice;
  // Without any token there is nothing to tell.
  if (logprobs === null) return [];
  const tokens = tokensOf(logprobs);
  const tops = isRecord(logprobs) ? logprobs["top_logprobs"] : undefined;
  if (!tokens || !Array.isArray(tops) || tops.length !== tokens.length) throw badChunk();
  return tokens.map((token, index) => ({
    ...token,
    // An object's keys have no reliable order.
    alternatives: (isRecord(tops[index]) ? Object.entries(tops[index]).flatMap(tokenOf) : []).sort(
      (a, b) => b.probability - a.probability,
    ),
  }));
}

/** What the engine tells of the first token of an answer when it was only to read a prompt, likeliest first. */
export function foreseenTokens(body: unknown): readonly TokenProbability[] {
  const choice = isRecord(body) && Array.isArray(body["choices"]) ? body["choices"][0] : undefined;
  if (!isRecord(choice)) return [];
  if (isRecord(choice["logprobs"])) return weighedTokens(body)[0]?.alternatives ?? [];
  return choice["finish_reason"] === "stop" ? [{ text: "", probability: 1 }] : [];
}

/** Reads OpenAI's `usage` and llama-server's `timings`, which the engine sends too. */
export function usageOf(chunk: Record<string, unknown>): Usage {
  const usage = isRecord(chunk["usage"]) ? chunk["usage"] : {};
  const details = isRecord(usage["prompt_tokens_details"]) ? usage["prompt_tokens_details"] : {};
  const timings = isRecord(chunk["timings"]) ? chunk["timings"] : {};
  const evaluated = numberOf(timings["prompt_n"]);
  const reused = numberOf(timings["cache_n"]);
  const timed = evaluated === undefined || reused === undefined ? undefined : evaluated + reused;
  const completionTokens = numberOf(usage["completion_tokens"]) ?? numberOf(timings["predicted_n"]);
  const fields = {
    promptTokens: numberOf(usage["prompt_tokens"]) ?? timed,
    cachedPromptTokens: reused ?? numberOf(details["cached_tokens"]),
    completionTokens,
    promptMs: numberOf(timings["prompt_ms"]),
    decodeMs: undraftedMs(timings, completionTokens),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A drafted token takes about this much of the time of one that is written alone (bench/REPORT.md). */
const draftCost = 1 / 6;

/** Milliseconds that all tokens would have taken, each written alone: what comes out of drafts says nothing of the next answer. */
function undraftedMs(timings: Record<string, unknown>, tokens: number | undefined): number | undefined {
  const ms = numberOf(timings["predicted_ms"]);
  const accepted = numberOf(timings["draft_n_accepted"]) ?? 0;
  const drafted = numberOf(timings["draft_n"]) ?? 0;
  if (ms === undefined || tokens === undefined || drafted === 0) return ms;
  return (ms * tokens) / Math.max(1, tokens - accepted + drafted * draftCost);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function badChunk(): ModelError {
  return new ModelError(
    "bad-response",
    "The server's answer does not follow the OpenAI protocol.",
    "Check that the address belongs to an OpenAI-compatible server.",
  );
}
