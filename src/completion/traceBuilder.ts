import type { Clock } from "../base/clock.ts";
import type { Offered } from "../context/cursorHints.ts";
import type { FimRequest, Usage } from "../model/modelClient.ts";
import type { CompletionQuery } from "./completionApi.ts";
import type { Digest } from "./digest.ts";
import type { CompletionTrace, Outcome } from "./outcome.ts";

/** Collects what happens to one request. */
export class TraceBuilder {
  readonly steps: string[] = [];
  rawText: string | undefined;
  /** Read when the trace is looked at, because the last figures come after the answer. */
  usage: (() => Usage) | undefined;
  confidence: number | undefined;
  candidates: CompletionTrace["candidates"];
  /** On the clock. */
  readonly startedAt: number;
  #prompt: CompletionTrace["prompt"];
  #members: CompletionTrace["members"];
  readonly #query: CompletionQuery;
  readonly #id: number;
  readonly #clock: Clock;
  readonly #stages: { name: string; ms: number }[] = [];
  readonly #at = Date.now();
  #since: number;

  constructor(id: number, query: CompletionQuery, clock: Clock) {
    this.#id = id;
    this.#query = query;
    this.#clock = clock;
    this.startedAt = clock.now();
    this.#since = this.startedAt;
  }

  /** Ends the stage `name`, which began where the last one ended. */
  stage(name: string): void {
    const now = this.#clock.now();
    this.#stages.push({ name, ms: now - this.#since });
    this.#since = now;
  }

  offered({ members, source }: Offered): void {
    this.#members = { source, count: members.members.length };
  }

  asked(request: FimRequest): void {
    const contextPaths = request.context.map(({ path }) => path);
    this.#prompt = { prefix: request.prefix, suffix: request.suffix, contextPaths };
  }

  digested({ raw, steps, candidates }: Pick<Digest, "raw" | "steps" | "candidates">): void {
    this.rawText = raw;
    this.candidates = candidates;
    this.steps.push(...steps);
  }

  build(outcome: Outcome): CompletionTrace {
    const { document, trigger } = this.#query;
    const { usage } = this;
    return {
      id: this.#id,
      at: this.#at,
      uri: document.uri,
      languageId: document.languageId,
      position: document.position,
      trigger,
      outcome,
      stages: this.#stages,
      steps: this.steps,
      ...(this.#members && { members: this.#members }),
      ...(this.#prompt && { prompt: this.#prompt }),
      ...(this.rawText !== undefined && { rawText: this.rawText }),
      ...(this.candidates && { candidates: this.candidates }),
      ...(this.confidence !== undefined && { confidence: this.confidence }),
      get usage() {
        return usage?.();
      },
    };
  }
}
