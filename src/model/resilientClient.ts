import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { CircuitBreaker, type Passage } from "./circuitBreaker.ts";
import { type Contender, type ContenderEnd, race } from "./hedge.ts";
import type {
  ChatRequest,
  CompletionEvent,
  FimRequest,
  ModelClient,
  TokenProbability,
  WeighedToken,
  WeighRequest,
} from "./modelClient.ts";
import { ModelError, type ModelErrorCode } from "./modelErrors.ts";
import { askedWaitMs } from "./serverRefusal.ts";

/** Who answers: the server, or what stands in for it. */
export type Route = "server" | "fallback";

export interface ResilientOptions {
  readonly server: ModelClient;
  /** Undefined where nothing stands in. */
  readonly fallback: ModelClient | undefined;
  /** For people, who are told when it answers a chat. */
  readonly fallbackName: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to below 1; `Math.random` unless given. */
  readonly random?: () => number;
  /** A completion without any text after this long is given up. */
  readonly deadlineMs: number;
  /** A completion that has not ended after this long is given up too. */
  readonly endWithinMs: number;
  /** A completion without any text after this long is asked of the fallback too. */
  readonly hedgeMs: number;
  /** Of completions; `isSlow`: the server answers, but too late. */
  readonly onRoute: (route: Route, isSlow: boolean) => void;
}

/** What is asked for, with what is known of the server's way of answering it: completions may be slow where chat is well. */
class Line {
  readonly breaker: CircuitBreaker;
  lastError: ModelError | undefined;
  isSlow = false;

  /** Nobody stands in for a server that wants another key: the user has to hear of it. */
  get wantsKey(): boolean {
    return !this.breaker.isClosed && this.lastError?.code === "unauthorized";
  }

  constructor({ clock, random = Math.random }: ResilientOptions) {
    this.breaker = new CircuitBreaker({ clock, random });
  }
}

/** The server is not there or not well, and something may stand in; the others are about the request, the key or the model. */
const unavailable = new Set<ModelErrorCode>([
  "unreachable",
  "timeout",
  "rate-limited",
  "server-error",
  "bad-response",
]);

/** A server's client with manners: it leaves a failing server alone for a while, and has something stand in. */
export class ResilientClient implements ModelClient {
  readonly #options: ResilientOptions;
  readonly #completion: Line;
  readonly #chat: Line;
  #route: Route = "server";
  #isSlow = false;

  constructor(options: ResilientOptions) {
    this.#options = options;
    this.#completion = new Line(options);
    this.#chat = new Line(options);
  }

  get route(): Route {
    return this.#route;
  }

  complete(request: FimRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.#ask(
      this.#completion,
      (client, either) => client.complete(request, either),
      signal,
      this.#options,
    );
  }

  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    const { server, fallbackName } = this.#options;
    const ask = (client: ModelClient, either: AbortSignal): AsyncIterable<CompletionEvent> => {
      const events = client.chat(request, either);
      return client === server || fallbackName === undefined ? events : signed(events, fallbackName);
    };
    return this.#ask(this.#chat, ask, signal, {});
  }

  async prefill(request: FimRequest, signal: AbortSignal): Promise<readonly TokenProbability[] | undefined> {
    const { server, fallback } = this.#options;
    const line = this.#completion;
    // The one try after a pause is for who waits for an answer.
    const passage = line.breaker.isClosed ? line.breaker.enter() : undefined;
    if (passage) {
      try {
        return await server.prefill(request, signal);
      } catch (error) {
        if (!signal.aborted && isFailure(error)) this.#learn(line, passage, { error });
        throw error;
      }
    }
    if (!line.wantsKey) await fallback?.prefill(request, signal);
    // The server may be back by the time of the answer, and what the stand-in foresees says nothing of it.
    return undefined;
  }

  async countTokens(text: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#chat.breaker.isClosed ? this.#options.server.countTokens(text, signal) : undefined;
  }

  async weigh(request: WeighRequest, signal: AbortSignal): Promise<readonly WeighedToken[] | undefined> {
    return this.#chat.breaker.isClosed ? this.#options.server.weigh(request, signal) : undefined;
  }

  async *#ask(
    line: Line,
    ask: (client: ModelClient, signal: AbortSignal) => AsyncIterable<CompletionEvent>,
    signal: AbortSignal,
    limits: Partial<Pick<ResilientOptions, "deadlineMs" | "endWithinMs" | "hedgeMs">>,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    const { server, fallback, clock } = this.#options;
    const contenders: Contender<Route>[] = [];
    const passage = line.breaker.enter();
    if (passage)
      contenders.push({
        name: "server",
        open: (either) => ask(server, either),
        firstWithinMs: limits.deadlineMs,
        wholeWithinMs: limits.endWithinMs,
        tooLate,
      });
    if (fallback && !line.wantsKey)
      contenders.push({
        name: "fallback",
        open: (either) => ask(fallback, either),
        afterMs: limits.hedgeMs,
      });
    try {
      if (contenders.length === 0) throw closedError(line);
      yield* race(contenders, {
        clock,
        signal,
        mayStandIn: (error) => error instanceof ModelError && unavailable.has(error.code),
        onEnd: (name, end) => {
          if (name === "server" && passage) this.#learn(line, passage, end);
        },
        onWinner: (name) => {
          if (name === "server") passage?.answers();
          if (line === this.#completion) this.#take(name);
        },
      });
    } catch (error) {
      // What is wrong is the server, also where what stands in for it cannot answer either.
      throw passage || signal.aborted ? error : closedError(line);
    }
  }

  #learn(line: Line, passage: Passage, end: ContenderEnd): void {
    if (end === "withdrawn") {
      passage.withdrawn();
      return;
    }
    line.isSlow = end === "overtaken";
    if (end === "answered") passage.succeeded();
    else if (end === "overtaken") {
      line.lastError = tooLate(this.#options.hedgeMs, false);
      passage.slow();
    } else if (isFailure(end.error)) {
      line.lastError = end.error;
      passage.failed(askedWaitMs(end.error) ?? 0);
      this.#options.log.debug(`The server failed (${end.error.code}): ${end.error.message}`);
    } else passage.succeeded();
  }

  #take(route: Route): void {
    const isSlow = route === "fallback" && this.#completion.isSlow;
    if (this.#route === route && this.#isSlow === isSlow) return;
    this.#route = route;
    this.#isSlow = isSlow;
    this.#options.onRoute(route, isSlow);
  }
}

/** Also of the key: a server that is asked on and on with a wrong one may shut this machine out. */
function isFailure(error: unknown): error is ModelError {
  return error instanceof ModelError && (unavailable.has(error.code) || error.code === "unauthorized");
}

async function* signed(
  events: AsyncIterable<CompletionEvent>,
  standIn: string,
): AsyncGenerator<CompletionEvent, void> {
  for await (const event of events) yield event.type === "delta" ? { ...event, standIn } : event;
}

function closedError({ lastError, breaker }: Line): ModelError {
  const { code = "unreachable", message = "The server does not answer.", hint } = lastError ?? {};
  const seconds = Math.max(1, Math.ceil(breaker.pauseMs / 1000));
  const again = `It is asked again in ${seconds} s.`;
  // It may be the first that somebody hears of the failure: readings ahead fail without a word.
  return new ModelError(code, message, hint === undefined ? again : `${hint} ${again}`, lastError);
}

function tooLate(ms: number, hasBegun: boolean): ModelError {
  const seconds = Math.round(ms / 1000);
  return new ModelError(
    "timeout",
    hasBegun
      ? `The server's answer did not end within ${seconds} s.`
      : `The server gave no text within ${seconds} s.`,
    "It may be busy or still loading the model.",
  );
}
