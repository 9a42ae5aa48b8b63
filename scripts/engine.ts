import { randomBytes } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../src/base/clock.ts";
import type { Log } from "../src/base/log.ts";
import { createApp } from "../src/engine/app.ts";
import { serveHttp } from "../src/engine/httpServer.ts";
import { loadLlama } from "../src/engine/llamaRuntime.ts";
import { checkModelFile } from "../src/engine/modelFile.ts";
import { ModelHolder } from "../src/engine/modelHolder.ts";
import { RequestQueue } from "../src/engine/requestQueue.ts";
import { catalogue, defaultModelId } from "../src/model/catalogue.ts";
import { modelDirectory } from "../src/model/modelDirectory.ts";
import { runMain, UsageError } from "./support/step.ts";

const usage = `npm run engine -- serve [options]
  --model ID|PATH   a model of the catalogue that is on disk, or a GGUF file (default ${defaultModelId})
  --port N          0 takes a free port (default 8765)
  --host HOST       default 127.0.0.1: this machine only
  --token TOKEN     bearer token; else the variable WISP_TOKEN, else one is made and printed
  --threads N, --context N, --gpu auto|off, --verbose`;

/** Serves the engine, from its sources, in the OpenAI protocol over HTTP. */
async function main(): Promise<number | undefined> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: "string", default: defaultModelId },
      port: { type: "string", default: "8765" },
      host: { type: "string", default: "127.0.0.1" },
      token: { type: "string" },
      threads: { type: "string", default: "0" },
      context: { type: "string", default: "0" },
      gpu: { type: "string", default: "off" },
      verbose: { type: "boolean", default: false },
    },
  });
  if (positionals.length !== 1 || positionals[0] !== "serve") throw new UsageError(usage);
  if (values.gpu !== "auto" && values.gpu !== "off") throw new UsageError("--gpu must be auto or off.");
  const port = wholeNumber("--port", values.port, 65_535);
  const { modelId, modelPath } = findModel(values.model);
  await checkModelFile(modelPath).catch((error: Error) => {
    throw new UsageError(error.message);
  });
  const log = consoleLog(values.verbose);
  const config = {
    modelId,
    modelPath,
    threads: wholeNumber("--threads", values.threads, 256),
    contextSize: wholeNumber("--context", values.context, 131_072),
    idleUnloadMs: 0,
    gpu: values.gpu,
  } as const;
  const holder = new ModelHolder(() => loadLlama(config, log), { idleUnloadMs: 0, clock: systemClock, log });
  const given = values.token ?? process.env["WISP_TOKEN"];
  const token = given || randomBytes(24).toString("base64url");
  const app = createApp({ modelId, holder, queue: new RequestQueue(), log, client: undefined });
  const { host } = values;
  const { url } = await serveHttp({ app, host, port, token }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE")
      throw new UsageError(`Port ${port} on ${host} is in use: choose another with --port, or --port 0.`);
    throw new UsageError(`Cannot listen on ${host}:${port}: ${error.message}`);
  });
  console.log(url);
  if (!given) console.log(`Bearer token: ${token}`);
  // The holder has logged why; a command that cannot answer anything ends.
  await holder.use(() => {}).catch(() => process.exit(1));
  return undefined;
}

function findModel(model: string): { modelId: string; modelPath: string } {
  const entry = catalogue.find(({ id }) => id === model);
  if (!entry) return { modelId: model.replace(/^.*[\\/]|\.gguf$/g, ""), modelPath: resolve(model) };
  const folder = modelDirectory({ env: process.env, platform: process.platform, home: homedir() });
  return { modelId: entry.id, modelPath: join(folder, entry.fileName) };
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new UsageError(`${name} must be a whole number from 0 to ${most}.`);
}

function consoleLog(verbose: boolean): Log {
  const print = (message: string): void => console.error(message);
  const silent = (): void => {};
  return { trace: silent, debug: verbose ? print : silent, info: print, warn: print, error: print };
}

await runMain(main);
