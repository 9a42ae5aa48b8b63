import { ModelError } from "../model/modelErrors.ts";
import type { ChosenModel } from "./modelControl.ts";
import type { MachineSettings } from "./settingValues.ts";

/** What is wrong with the settings' choice; undefined where the model is only not on disk yet. */
export function wrongChoice(
  { id, path }: MachineSettings["model"],
  model: ChosenModel | undefined,
  known: readonly string[],
): ModelError | undefined {
  if (path !== undefined) {
    return new ModelError("bad-model-file", `The model file ${path} is not there.`, "Choose another model.");
  }
  if (model) return undefined;
  return new ModelError(
    "bad-model-file",
    `There is no model “${id}” in the catalogue.`,
    `Known: ${known.join(", ")}.`,
  );
}

/** Also where the address that is set cannot be used, which is told apart. */
export function noAddress(): ModelError {
  return new ModelError(
    "unreachable",
    "wisp.backend is “server”, but no address of a server is set that can be used.",
    "Run “Wisp: Connect to a Server…”, or set wisp.server.url.",
  );
}

export function noEngine(): ModelError {
  return new ModelError(
    "unreachable",
    "This package of Wisp has no engine for this machine.",
    "Install the package for your platform, or set wisp.backend to server.",
  );
}

/** Why nothing answers where VS Code itself runs in a browser. */
export function engineInBrowser(): ModelError {
  return new ModelError(
    "unreachable",
    "The embedded engine is a program of its own, and VS Code in a browser cannot start programs.",
    "Run “Wisp: Connect to a Server…”: suggestions then come from there.",
  );
}
