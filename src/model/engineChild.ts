import { type ChildProcess, fork, spawn } from "node:child_process";
import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import { Emitter } from "../base/emitter.ts";
import type { Log } from "../base/log.ts";
import { type EngineConfig, engineConfigVariable, type FromEngine } from "../engine/protocol.ts";
import { EngineChannel } from "./engineChannel.ts";
import { crashed } from "./engineErrors.ts";

export interface EngineTiming {
  /** From fork to the message `ready`. */
  readonly startMs: number;
  readonly pingEveryMs: number;
  /** Without a pong for this long the engine counts as hung. */
  readonly pongWithinMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly termGraceMs: number;
  /** How long running requests may go on when the engine is replaced. */
  readonly drainMs: number;
  /** The first wait before a restart; it doubles with every further crash up to `backoffMaxMs`. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** Crashes within this time add up; after so long without one the engine counts as healthy again. */
  readonly crashWindowMs: number;
  readonly maxCrashes: number;
}

export interface EngineChildOptions {
  /** The engine's bundle. */
  readonly entryPath: string;
  readonly config: EngineConfig;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: EngineTiming;
  readonly onReady: () => void;
  /** Told once, when the process is gone or could not be started. */
  readonly onExit: (reason: string) => void;
}

const maxLogLines = 500;
const maxLineLength = 500;

/** One run of the engine's process: fork, heartbeat, log, end. */
export class EngineChild {
  readonly channel: EngineChannel;
  readonly #options: EngineChildOptions;
  readonly #process: ChildProcess;
  readonly #messages = new Emitter<FromEngine>();
  readonly #exited: Promise<void>;
  #exit: () => void = () => {};
  #gone = false;
  #timer: Disposable | undefined;
  #killReason: string | undefined;
  #pingId = 0;
  #pongId = 0;

  constructor(options: EngineChildOptions) {
    this.#options = options;
    this.#exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
    const child = fork(options.entryPath, [], {
      execArgv: [],
      env: { ...engineEnvironment(options.env), [engineConfigVariable]: JSON.stringify(options.config) },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      // Its own process group, so that helpers it starts end with it.
      detached: process.platform !== "win32",
    });
    this.#process = child;
    this.channel = new EngineChannel(
      {
        onMessage: this.#messages.listen,
        send: (message) => {
          if (!child.connected) throw new Error("the IPC channel is closed");
          child.send(message, (error) => {
            if (error) options.log.debug(`Engine: a message was not delivered: ${error.message}`);
          });
        },
      },
      options.clock,
    );
    child.on("message", (message) => this.#receive(message as FromEngine));
    child.on("error", (error) => {
      if (child.pid === undefined) this.#ended(`it could not be started: ${error.message}`);
      else options.log.debug(`Engine: ${error.message}`);
    });
    child.on("exit", (code, signal) =>
      this.#ended(this.#killReason ?? (signal ? `it was ended by ${signal}` : `it ended with code ${code}`)),
    );
    child.on("disconnect", () => {
      if (this.#gone || this.#killReason !== undefined) return;
      this.channel.close(crashed("The engine closed its channel."));
      // Usually the process is ending anyway, and its exit code tells more.
      this.#timer?.dispose();
      this.#timer = options.clock.after(options.timing.termGraceMs, () => this.kill("it closed its channel"));
    });
    process.on("exit", this.#killAtExit);
    this.#logStderr();
    this.#timer = options.clock.after(options.timing.startMs, () => this.kill("it did not start in time"));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Asks the process tree to end, forces it after the grace, and resolves when the process is gone. */
  stop(): Promise<void> {
    if (this.#gone) return this.#exited;
    this.#killReason ??= "it was stopped";
    this.#timer?.dispose();
    this.#signal("SIGTERM");
    this.#timer = this.#options.clock.after(this.#options.timing.termGraceMs, () => this.#signal("SIGKILL"));
    return this.#exited;
  }

  kill(reason: string): void {
    this.#killReason ??= reason;
    this.#timer?.dispose();
    this.#signal("SIGKILL");
  }

  readonly #killAtExit = (): void => this.#signal("SIGKILL");

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    if (process.platform === "win32") {
      // Windows has no signals: without /F a process without a window is not even asked.
      spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).on(
        "error",
        () => this.#process.kill(),
      );
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") this.#process.kill(signal);
    }
  }

  #receive(message: FromEngine): void {
    if (message.type === "ready") {
      this.#timer?.dispose();
      if (this.#killReason !== undefined) return;
      this.#pingLater();
      this.#options.onReady();
    } else if (message.type === "log") {
      this.#options.log[message.level](`Engine: ${message.message}`);
    } else if (message.type === "pong") {
      this.#pongId = Math.max(this.#pongId, message.id);
    }
    this.#messages.fire(message);
  }

  #pingLater(): void {
    const { clock, timing } = this.#options;
    this.#timer = clock.after(timing.pingEveryMs, () => this.#ping());
  }

  #ping(): void {
    const { clock, timing } = this.#options;
    if (!this.#process.connected) return;
    const id = ++this.#pingId;
    this.#process.send({ type: "ping", id }, () => {});
    const due = clock.now() + timing.pongWithinMs;
    this.#timer = clock.after(timing.pongWithinMs, () => {
      if (this.#pongId >= id) this.#pingLater();
      // A late timer means that this process itself was blocked or the machine slept: the pong may be waiting.
      else if (clock.now() - due > timing.pongWithinMs / 2) this.#ping();
      else this.kill("it did not answer");
    });
  }

  #ended(reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#timer?.dispose();
    process.off("exit", this.#killAtExit);
    // What the process started may still be there.
    if (process.platform !== "win32") this.#signal("SIGKILL");
    this.channel.close(crashed(`The engine is gone: ${reason}.`));
    this.#messages.dispose();
    this.#exit();
    this.#options.onExit(reason);
  }

  #logStderr(): void {
    let lines = 0;
    let rest = "";
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split(/\r?\n/);
      rest = (parts.pop() ?? "").slice(0, maxLineLength);
      for (const line of parts) {
        if (line.trim() === "" || lines > maxLogLines) continue;
        lines++;
        this.#options.log.debug(
          lines > maxLogLines
            ? "Engine: further output is left out"
            : `Engine: ${line.slice(0, maxLineLength)}`,
        );
      }
    });
  }
}

/**
 * What the child may inherit: nothing that would make its Node load code, open a debugger or take the editor's
 * own channels. In the editor the executable is Electron, which runs scripts only when told to be Node.
 */
export function engineEnvironment(env: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !/^(NODE_|VSCODE_|ELECTRON_|OPENAI_|NPM_CONFIG_)/i.test(name),
  );
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1" };
}
