import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import { catalogue } from "../../src/model/catalogue.ts";
import { EngineConnection, engineBaseUrl } from "../../src/model/engineConnection.ts";
import { EngineProcess } from "../../src/model/engineProcess.ts";
import { fittedFolder } from "../../src/model/fittedFiles.ts";
import { modelDirectory } from "../../src/model/modelDirectory.ts";
import { OpenAiClient } from "../../src/model/openAiClient.ts";
import { fimPrompt, findFimFamily } from "../../src/prompt/fimTemplate.ts";

/** A model to measure, and how it is let go. */
export interface EvalModel {
  readonly client: OpenAiClient;
  readonly name: string;
  stop(): Promise<void>;
}

/** @param model an id of the catalogue, the path of a GGUF file, or the address of an OpenAI-compatible server. */
export function openModel(model: string, log: Log, repoRoot: string): Promise<EvalModel> {
  return /^https?:\/\//.test(model) ? openServer(model, log) : openEngine(model, log, repoRoot);
}

async function openEngine(model: string, log: Log, repoRoot: string): Promise<EvalModel> {
  const modelPath = fileOf(model);
  // Not the bundle, which may be older than the code that is measured.
  const entryPath = path.join(repoRoot, "src/engine/main.ts");
  const name = path.basename(modelPath, ".gguf");
  const config = {
    modelId: name,
    modelPath,
    threads: 0,
    contextSize: 0,
    idleUnloadMs: 0,
    gpu: "off",
    fittedFolder: fittedFolder(modelsFolder()),
  } as const;
  const engine = new EngineProcess({ entryPath, config, clock: systemClock, log });
  const client = new OpenAiClient({
    baseUrl: engineBaseUrl,
    connection: new EngineConnection(engine.ask),
    completionModel: name,
    chatModel: name,
    clock: systemClock,
    log,
    dialect: "engine",
  });
  return { client, name, stop: () => engine.stop() };
}

function modelsFolder(): string {
  return modelDirectory({ env: process.env, platform: process.platform, home: os.homedir() });
}

function fileOf(model: string): string {
  const entry = catalogue.find((each) => each.id === model);
  const file = path.resolve(entry ? path.join(modelsFolder(), entry.fileName) : model);
  if (existsSync(file)) return file;
  const known = catalogue.map((each) => each.id).join(", ");
  throw new Error(
    entry
      ? `${entry.name} is not on this machine; get it with: npm run model -- ${entry.id}`
      : `${model} is neither a file, an address, nor one of ${known}.`,
  );
}

async function openServer(address: string, log: Log): Promise<EvalModel> {
  const connection = {
    baseUrl: address.replace(/\/+$/, ""),
    fetch: globalThis.fetch,
    apiKey: async () => process.env["WISP_EVAL_API_KEY"],
    clock: systemClock,
    log,
    chatModel: "",
  };
  const asking = new OpenAiClient({ ...connection, completionModel: "", dialect: "openai-suffix" });
  const [name] = await asking.listModels(AbortSignal.timeout(30_000));
  if (name === undefined) throw new Error(`The server at ${address} offers no model.`);
  const family = findFimFamily(undefined, name);
  const client = new OpenAiClient({
    ...connection,
    completionModel: name,
    ...(family
      ? { dialect: "template", renderFim: (request) => fimPrompt(family, request) }
      : { dialect: "openai-suffix" }),
  });
  return { client, name, stop: async () => {} };
}
