import { basename } from "node:path";
import * as vscode from "vscode";
import { finishedAdaptations } from "../../model/adaptations.ts";
import { checkAdapter } from "../../model/adapterFile.ts";
import { adapterFor } from "../modelChoice.ts";
import { adaptableFolder } from "./adaptableFolder.ts";
import type { AdapterParts } from "./adapterParts.ts";
import { adaptersWith, placeName, verdictText } from "./adapterTexts.ts";

interface AdapterItem extends vscode.QuickPickItem {
  /** Empty for none, undefined to look for a file. */
  readonly path?: string;
}

/** Lets the user choose the adapter of this workspace. */
export async function chooseAdapter(parts: AdapterParts): Promise<void> {
  const model = await parts.model();
  const picked = await vscode.window.showQuickPick(items(parts), {
    title: `Wisp: Use Adapter for ${model.name}`,
    placeHolder: `It holds for ${placeName(adaptableFolder()?.fsPath)}`,
    matchOnDescription: true,
  });
  if (!picked) return;
  const path = picked.path ?? (await browse());
  if (path !== undefined) await useAdapter(parts, path);
}

/**
 * Puts an adapter to use in this workspace, once it is seen to fit the model; an empty path is none.
 * @throws {ModelStoreError} `bad-adapter`
 */
export async function useAdapter(parts: AdapterParts, path: string): Promise<void> {
  const { settings, control } = parts;
  const model = await parts.model();
  const adapter = path === "" ? undefined : await checkAdapter(path, model.path);
  const folder = adaptableFolder()?.fsPath;
  const adapters = adaptersWith(settings.machine.model.adapters, folder, path);
  await settings.update("model.adapters", Object.keys(adapters).length > 0 ? adapters : undefined);
  await control.configure();
  const place = placeName(folder);
  void vscode.window.showInformationMessage(
    adapter
      ? `Wisp: The adapter “${adapter.name}” is in use for ${place}.`
      : `Wisp: ${model.name} is in use without an adapter for ${place}.`,
  );
}

async function items({ settings, made }: AdapterParts): Promise<AdapterItem[]> {
  const current = adapterFor(settings.machine.model.adapters, adaptableFolder()?.fsPath);
  const mark = (path: string | undefined, label: string): string =>
    path === current ? `$(check) ${label}` : label;
  const adaptations = await finishedAdaptations(made);
  const known = new Set(adaptations.map(({ adapterPath }) => adapterPath));
  return [
    { label: mark(undefined, "No adapter"), path: "" },
    ...adaptations.map(({ folder, adapterPath, verdict }) => ({
      label: mark(adapterPath, basename(folder)),
      description: verdictText(verdict),
      detail: adapterPath,
      path: adapterPath,
    })),
    ...(current !== undefined && !known.has(current)
      ? [{ label: mark(current, basename(current)), detail: current, path: current }]
      : []),
    { label: "$(folder-opened) A GGUF adapter on disk…" },
  ];
}

async function browse(): Promise<string | undefined> {
  const found = await vscode.window.showOpenDialog({
    title: "A LoRA adapter as a GGUF file",
    canSelectMany: false,
    filters: { "GGUF adapters": ["gguf"], "All files": ["*"] },
  });
  return found?.[0]?.fsPath;
}
