import type { Clock } from "../base/clock.ts";
import type { Listen } from "../base/emitter.ts";
import type { FromEngine, ToEngine } from "../engine/protocol.ts";
import { EngineAnswer } from "./engineAnswer.ts";
import { badResponse, crashed } from "./engineErrors.ts";
import { ModelError } from "./modelErrors.ts";
import { SilenceWatch } from "./silenceWatch.ts";

/** The parent's end of the IPC channel. `send` throws when the channel is closed. */
export interface EnginePort {
  send(message: ToEngine): void;
  readonly onMessage: Listen<FromEngine>;
}

export type EngineRequest = Omit<Extract<ToEngine, { type: "request" }>, "type" | "id">;

/** Asks through `request` and answers when the status is known; see {@link EngineChannel.ask}. */
export type AskEngine = (request: EngineRequest, signal?: AbortSignal) => Promise<EngineAnswer>;

/** A slow machine reads a long prompt for minutes; that the process lives its pings tell (engineChild.ts). */
const longestSilenceMs = 5 * 60_000;

interface PendingRequest {
  onHead(status: number): void;
  onChunk(text: string): void;
  onEnd(): void;
  fail(error: unknown): void;
}

/** Requests as messages over one {@link EnginePort}; one channel per child process. */
export class EngineChannel {
  readonly #port: EnginePort;
  readonly #clock: Clock;
  readonly #pending = new Map<number, PendingRequest>();
  #nextId = 1;
  #closed: ModelError | undefined;

  constructor(port: EnginePort, clock: Clock) {
    this.#port = port;
    this.#clock = clock;
    port.onMessage((message) => this.#receive(message));
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** Requests whose answer is not complete. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * Resolves with the answer's head. Aborting rejects with the signal's reason, or lets reading the body throw it.
   * @throws {ModelError} `engine-crashed` or what {@link close} was given, when the engine goes away; `timeout`.
   */
  readonly ask: AskEngine = async (request, signal) => {
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;
    const id = this.#nextId++;
    return new Promise<EngineAnswer>((resolve, reject) => {
      this.#track(id, signal, resolve, reject);
      try {
        this.#port.send({ type: "request", id, ...request });
      } catch (error) {
        this.#pending.get(id)?.fail(crashed("The engine no longer takes requests.", error));
      }
    });
  };

  /** Fails every pending and every later request with `error`. */
  close(error: ModelError): void {
    this.#closed ??= error;
    for (const pending of [...this.#pending.values()]) pending.fail(error);
  }

  #track(
    id: number,
    signal: AbortSignal | undefined,
    resolve: (answer: EngineAnswer) => void,
    reject: (error: unknown) => void,
  ): void {
    let answer: EngineAnswer | undefined;
    const settle = (): void => {
      silence.dispose();
      this.#pending.delete(id);
      signal?.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown): void => {
      settle();
      if (answer) answer.fail(error);
      else reject(error);
    };
    const giveUp = (error: unknown): void => {
      this.#sendAbort(id);
      fail(error);
    };
    const onAbort = (): void => giveUp(signal?.reason);
    const silence = new SilenceWatch(this.#clock, longestSilenceMs, () => giveUp(silent()));
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#pending.set(id, {
      fail,
      onHead: (status) => {
        silence.heard();
        answer = new EngineAnswer(status, giveUp);
        resolve(answer);
      },
      onChunk: (text) => {
        silence.heard();
        answer?.add(text);
      },
      onEnd: () => {
        if (!answer) return fail(badResponse("The engine ended a request without an answer."));
        settle();
        answer.end();
      },
    });
  }

  #receive(message: FromEngine): void {
    if (!("id" in message)) return;
    const pending = this.#pending.get(message.id);
    switch (message.type) {
      case "head":
        pending?.onHead(message.status);
        return;
      case "chunk":
        pending?.onChunk(message.text);
        return;
      case "end":
        pending?.onEnd();
        return;
      case "failed":
        pending?.fail(
          new ModelError(
            "server-error",
            `The engine broke off: ${message.message}`,
            "Try again; if it happens again, restart the engine and look at Wisp's log.",
          ),
        );
        return;
      case "pong":
        return;
    }
  }

  #sendAbort(id: number): void {
    if (this.#closed) return;
    try {
      this.#port.send({ type: "abort", id });
    } catch {
      // A closed channel means that the process is going, and its work with it.
    }
  }
}

function silent(): ModelError {
  return new ModelError(
    "timeout",
    `The engine gave nothing for ${longestSilenceMs / 60_000} minutes.`,
    "Run “Wisp: Restart Engine”; a smaller model answers sooner.",
  );
}
