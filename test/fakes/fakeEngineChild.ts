import { spawn } from "node:child_process";
import {
  type EngineConfig,
  engineConfigVariable,
  type FromEngine,
  type ToEngine,
} from "../../src/engine/protocol.ts";

/**
 * Stands in for the engine's process. The model's path in its configuration says, separated by commas, how it
 * misbehaves: "crash-at-start", "mute" (ignores pings), "ignore-term", "grandchild", "never-ready".
 */
const config = JSON.parse(process.env[engineConfigVariable] ?? "{}") as EngineConfig;
const faults = new Set(config.modelPath.split(","));

function send(message: FromEngine): void {
  process.send?.(message);
}

function answer(request: Extract<ToEngine, { type: "request" }>): void {
  const { id, path } = request;
  const body = (text: string): void => {
    send({ type: "head", id, status: 200 });
    for (const character of text) send({ type: "chunk", id, text: character });
    send({ type: "end", id });
  };
  switch (path.split("?")[0]) {
    case "/v1/echo":
      body(JSON.stringify({ ...request, model: config.modelId }));
      break;
    case "/v1/env":
      body(JSON.stringify({ names: Object.keys(process.env), execArgv: process.execArgv, helper }));
      break;
    case "/v1/hang":
      break;
    case "/v1/half":
      send({ type: "head", id, status: 200 });
      send({ type: "chunk", id, text: "half" });
      break;
    case "/v1/crash":
      process.stderr.write("fatal: told to crash\n");
      process.exitCode = 3;
      process.disconnect();
      break;
    case "/v1/failed":
      send({ type: "failed", id, message: "no luck" });
      break;
  }
}

let helper: number | undefined;
if (faults.has("grandchild"))
  helper = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" }).pid;
if (faults.has("crash-at-start")) process.exit(1);
if (faults.has("ignore-term")) process.on("SIGTERM", () => {});
process.on("message", (message: ToEngine) => {
  if (message.type === "ping" && !faults.has("mute")) send({ type: "pong", id: message.id });
  if (message.type === "abort") {
    send({ type: "log", level: "info", message: `aborted ${message.id}` });
  }
  if (message.type === "request") answer(message);
});
process.on("disconnect", () => process.exit());
if (!faults.has("never-ready")) send({ type: "ready" });
