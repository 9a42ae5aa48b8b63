import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { catalogue } from "../model/catalogue.ts";
import { modelDirectory } from "../model/modelDirectory.ts";
import type { MachineSettings } from "./settingValues.ts";

/** The model that the settings name. */
export interface ChosenModel {
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly path: string;
  readonly onDisk: boolean;
}

export function modelsFolder(): string {
  return modelDirectory({ env: process.env, platform: process.platform, home: homedir() });
}

/** Undefined when the settings name a model that is not in the catalogue. */
export async function chosenModel({ model }: MachineSettings): Promise<ChosenModel | undefined> {
  if (model.path !== undefined) {
    const id = basename(model.path, ".gguf");
    return { id, name: id, path: model.path, onDisk: await exists(model.path) };
  }
  const entry = catalogue.find(({ id }) => id === model.id);
  if (!entry) return undefined;
  const path = join(modelsFolder(), entry.fileName);
  return { id: entry.id, name: entry.name, path, onDisk: await exists(path) };
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
