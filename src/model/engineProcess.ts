import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import { Emitter, type Listen } from "../base/emitter.ts";
import type { Log } from "../base/log.ts";
import type { EngineConfig } from "../engine/protocol.ts";
import type { AskEngine, EngineChannel } from "./engineChannel.ts";
import { EngineChild, type EngineTiming } from "./engineChild.ts";
import { ModelError } from "./modelErrors.ts";

export type EngineState =
  /** Not running; the next request starts it. */
  | { readonly type: "stopped" }
  | { readonly type: "starting" }
  | { readonly type: "ready" }
  | { readonly type: "restarting"; readonly attempt: number; readonly inMs: number }
  /** Stays down until {@link EngineProcess.restart} or another configuration. */
  | { readonly type: "failed"; readonly error: ModelError };

export interface EngineProcessOptions {
  /** The engine's bundle. */
  readonly entryPath: string;
  /** Undefined while no model is chosen: requests then fail with `no-model`. */
  readonly config: EngineConfig | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** The environment of this process unless given. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly timing?: Partial<EngineTiming>;
}

const defaultTiming: EngineTiming = {
  startMs: 30_000,
  pingEveryMs: 10_000,
  pongWithinMs: 15_000,
  termGraceMs: 3000,
  drainMs: 3000,
  backoffMs: 500,
  backoffMaxMs: 10_000,
  crashWindowMs: 5 * 60_000,
  maxCrashes: 3,
};

interface Waiter {
  resolve(channel: EngineChannel): void;
  reject(error: ModelError): void;
}

/** Keeps the embedded engine running: starts it at the first request, watches it, restarts it, ends it. */
export class EngineProcess implements Disposable {
  readonly #options: EngineProcessOptions;
  readonly #timing: EngineTiming;
  readonly #states = new Emitter<EngineState>();
  readonly #crashes = new Emitter<string>();
  readonly #waiters = new Set<Waiter>();
  #config: EngineConfig | undefined;
  #state: EngineState = { type: "stopped" };
  #child: EngineChild | undefined;
  /** The child that is being replaced; its memory must be free before the next one starts. */
  #leaving: Promise<void> | undefined;
  #backoff: Disposable | undefined;
  #crashTimes: number[] = [];
  #disposed = false;

  constructor(options: EngineProcessOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#timing = { ...defaultTiming, ...options.timing };
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Of the running process, for the log and the tests. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  readonly onState: Listen<EngineState> = this.#states.listen;

  /** Why the engine died, told for the first of a row of crashes only. */
  readonly onCrash: Listen<string> = this.#crashes.listen;

  /**
   * Starts the engine when it does not run and waits until it is ready.
   * @throws {ModelError} `no-model`, `engine-crashed`, `engine-stopped`; or the signal's reason when it aborts.
   */
  readonly ask: AskEngine = async (request, signal) => {
    signal?.throwIfAborted();
    const channel = await this.#channel(signal);
    return channel.ask(request, signal);
  };

  /** Replaces the engine when `config` differs; running requests get a moment to finish on the old one. */
  configure(config: EngineConfig | undefined): void {
    if (JSON.stringify(config) === JSON.stringify(this.#config)) return;
    this.#config = config;
    this.#replace();
  }

  /** Ends the engine and forgets its crashes; the next request starts it. */
  restart(): void {
    this.#replace();
  }

  /** Ends the engine for good and resolves when its process is gone. */
  async stop(): Promise<void> {
    this.#disposed = true;
    this.#backoff?.dispose();
    this.#rejectWaiters(stopped("Wisp is shutting down."));
    const child = this.#child;
    this.#child = undefined;
    this.#setState({ type: "stopped" });
    child?.channel.close(stopped("Wisp is shutting down."));
    await Promise.all([child?.stop(), this.#leaving]);
  }

  dispose(): void {
    void this.stop();
    this.#states.dispose();
    this.#crashes.dispose();
  }

  #channel(signal: AbortSignal | undefined): Promise<EngineChannel> {
    if (this.#disposed) return Promise.reject(stopped("Wisp is shutting down."));
    if (this.#config === undefined) return Promise.reject(noModel());
    if (this.#state.type === "failed") return Promise.reject(this.#state.error);
    // A process that is just dying has closed its channel already; the request waits for the next one.
    if (this.#state.type === "ready" && this.#child?.channel.isOpen)
      return Promise.resolve(this.#child.channel);
    const waiting = new Promise<EngineChannel>((resolve, reject) => {
      const forget = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = (): void => {
        forget();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        resolve: (channel) => {
          forget();
          resolve(channel);
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
    if (this.#state.type === "stopped") this.#start();
    return waiting;
  }

  #start(): void {
    if (this.#disposed || this.#config === undefined) return;
    this.#setState({ type: "starting" });
    if (this.#leaving) return;
    this.#options.log.info(`Starting the engine with ${this.#config.modelId}.`);
    const child = new EngineChild({
      entryPath: this.#options.entryPath,
      config: this.#config,
      env: this.#options.env ?? process.env,
      clock: this.#options.clock,
      log: this.#options.log,
      timing: this.#timing,
      onReady: () => {
        if (this.#child !== child) return;
        this.#setState({ type: "ready" });
        for (const waiter of [...this.#waiters]) waiter.resolve(child.channel);
      },
      onExit: (reason) => {
        if (this.#child === child) this.#crashed(reason);
      },
    });
    this.#child = child;
  }

  #crashed(reason: string): void {
    this.#child = undefined;
    const { clock, log } = this.#options;
    const { crashWindowMs, maxCrashes, backoffMs, backoffMaxMs } = this.#timing;
    const now = clock.now();
    this.#crashTimes = [...this.#crashTimes.filter((at) => now - at < crashWindowMs), now];
    const attempt = this.#crashTimes.length;
    log.warn(`The engine is gone (${attempt} of ${maxCrashes}): ${reason}.`);
    if (attempt === 1) this.#crashes.fire(reason);
    if (attempt >= maxCrashes) {
      const error = stopped(
        `The engine died ${attempt} times within minutes; the last time ${reason}.`,
        this.#config?.gpuPackage && this.#config.gpu !== "off" ? gpuHint : restartHint,
      );
      this.#setState({ type: "failed", error });
      this.#rejectWaiters(error);
      return;
    }
    const inMs = Math.min(backoffMaxMs, backoffMs * 2 ** (attempt - 1));
    this.#backoff = clock.after(inMs, () => this.#start());
    this.#setState({ type: "restarting", attempt, inMs });
  }

  #replace(): void {
    if (this.#disposed) return;
    this.#backoff?.dispose();
    this.#crashTimes = [];
    const child = this.#child;
    this.#child = undefined;
    if (child) {
      const before = this.#leaving;
      const leaving = Promise.all([before, this.#drain(child)]).then(() => {
        if (this.#leaving !== leaving) return;
        this.#leaving = undefined;
        if (this.#state.type === "starting" && !this.#child) this.#start();
      });
      this.#leaving = leaving;
    }
    if (this.#config === undefined) this.#rejectWaiters(noModel());
    if (this.#waiters.size > 0) this.#start();
    else this.#setState({ type: "stopped" });
  }

  /** Waits for the child's running requests up to the limit, then ends it. */
  async #drain(child: EngineChild): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + this.#timing.drainMs;
    while (child.channel.pendingCount > 0 && clock.now() < until && !this.#disposed) {
      await new Promise<void>((resolve) => {
        clock.after(50, resolve);
      });
    }
    child.channel.close(stopped("The engine is being replaced."));
    await child.stop();
  }

  #rejectWaiters(error: ModelError): void {
    for (const waiter of [...this.#waiters]) waiter.reject(error);
  }

  #setState(state: EngineState): void {
    if (state.type === "stopped" && this.#state.type === "stopped") return;
    this.#state = state;
    this.#states.fire(state);
  }
}

const restartHint = "Run “Wisp: Restart Engine”, and look at Wisp's log.";
/** A driver takes the process along when it fails. */
const gpuHint =
  "It may be the graphics processor's driver (Wisp's log has its last words): set wisp.engine.gpu to off, or run “Wisp: Remove GPU Support”.";

function stopped(message: string, hint = restartHint): ModelError {
  return new ModelError("engine-stopped", message, hint);
}

function noModel(): ModelError {
  return new ModelError("no-model", "No model is chosen.", "Run “Wisp: Choose Model…”.");
}
