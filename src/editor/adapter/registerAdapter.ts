import { join } from "node:path";
import * as vscode from "vscode";
import type { DisposableStore } from "../../base/disposable.ts";
import { ModelError } from "../../model/modelErrors.ts";
import { reporting } from "../commands.ts";
import type { EmbeddedModels } from "../modelControl.ts";
import type { AdapterParts } from "./adapterParts.ts";
import { adaptWorkspace } from "./adaptWorkspace.ts";
import { chooseAdapter } from "./useAdapter.ts";

export interface RegisterAdapterParts extends Pick<AdapterParts, "settings" | "control" | "log"> {
  readonly context: vscode.ExtensionContext;
  readonly embedded: EmbeddedModels;
}

/** Registers the commands that adapt the embedded model to the user's code. */
export function registerAdapter(
  { context, embedded, settings, control, log }: RegisterAdapterParts,
  disposables: DisposableStore,
): void {
  const storage = context.globalStorageUri.fsPath;
  const parts: AdapterParts = {
    settings,
    control,
    log,
    made: join(storage, "adapters"),
    environment: join(storage, "lab"),
    lab: context.asAbsolutePath("lab"),
    model: async () => {
      const model = await embedded.plain(settings.machine);
      if (model?.path !== undefined) return { ...model, path: model.path };
      throw new ModelError("no-model", "There is no embedded model to adapt.", "Run “Wisp: Choose Model…”.");
    },
  };
  const commands = {
    "wisp.useAdapter": () => chooseAdapter(parts),
    "wisp.adaptWorkspace": () => adaptWorkspace(parts),
  };
  for (const [id, command] of Object.entries(commands)) {
    disposables.add(vscode.commands.registerCommand(id, reporting(id, command, log)));
  }
}
