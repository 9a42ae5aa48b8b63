import { randomBytes } from "node:crypto";
import { constants, homedir, setPriority } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../src/base/clock.ts";
import type { Log } from "../src/base/log.ts";
import { ApiError } from "../src/engine/apiError.ts";
import { createApp } from "../src/engine/app.ts";
import { serveHttp } from "../src/engine/httpServer.ts";
import { loadLlama } from "../src/engine/loadLlama.ts";
import { checkModelFile } from "../src/engine/modelFile.ts";
import { ModelHolder } from "../src/engine/modelHolder.ts";
import { RequestQueue } from "../src/engine/requestQueue.ts";
import { catalogue, defaultModelId } from "../src/model/catalogue.ts";
import { fittedFolder } from "../src/model/fittedFiles.ts";
import { gpuPackageFor } from "../src/model/gpuPackage.ts";
import { installedGpuPackage } from "../src/model/gpuSupport.ts";
import { modelDirectory } from "../src/model/modelDirectory.ts";
import { runMain, UsageError } from "./support/step.ts";

const usage = `Serves a model in the OpenAI protocol over HTTP, for other editors, curl and scripts.

  npm run engine -- serve [options]

  --model ID|PATH   a model that \`npm run model\` has put on disk, or a GGUF file (default ${defaultModelId};
                    ${catalogue.map(({ id }) => id).join(", ")})
  --port N          0 takes a free port (default 8765)
  --host HOST       default 127.0.0.1: reachable from this machine only
  --token TOKEN     bearer token; else the variable WISP_TOKEN, else one is made and printed
  --allow-origin O  a web page of that origin may ask too, for VS Code in a browser; can be given again. A * stands for
                    any part of it: https://*.vscode-cdn.net is where vscode.dev runs extensions
  --threads N       default 0: as many as there are cores that other programs leave idle
  --context N       tokens of prompt and answer together; default 0: from the free memory
  --gpu auto|off    auto uses a Mac's GPU, and elsewhere what “Wisp: Get GPU Support…” has brought (default off)
  --verbose         prints what llama.cpp says
  --help            prints this

The first line of the output is the base address, for example http://127.0.0.1:8765/v1:

  curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
    http://127.0.0.1:8765/v1/completions -d '{"prompt": "def f(x):\\n    return ", "suffix": "\\n"}'

GET /v1/models, /health, /metrics; POST /v1/completions (with suffix: fill in the middle), /v1/chat/completions, /tokenize.
Ctrl-C ends it.`;

/** Serves the engine, from its sources, in the OpenAI protocol over HTTP. */
async function main(): Promise<number | undefined> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: "string", default: defaultModelId },
      port: { type: "string", default: "8765" },
      host: { type: "string", default: "127.0.0.1" },
      token: { type: "string" },
      "allow-origin": { type: "string", multiple: true, default: [] },
      threads: { type: "string", default: "0" },
      context: { type: "string", default: "0" },
      gpu: { type: "string", default: "off" },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return undefined;
  }
  if (positionals.length !== 1 || positionals[0] !== "serve")
    throw new UsageError("It is called as: npm run engine -- serve [options]; --help tells more.");
  if (values.gpu !== "auto" && values.gpu !== "off") throw new UsageError("--gpu must be auto or off.");
  const port = wholeNumber("--port", values.port, 65_535);
  const models = modelDirectory({ env: process.env, platform: process.platform, home: homedir() });
  const { modelId, modelPath } = findModel(values.model, models);
  await checkModelFile(modelPath).catch((error: Error) => {
    const known = catalogue.map(({ id }) => id).join(", ");
    throw new UsageError(`${error.message}\n--model takes the path of a GGUF file, or one of ${known}.`);
  });
  const log = consoleLog(values.verbose);
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (error) {
    log.info(`The priority was not lowered: ${error}`);
  }
  const gpuPackage = await installedGpuPackage(models, gpuPackageFor(process.platform, process.arch));
  const config = {
    modelId,
    modelPath,
    threads: wholeNumber("--threads", values.threads, 256),
    contextSize: wholeNumber("--context", values.context, 131_072),
    idleUnloadMs: 0,
    gpu: values.gpu,
    ...(gpuPackage && { gpuPackage }),
    fittedFolder: fittedFolder(models),
  } as const;
  const holder = new ModelHolder(() => loadLlama(config, log), { idleUnloadMs: 0, clock: systemClock, log });
  const given = values.token ?? process.env["WISP_TOKEN"];
  const token = given || randomBytes(24).toString("base64url");
  const app = createApp({ modelId, holder, queue: new RequestQueue(), log, client: undefined });
  const { host, "allow-origin": allowedOrigins } = values;
  const options = { app, host, port, token, allowedOrigins };
  const { url, close } = await serveHttp(options).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE")
      throw new UsageError(`Port ${port} on ${host} is in use: choose another with --port, or --port 0.`);
    throw new UsageError(`Cannot listen on ${host}:${port}: ${error.message}`);
  });
  console.log(url);
  if (!given) console.log(`Bearer token: ${token}`);
  try {
    await holder.use(() => {});
  } catch (error) {
    // A command that cannot answer anything ends.
    close();
    throw error instanceof ApiError ? new UsageError(error.message) : error;
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop(close, holder));
  return undefined;
}

/** Cutting the connections aborts what runs, so that the engine is free after one batch. */
async function stop(close: () => void, holder: ModelHolder): Promise<void> {
  close();
  const deadline = performance.now() + 5000;
  while (holder.isUsed && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  // Native threads in the middle of a batch do not survive an orderly exit.
  if (holder.isUsed) process.kill(process.pid, "SIGKILL");
  await holder.runtime?.dispose();
  process.exit(0);
}

function findModel(model: string, models: string): { modelId: string; modelPath: string } {
  const entry = catalogue.find(({ id }) => id === model);
  if (!entry) return { modelId: model.replace(/^.*[\\/]|\.gguf$/g, ""), modelPath: resolve(model) };
  return { modelId: entry.id, modelPath: join(models, entry.fileName) };
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
