import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { CircuitBreaker } from "./circuitBreaker.ts";
import { type Contender, race } from "./hedge.ts";
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
import { askedWaitMs } from "./serverConnection.ts";

/** Who answers: the server, or what stands in for it. */
export type Route = "server" | "fallback";

export interface ResilientOptions {
  readonly server: ModelClient;
  /** Undefined where nothing stands in. */
  readonly fallback: ModelClient | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to below 1; `Math.random` unless given. */
  readonly random?: () => number;
  /** A completion without any text after this long is given up. */
  readonly deadlineMs: number;
  /** A completion without any text after this long is asked of the fallback too. */
  readonly hedgeMs: number;
  readonly onRoute: (route: Route) => void;
}

/** The server is not there or not well; the others are about the request, the key or the model. */
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
  readonly #breaker: CircuitBreaker;
  #lastError: ModelError | undefined;
  #route: Route = "server";

  constructor(options: ResilientOptions) {
    this.#options = options;
    const { clock, random = Math.random } = options;
    this.#breaker = new CircuitBreaker({ clock, random });
  }

  get route(): Route {
    return this.#route;
  }

  complete(request: FimRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.#ask((client, either) => client.complete(request, either), signal, this.#options);
  }

  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<CompletionEvent> {
    return this.#ask((client, either) => client.chat(request, either), signal, {});
  }

  async prefill(request: FimRequest, signal: AbortSignal): Promise<readonly TokenProbability[] | undefined> {
    const { server, fallback } = this.#options;
    if (this.#breaker.isClosed) return server.prefill(request, signal);
    await fallback?.prefill(request, signal);
    // The server may be back by the time of the answer, and what the stand-in foresees says nothing of it.
    return undefined;
  }

  async countTokens(text: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#breaker.isClosed ? this.#options.server.countTokens(text, signal) : undefined;
  }

  async weigh(request: WeighRequest, signal: AbortSignal): Promise<readonly WeighedToken[] | undefined> {
    return this.#breaker.isClosed ? this.#options.server.weigh(request, signal) : undefined;
  }

  async *#ask(
    ask: (client: ModelClient, signal: AbortSignal) => AsyncIterable<CompletionEvent>,
    signal: AbortSignal,
    limits: Partial<Pick<ResilientOptions, "deadlineMs" | "hedgeMs">>,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    const { server, fallback, clock } = this.#options;
    const contenders: Contender<Route>[] = [];
    const mayAskServer = this.#breaker.enter();
    if (mayAskServer)
      contenders.push({
        name: "server",
        open: (either) => ask(server, either),
        firstWithinMs: limits.deadlineMs,
        tooLate,
      });
    if (fallback)
      contenders.push({
        name: "fallback",
        open: (either) => ask(fallback, either),
        afterMs: limits.hedgeMs,
      });
    try {
      if (contenders.length === 0) throw this.#closedError();
      yield* race(contenders, {
        clock,
        signal,
        mayStandIn: (error) => error instanceof ModelError && unavailable.has(error.code),
        onEnd: (name, end) => this.#learn(name, end),
        onWinner: (name) => this.#take(name),
      });
    } catch (error) {
      // What is wrong is the server, also where what stands in for it cannot answer either.
      throw mayAskServer || signal.aborted ? error : this.#closedError();
    }
  }

  #learn(name: Route, end: "answered" | "withdrawn" | "overtaken" | { readonly error: unknown }): void {
    if (name !== "server") return;
    if (end === "answered") this.#breaker.succeeded();
    else if (end === "withdrawn") this.#breaker.withdrawn();
    else if (end === "overtaken") this.#breaker.failed();
    else if (end.error instanceof ModelError && unavailable.has(end.error.code)) {
      this.#lastError = end.error;
      this.#breaker.failed(askedWaitMs(end.error) ?? 0);
      this.#options.log.debug(`The server failed (${end.error.code}): ${end.error.message}`);
    } else this.#breaker.succeeded();
  }

  #take(route: Route): void {
    if (this.#route === route) return;
    this.#route = route;
    this.#options.onRoute(route);
  }

  #closedError(): ModelError {
    const { code = "unreachable", message = "The server does not answer." } = this.#lastError ?? {};
    const seconds = Math.max(1, Math.ceil(this.#breaker.pauseMs / 1000));
    return new ModelError(code, message, `It is asked again in ${seconds} s.`, this.#lastError);
  }
}

function tooLate(ms: number): ModelError {
  return new ModelError(
    "timeout",
    `The server gave no text within ${Math.round(ms / 1000)} s.`,
    "It may be busy or still loading the model.",
  );
}
