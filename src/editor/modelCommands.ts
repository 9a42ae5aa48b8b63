import * as vscode from "vscode";
import type { Log } from "../base/log.ts";
import { WispError } from "../base/wispError.ts";
import { type CatalogueEntry, defaultModelId } from "../model/catalogue.ts";
import type { DownloadResult } from "../model/downloadProgress.ts";
import { hubEndpoint } from "../model/endpoint.ts";
import { readMachine } from "../model/machine.ts";
import type { DownloadRequest } from "../model/modelDownload.ts";
import type { ModelStore } from "../model/modelStore.ts";
import { memoryFit as fitOf, type MeasuredSpeed, recommend } from "../model/recommendation.ts";
import type { StoredModel } from "../model/storedModel.ts";
import type { ModelControl } from "./modelControl.ts";
import type { ModelDownload } from "./modelDownload.ts";
import { modelTexts, sizeText } from "./modelTexts.ts";
import type { Settings } from "./settings.ts";

export interface ModelCommandParts {
  readonly settings: Settings;
  readonly store: ModelStore;
  readonly control: ModelControl;
  readonly download: ModelDownload;
  /** Remembers over all windows what the user was asked. */
  readonly memory: vscode.Memento;
  readonly log: Log;
  /** What was measured on this machine, if anything was. */
  readonly speed: () => MeasuredSpeed | undefined;
}

const askedKey = "wisp.askedForModel";

interface ModelItem extends vscode.QuickPickItem {
  readonly entry?: CatalogueEntry;
  /** Of a file that is not in the catalogue. */
  readonly path?: string;
  readonly browse?: true;
}

/** Choosing, downloading and removing models. */
export class ModelCommands {
  readonly #parts: ModelCommandParts;

  constructor(parts: ModelCommandParts) {
    this.#parts = parts;
  }

  async choose(): Promise<void> {
    const picked = await vscode.window.showQuickPick(this.#items(), {
      title: "Wisp: Choose Model",
      placeHolder: "The model runs inside the extension; its file is kept for all windows",
      matchOnDescription: true,
    });
    if (picked?.browse) await this.#browse();
    else if (picked?.path) await this.#useFile(picked.path);
    else if (picked?.entry) await this.use(picked.entry);
  }

  /** Asks, once per user, whether the recommended model may be downloaded. */
  async firstRun(): Promise<void> {
    const { memory, settings, store, control } = this.#parts;
    const { machine } = settings;
    if (machine.backend === "server" || machine.model.path || control.name || memory.get(askedKey)) return;
    // The default is nobody's choice.
    const chosen = store.catalogue.find(({ id }) => id === machine.model.id && id !== defaultModelId);
    const entry = chosen ?? (await this.#recommended());
    let source: string;
    try {
      source = this.#source();
    } catch (error) {
      await this.#failed(entry, error);
      return;
    }
    const choice = await vscode.window.showInformationMessage(
      `Wisp needs a code model for its suggestions: ${entry.name}, ${sizeText(entry.sizeBytes)} from ${source}. ` +
        "It is downloaded once and then runs on this machine.",
      "Download",
      "Choose Other…",
      "Not Now",
    );
    // Closed without an answer, for example with the window: the question comes again next time.
    if (choice === undefined) return;
    await memory.update(askedKey, true);
    if (choice === "Download") await this.use(entry);
    else if (choice === "Choose Other…") await this.choose();
  }

  async remove(): Promise<void> {
    const { store, control, log } = this.#parts;
    const stored = await store.list();
    if (stored.length === 0) {
      void vscode.window.showInformationMessage(`Wisp: There are no models in ${store.folder}.`);
      return;
    }
    const picked = await vscode.window.showQuickPick(stored.map(removableItem), {
      title: "Wisp: Remove Models",
      canPickMany: true,
    });
    if (!picked || picked.length === 0) return;
    const freed = picked.reduce((sum, { model }) => sum + freedBytes(model), 0);
    const confirmed = await vscode.window.showWarningMessage(
      `Remove ${picked.map(({ label }) => label).join(", ")} and free ${sizeText(freed)}?`,
      {
        modal: true,
        detail: "All windows use the same files. Files outside the models folder are only forgotten.",
      },
      "Remove",
    );
    if (!confirmed) return;
    try {
      for (const { model } of picked) {
        const { removedFiles } = await store.remove(model.id);
        log.info(`Removed ${removedFiles.join(", ") || model.path}.`);
      }
    } finally {
      await control.configure();
    }
  }

  async #items(): Promise<ModelItem[]> {
    const { store, settings } = this.#parts;
    const [machine, stored] = await Promise.all([readMachine(), store.list()]);
    const recommended = recommend(machine, this.#parts.speed());
    const { backend, model } = settings.machine;
    const inUse = (candidate: { id: string; path?: string }): boolean =>
      backend === "embedded" && (model.path ? candidate.path === model.path : candidate.id === model.id);
    const entries = store.catalogue.map((entry): ModelItem => {
      const found = stored.find(({ id }) => id === entry.id);
      const texts = modelTexts({
        entry,
        fit: fitOf(entry, machine),
        stored: found && { state: found.state, sizeBytes: found.sizeBytes },
        chosen: inUse({ id: entry.id }),
        reason: recommended.entry.id === entry.id ? recommended.reason : undefined,
      });
      return { ...texts, entry };
    });
    const files = stored
      .filter(({ entry, state }) => entry === undefined && state === "ready")
      .map(({ name, path, sizeBytes }): ModelItem => {
        const label = inUse({ id: "", path }) ? `$(check) ${name}` : name;
        return { label, description: sizeText(sizeBytes), detail: path, path };
      });
    return [
      ...entries,
      { label: "Files", kind: vscode.QuickPickItemKind.Separator },
      ...files,
      { label: "$(folder-opened) A GGUF file on disk…", browse: true },
    ];
  }

  /** Downloads the model where it is not on disk yet, and puts it into use. */
  async use(entry: CatalogueEntry): Promise<void> {
    if (entry.licence.note && !(await confirmLicence(entry))) return;
    try {
      const { store, download } = this.#parts;
      const { id, name, sizeBytes } = entry;
      const bring = (request: DownloadRequest): Promise<DownloadResult> => store.download(id, request);
      const path = await store.pathOf(id);
      if (path === undefined && (await download.run({ name, sizeBytes, bring })) === undefined) return;
    } catch (error) {
      await this.#failed(entry, error);
      return;
    }
    const { settings, control } = this.#parts;
    await settings.update("model.path", undefined);
    await settings.update("model.id", entry.id === defaultModelId ? undefined : entry.id);
    if (settings.machine.backend === "server") await settings.update("backend", undefined);
    await control.configure();
    void vscode.window.showInformationMessage(
      `Wisp: ${entry.name} is in use. Type in a file to see suggestions.`,
    );
  }

  async #failed(entry: CatalogueEntry, error: unknown): Promise<void> {
    if (!(error instanceof WispError)) throw error;
    this.#parts.log.error(`${error.code}: ${error.message}`);
    const choice = await vscode.window.showErrorMessage(
      `Wisp: ${error.message} ${error.hint}`,
      "Try Again",
      "Choose Other…",
      "Show Log",
    );
    if (choice === "Try Again") await this.use(entry);
    else if (choice === "Choose Other…") await this.choose();
    else if (choice === "Show Log") await vscode.commands.executeCommand("wisp.showLog");
  }

  async #browse(): Promise<void> {
    const [uri] =
      (await vscode.window.showOpenDialog({
        title: "A GGUF model file",
        canSelectMany: false,
        filters: { "GGUF models": ["gguf"], "All files": ["*"] },
      })) ?? [];
    if (uri) await this.#useFile(uri.fsPath);
  }

  async #useFile(path: string): Promise<void> {
    const { settings, store, control } = this.#parts;
    // Says at once what is wrong with a file that the engine would refuse later.
    const { model, header } = await store.register(path);
    await settings.update("model.path", model.path);
    if (settings.machine.backend === "server") await settings.update("backend", undefined);
    await control.configure();
    void vscode.window.showInformationMessage(
      header.hasFim
        ? `Wisp: ${model.name} is in use.`
        : `Wisp: ${model.name} is in use for chat. It has no tokens for filling in the middle, so it cannot suggest while you type.`,
    );
  }

  async #recommended(): Promise<CatalogueEntry> {
    return recommend(await readMachine(), this.#parts.speed()).entry;
  }

  #source(): string {
    return new URL(hubEndpoint(this.#parts.settings.machine.downloadEndpoint, process.env)).host;
  }
}

function removableItem(model: StoredModel): vscode.QuickPickItem & { readonly model: StoredModel } {
  const states = { ready: "", partial: ", begun", damaged: ", damaged", missing: ", gone" };
  return {
    label: model.name,
    description: `${sizeText(model.sizeBytes)}${states[model.state]}`,
    detail: model.path,
    model,
  };
}

function freedBytes({ origin, sizeBytes }: StoredModel): number {
  return origin === "registered" ? 0 : sizeBytes;
}

async function confirmLicence({ name, licence }: CatalogueEntry): Promise<boolean> {
  const choice = await vscode.window.showWarningMessage(
    `${name} comes under the ${licence.name}.`,
    { modal: true, detail: licence.note ?? "" },
    "Use It",
  );
  return choice !== undefined;
}
