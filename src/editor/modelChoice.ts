import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { basename } from "node:path";
import { modelDirectory } from "../model/modelDirectory.ts";
import type { ModelStore } from "../model/modelStore.ts";
import type { MachineSettings } from "./settingValues.ts";

/** The model that the settings name. */
export interface ChosenModel {
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Undefined while its file is not, or not wholly, on disk. */
  readonly path: string | undefined;
}

export function modelsFolder(): string {
  return modelDirectory({ env: process.env, platform: process.platform, home: homedir() });
}

/** Undefined when the settings name a model that is not in the catalogue. */
export async function chosenModel(
  { model }: MachineSettings,
  store: ModelStore,
): Promise<ChosenModel | undefined> {
  if (model.path !== undefined) {
    const id = basename(model.path, ".gguf");
    return { id, name: id, path: (await exists(model.path)) ? model.path : undefined };
  }
  const entry = store.catalogue.find(({ id }) => id === model.id);
  return entry && { id: entry.id, name: entry.name, path: await store.pathOf(entry.id) };
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
