import { constants, setPriority } from "node:os";
import { systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { createApp } from "./app.ts";
import { IpcServer } from "./ipcServer.ts";
import { loadLlama } from "./loadLlama.ts";
import { ModelHolder } from "./modelHolder.ts";
import { type EngineConfig, engineConfigVariable, type FromEngine, type ToEngine } from "./protocol.ts";
import { RequestQueue } from "./requestQueue.ts";

const crashed = 70;

function send(message: FromEngine): void {
  // A closed channel means that the parent is gone; `disconnect` ends this process.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

const logAt =
  (level: Extract<FromEngine, { type: "log" }>["level"]) =>
  (message: string): void =>
    send({ type: "log", level, message });
const log: Log = {
  trace: logAt("trace"),
  debug: logAt("debug"),
  info: logAt("info"),
  warn: logAt("warn"),
  error: logAt("error"),
};

function fail(error: unknown): void {
  log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  setImmediate(() => process.exit(crashed));
}

function main(): void {
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  // Never outlives the editor. Not `exit` from JavaScript: native threads may be in the middle of a batch.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  const configText = process.env[engineConfigVariable];
  if (!process.send || configText === undefined)
    throw new Error(`The engine is started by the extension, with ${engineConfigVariable} set.`);
  const config = JSON.parse(configText) as EngineConfig;
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (error) {
    log.debug(`The priority was not lowered: ${error}`);
  }
  const holder = new ModelHolder(() => loadLlama(config, log), {
    idleUnloadMs: config.idleUnloadMs,
    clock: systemClock,
    log,
  });
  const queue = new RequestQueue();
  const app = createApp({ modelId: config.modelId, holder, queue, log, client: "editor" });
  const server = new IpcServer({ handle: app.fetch, send });
  process.on("message", (message: ToEngine) => server.receive(message));
  send({ type: "ready" });
}

main();
