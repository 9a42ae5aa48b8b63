import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { basename } from "node:path";
import { WispError } from "../base/wispError.ts";
import { checkAdapter } from "../model/adapterFile.ts";
import { EngineProcess, type EngineProcessOptions } from "../model/engineProcess.ts";
import { fittedFolder } from "../model/fittedFiles.ts";
import { modelDirectory } from "../model/modelDirectory.ts";
import type { ModelStore } from "../model/modelStore.ts";
import { ModelStoreError } from "../model/modelStoreError.ts";
import type { ChosenModel, EmbeddedModels } from "./modelControl.ts";
import type { MachineSettings } from "./settingValues.ts";

/** @param report told of a folder named by the user that cannot be used; the usual one is taken then. */
export function modelsFolder(report: (error: ModelStoreError) => void): string {
  const context = { env: process.env, platform: process.platform, home: homedir() };
  try {
    return modelDirectory(context);
  } catch (error) {
    if (!(error instanceof ModelStoreError)) throw error;
    report(error);
    return modelDirectory({ ...context, env: { ...process.env, WISP_MODELS_DIR: undefined } });
  }
}

/** @param options.entryPath the engine's bundle; a package without an engine lacks the file. */
export function embeddedModels(
  store: ModelStore,
  {
    promptFolder,
    workspaceFolder,
    gpuPackage,
    ...options
  }: Pick<EngineProcessOptions, "entryPath" | "clock" | "log"> & {
    readonly promptFolder: string;
    readonly gpuPackage: EmbeddedModels["gpuPackage"];
    /** Absolute path of the window's first folder. */
    readonly workspaceFolder: () => string | undefined;
  },
): EmbeddedModels {
  return {
    engine: new EngineProcess({ ...options, config: undefined }),
    promptFolder,
    gpuPackage,
    fittedFolder: fittedFolder(store.folder),
    hasEngine: () => exists(options.entryPath),
    plain: (machine) => chosenModel(machine, store),
    chosen: async (machine) => {
      const model = await chosenModel(machine, store);
      return model && withAdapter(model, adapterFor(machine.model.adapters, workspaceFolder()));
    },
    known: store.catalogue.map(({ id }) => id),
  };
}

/** Undefined when the settings name a model that is not in the catalogue. */
async function chosenModel({ model }: MachineSettings, store: ModelStore): Promise<ChosenModel | undefined> {
  if (model.path !== undefined) {
    const id = basename(model.path, ".gguf");
    return { id, name: id, path: (await exists(model.path)) ? model.path : undefined };
  }
  const entry = store.catalogue.find(({ id }) => id === model.id);
  return entry && { id: entry.id, name: entry.name, path: await store.pathOf(entry.id) };
}

/** Path of the adapter that the settings name for a window; undefined for none. */
export function adapterFor(
  adapters: MachineSettings["model"]["adapters"],
  workspaceFolder: string | undefined,
): string | undefined {
  const own = workspaceFolder === undefined ? undefined : adapters[workspaceFolder];
  return (own ?? adapters["*"]) || undefined;
}

/** The model with an adapter that fits it; with one that does not fit, the model alone and what is wrong. */
export async function withAdapter(model: ChosenModel, path: string | undefined): Promise<ChosenModel> {
  if (path === undefined || model.path === undefined) return model;
  try {
    const { name } = await checkAdapter(path, model.path);
    return { ...model, name: `${model.name} adapted to ${name}`, adapterPath: path };
  } catch (error) {
    if (!(error instanceof WispError)) throw error;
    return { ...model, adapterProblem: error };
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
