import { setTimeout as wait } from "node:timers/promises";
import type { ModelClient, Usage } from "../../src/model/modelClient.ts";
import { ModelError } from "../../src/model/modelErrors.ts";
import type { Ask } from "./typingSession.ts";

export interface Sample {
  /** Which of the simulated people asked. */
  readonly user: number;
  readonly end: "answered" | "withdrawn" | "failed";
  /** Code of the failure. */
  readonly code?: string;
  /** From the request to the first text; absent when none came. */
  readonly firstTextMs?: number;
  /** To the end, however it ended. */
  readonly totalMs: number;
  /** Pieces of text, which servers send token by token. */
  readonly pieces: number;
  readonly usage: Usage;
}

export interface LoadOptions {
  readonly user: number;
  readonly maxTokens: number;
  /** Told after each request. */
  readonly onSample: (sample: Sample) => void;
  /** Told of a request that was never sent, because this machine came to it after the key that withdraws it. */
  readonly onMissed: () => void;
}

/** One user's session in real time: each request is withdrawn when the next key comes, as the extension does. */
export async function runUser(
  client: ModelClient,
  asks: readonly Ask[],
  startedAt: number,
  { user, maxTokens, onSample, onMissed }: LoadOptions,
): Promise<void> {
  for (const ask of asks) {
    const leadMs = startedAt + ask.atMs - performance.now();
    if (leadMs > 0) await wait(leadMs);
    const leftMs = startedAt + ask.withdrawnAtMs - performance.now();
    if (leftMs <= 0) {
      onMissed();
      continue;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), leftMs);
    onSample({ user, ...(await complete(client, ask, maxTokens, controller.signal)) });
    clearTimeout(timer);
  }
}

async function complete(
  client: ModelClient,
  { path, prefix, suffix }: Ask,
  maxTokens: number,
  signal: AbortSignal,
): Promise<Omit<Sample, "user">> {
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  let firstTextMs: number | undefined;
  let pieces = 0;
  let usage: Usage = {};
  const request = {
    context: [],
    path,
    prefix,
    suffix,
    maxTokens,
    temperature: 0,
    candidates: 1,
    stop: ["\n"],
  };
  const seen = (): Omit<Sample, "user" | "end"> => ({
    ...(firstTextMs !== undefined && { firstTextMs }),
    totalMs: elapsed(),
    pieces,
    usage,
  });
  try {
    let isWithdrawn = false;
    for await (const event of client.complete(request, signal)) {
      if (event.type === "done") {
        usage = event.usage;
        isWithdrawn = event.finishReason === "cancelled";
      } else {
        firstTextMs ??= elapsed();
        pieces++;
      }
    }
    return { ...seen(), end: isWithdrawn ? "withdrawn" : "answered" };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { ...seen(), end: "failed", code: error.code };
  }
}
