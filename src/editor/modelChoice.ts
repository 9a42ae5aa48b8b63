import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { basename } from "node:path";
import { EngineProcess, type EngineProcessOptions } from "../model/engineProcess.ts";
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
    ...options
  }: Pick<EngineProcessOptions, "entryPath" | "clock" | "log"> & {
    readonly promptFolder: string;
  },
): EmbeddedModels {
  return {
    engine: new EngineProcess({ ...options, config: undefined }),
    promptFolder,
    hasEngine: () => exists(options.entryPath),
    chosen: (machine) => chosenModel(machine, store),
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

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
