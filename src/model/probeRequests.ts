import type { Log } from "../base/log.ts";
import type { RenderFim } from "./completionRequest.ts";
import { type Dialect, dialects } from "./dialects.ts";
import type { CompletionEvent, FimRequest } from "./modelClient.ts";
import { ModelError, type ModelErrorCode } from "./modelErrors.ts";
import { OpenAiClient } from "./openAiClient.ts";
import { withRetries } from "./retries.ts";
import type { GetOptions } from "./serverGet.ts";
import type { ServerIdentity } from "./serverIdentity.ts";
import { askedWaitMs, refusalOf } from "./serverRefusal.ts";

/** What the probe must know of a family of models. */
export interface ProbedFamily {
  readonly id: string;
  readonly modelName: RegExp;
  readonly markers: readonly string[];
  readonly stop: readonly string[];
  render(place: Pick<FimRequest, "context" | "path" | "prefix" | "suffix">): string;
}

export interface ProbeOptions extends GetOptions {
  readonly log: Log;
  readonly families: readonly ProbedFamily[];
  /** Told what is being tried, in words. */
  readonly onStep: (step: string) => void;
}

/** Which model is asked for what, and how. */
export interface Asked {
  readonly completion?: string;
  readonly chat?: string;
  readonly dialect: Dialect;
  /** Writes the prompt where this side does; undefined: the prefix alone is the prompt. */
  readonly family?: ProbedFamily | undefined;
}

/** The first request may have the server load the model. */
const loadedWithinMs = 120_000;
/** Of a path that need not be there, which gateways may let hang. */
const quickMs = 30_000;

/**
 * A client for a few requests, patient enough for a model that has to be loaded first.
 * @param isExtra whether a path is asked that the server need not have.
 */
export function clientFor(
  server: ServerIdentity,
  asked: Asked,
  options: ProbeOptions,
  isExtra = isOutside(asked.dialect) && server.kind.id === "other",
): OpenAiClient {
  const { fetch, apiKey, clock, log, withinMs } = options;
  const { family } = asked;
  const renderFim: RenderFim = (request) =>
    family ? { prompt: family.render(request), stop: family.stop } : { prompt: request.prefix, stop: [] };
  return new OpenAiClient({
    baseUrl: server.baseUrl,
    fetch,
    apiKey,
    clock,
    log,
    timeouts: {
      firstByteMs: Math.max(withinMs, isExtra ? quickMs : loadedWithinMs),
      betweenChunksMs: 30_000,
    },
    completionModel: asked.completion ?? "",
    chatModel: asked.chat ?? "",
    dialect: asked.dialect,
    renderFim,
    showsSpecialTokens: true,
  });
}

/** Whether a way is asked outside of the OpenAI protocol, whose paths are known to be passed on. */
export function isOutside(dialect: Dialect): boolean {
  return dialects[dialect].at === "root";
}

/** The request or its answer did not come through. */
export const lost: ReadonlySet<ModelErrorCode> = new Set(["unreachable", "timeout"]);

/** These say something about the server or the way to it, not about a way of asking: the probe ends. */
export const endsProbe: ReadonlySet<ModelErrorCode> = new Set([...lost, "unauthorized", "rate-limited"]);

/** Further tries of a request for which the server asked to wait. */
const retries = 2;

/**
 * What `ask` gives, or the refusal; waits where the server asks for it, and throws what ends the probe.
 * @param passes failures that count as refusals here.
 */
export async function attempt<T>(
  ask: () => Promise<T>,
  { clock }: Pick<ProbeOptions, "clock">,
  signal: AbortSignal,
  passes?: ReadonlySet<ModelErrorCode>,
): Promise<T | ModelError> {
  const waitOf = (error: unknown): number | undefined =>
    error instanceof ModelError && error.code === "rate-limited" ? askedWaitMs(error) : undefined;
  const options = { retries, waitOf, clock, random: Math.random };
  return attemptOnce(() => withRetries(ask, options, signal), signal, passes);
}

/** The same for what waits by itself. */
export async function attemptOnce<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  passes?: ReadonlySet<ModelErrorCode>,
): Promise<T | ModelError> {
  try {
    return await ask();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ModelError)) throw error;
    if (isForbidden(error) || passes?.has(error.code) || !endsProbe.has(error.code)) return error;
    throw error;
  }
}

/** 403: gateways say it of paths that they do not know too, so it need not be about the key. */
export function isForbidden(error: unknown): boolean {
  return refusalOf(error)?.status === 403;
}

/** All of an answer's text, and in how many pieces it came. */
export async function textOf(
  events: AsyncIterable<CompletionEvent>,
): Promise<{ readonly text: string; readonly pieces: number }> {
  let text = "";
  let pieces = 0;
  for await (const event of events) {
    if (event.type === "done") continue;
    text += event.text;
    pieces++;
  }
  return { text, pieces };
}
