import { StopScanner, type TextToken, TokenDecoder } from "./answerText.ts";
import { ApiError } from "./apiError.ts";
import { JsonEnd } from "./jsonEnd.ts";
import type { TokenCounts } from "./metrics.ts";
import type { AnswerForm, GenerateOptions, ModelRuntime, TokenId } from "./modelRuntime.ts";
import type { EngineTimings } from "./protocol.ts";
import type { Turn } from "./requestQueue.ts";
import type { AnswerRequest } from "./requests.ts";

export type AnswerEvent =
  | { readonly type: "tokens"; readonly index: number; readonly tokens: readonly TextToken[] }
  | { readonly type: "end"; readonly index: number; readonly reason: "stop" | "length" }
  | { readonly type: "done"; readonly promptTokens: number; readonly timings: EngineTimings };

export interface AnswerTask {
  readonly lane: GenerateOptions["lane"];
  readonly tokens: readonly TokenId[];
  readonly stop: readonly string[];
  readonly form: AnswerForm | undefined;
  readonly beginsWith?: readonly string[];
  readonly lead?: string | undefined;
  /** Given: the tokens behind so many are weighed, and nothing is generated. */
  readonly weighFrom?: number | undefined;
  readonly request: AnswerRequest;
  /** In code every special token ends the answer (a new file, an infill token); in chat only the end of a turn. */
  readonly endsAtSpecial: boolean;
}

/** What node-llama-cpp's grammar of a schema puts behind every value, so also behind a bare number or text. */
const schemaEnd = "\n\n\n\n";

/**
 * Generates the request's alternatives one after the other; each reuses the prompt in the KV cache.
 * @throws {ApiError} `context-overflow`
 */
export async function* answerEvents(
  runtime: ModelRuntime,
  task: AnswerTask,
  turn: Turn,
  counts: TokenCounts,
): AsyncGenerator<AnswerEvent, void, undefined> {
  const { request, tokens } = task;
  const room = runtime.contextSize - tokens.length;
  if (tokens.length === 0 || room < 1) {
    throw new ApiError(
      "context-overflow",
      `The prompt has ${tokens.length} tokens, and the context holds ${runtime.contextSize}.`,
    );
  }
  const drafts = { draft_n: 0, draft_n_accepted: 0 };
  const total = { prompt_n: 0, cache_n: 0, prompt_ms: 0, predicted_n: 0, predicted_ms: 0, ...drafts };
  for (let index = 0; index < request.count; index++) {
    const decoder = new TokenDecoder(runtime.vocabulary);
    const scanner = new StopScanner(task.form ? [...task.stop, schemaEnd] : task.stop);
    // The grammars let white space follow the value, which small models would go on with up to the limit.
    const json = task.form && new JsonEnd();
    const { seed } = request.sampling;
    let reason: "stop" | "length" = "length";
    let decodeStart = 0;
    const { lane } = task;
    const events =
      task.weighFrom === undefined
        ? runtime.generate({
            lane,
            tokens,
            maxTokens: Math.min(request.maxTokens ?? room, room),
            sampling: { ...request.sampling, seed: seed === undefined ? undefined : seed + index },
            form: task.form,
            beginsWith: task.beginsWith,
            lead: task.lead,
            // The chosen token alone needs no list.
            alternatives: request.logprobs === 1 && lane === "completion" ? 0 : request.logprobs,
            breathe: turn.breathe,
          })
        : runtime.weigh({
            lane,
            tokens,
            from: task.weighFrom,
            alternatives: request.logprobs ?? 0,
            breathe: turn.breathe,
          });
    for await (const event of events) {
      if (event.type === "read") {
        // Counted as it happens: the reader may withdraw before the prompt is read.
        counts.evaluated += event.tokens;
        continue;
      }
      if (event.type === "prompt") {
        if (index === 0) {
          total.cache_n = event.cached;
          total.prompt_n = event.evaluated;
        }
        total.prompt_ms += event.ms;
        counts.cached += event.cached;
        decodeStart = performance.now();
        continue;
      }
      // A token that was only foreseen is not generated.
      if (task.weighFrom === undefined && request.maxTokens !== 0) {
        total.predicted_n++;
        total.draft_n += event.draft ?? 0;
        if (event.draft === 0) total.draft_n_accepted++;
        counts.generated++;
      }
      const { vocabulary } = runtime;
      if (vocabulary.isEnd(event.token) || (task.endsAtSpecial && vocabulary.isSpecial(event.token))) {
        reason = "stop";
        break;
      }
      const clear = decoder.push(event).flatMap((token) => scanner.push(token));
      const told = json ? upToJsonEnd(json, clear) : clear;
      if (told.length > 0) yield { type: "tokens", index, tokens: told };
      if (scanner.stopped || json?.isComplete) {
        reason = "stop";
        break;
      }
    }
    const rest = json?.isComplete
      ? []
      : [...decoder.end().flatMap((token) => scanner.push(token)), ...scanner.end()];
    if (rest.length > 0) yield { type: "tokens", index, tokens: rest };
    if (decodeStart > 0) total.predicted_ms += performance.now() - decodeStart;
    yield { type: "end", index, reason };
  }
  yield { type: "done", promptTokens: tokens.length, timings: total };
}

function upToJsonEnd(json: JsonEnd, tokens: readonly TextToken[]): TextToken[] {
  const told: TextToken[] = [];
  for (const token of tokens) {
    if (json.isComplete) break;
    told.push({ ...token, text: token.text.slice(0, json.push(token.text)) });
  }
  return told;
}
