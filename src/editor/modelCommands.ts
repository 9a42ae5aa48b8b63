import { rm } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import type { Log } from "../base/log.ts";
import { WispError } from "../base/wispError.ts";
import { type CatalogueEntry, catalogue, defaultModelId } from "../model/catalogue.ts";
import { readGgufHeader } from "../model/ggufHeader.ts";
import { readMachine } from "../model/machine.ts";
import { memoryFit as fitOf, recommend } from "../model/recommendation.ts";
import { exists, modelsFolder } from "./modelChoice.ts";
import type { ModelControl } from "./modelControl.ts";
import type { ModelDownload } from "./modelDownload.ts";
import { modelTexts, sizeText } from "./modelTexts.ts";
import type { Settings } from "./settings.ts";

export interface ModelCommandParts {
  readonly settings: Settings;
  readonly control: ModelControl;
  readonly download: ModelDownload;
  /** Remembers over all windows what the user was asked. */
  readonly memory: vscode.Memento;
  readonly log: Log;
}

const askedKey = "wisp.askedForModel";

interface ModelItem extends vscode.QuickPickItem {
  readonly entry?: CatalogueEntry;
  readonly ownFile?: true;
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
    if (picked?.ownFile) await this.#chooseFile();
    else if (picked?.entry) await this.#useEntry(picked.entry);
  }

  /** Asks, once per user, whether the recommended model may be downloaded. */
  async firstRun(): Promise<void> {
    const { memory, settings, control } = this.#parts;
    const { machine } = settings;
    if (machine.backend === "server" || machine.model.path || control.name || memory.get(askedKey)) return;
    const entry = catalogue.find(({ id }) => id === machine.model.id) ?? (await this.#recommended());
    const choice = await vscode.window.showInformationMessage(
      `Wisp needs a code model for its suggestions: ${entry.name}, ${sizeText(entry.sizeBytes)} from ${this.#source()}. ` +
        "It is downloaded once and then runs on this machine.",
      "Download",
      "Choose Other…",
      "Not Now",
    );
    // Closed without an answer, for example with the window: the question comes again next time.
    if (choice === undefined) return;
    await memory.update(askedKey, true);
    if (choice === "Download") await this.#useEntry(entry);
    else if (choice === "Choose Other…") await this.choose();
  }

  async remove(): Promise<void> {
    const files = await Promise.all(
      catalogue.map(async (entry) => ({ entry, path: join(modelsFolder(), entry.fileName) })),
    );
    const found = [];
    for (const file of files) if (await exists(file.path)) found.push(file);
    if (found.length === 0) {
      void vscode.window.showInformationMessage(`Wisp: There are no models in ${modelsFolder()}.`);
      return;
    }
    const picked = await vscode.window.showQuickPick(
      found.map((file) => ({
        ...file,
        label: file.entry.name,
        description: sizeText(file.entry.sizeBytes),
        detail: file.path,
      })),
      { title: "Wisp: Remove Models", canPickMany: true },
    );
    if (!picked || picked.length === 0) return;
    const freed = picked.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
    const confirmed = await vscode.window.showWarningMessage(
      `Remove ${picked.map(({ label }) => label).join(", ")} and free ${sizeText(freed)}?`,
      { modal: true, detail: "All windows use the same files." },
      "Remove",
    );
    if (!confirmed) return;
    for (const { path } of picked) await rm(path, { force: true });
    this.#parts.log.info(`Removed ${picked.map(({ path }) => path).join(", ")}.`);
    await this.#parts.control.configure();
  }

  async #items(): Promise<ModelItem[]> {
    const machine = await readMachine();
    const recommended = recommend(machine);
    const current = this.#parts.settings.machine;
    const models = await Promise.all(
      catalogue.map(async (entry): Promise<ModelItem> => {
        const texts = modelTexts({
          entry,
          fit: fitOf(entry, machine),
          onDisk: await exists(join(modelsFolder(), entry.fileName)),
          chosen: current.backend === "embedded" && !current.model.path && current.model.id === entry.id,
          reason: recommended.entry.id === entry.id ? recommended.reason : undefined,
        });
        return { ...texts, entry };
      }),
    );
    return [
      ...models,
      { label: "", kind: vscode.QuickPickItemKind.Separator },
      {
        label: "$(file) A GGUF file on disk…",
        ownFile: true,
        ...(current.model.path && { description: current.model.path }),
      },
    ];
  }

  async #useEntry(entry: CatalogueEntry): Promise<void> {
    if (entry.licence.note && !(await confirmLicence(entry))) return;
    try {
      const onDisk = await exists(join(modelsFolder(), entry.fileName));
      if (!onDisk && (await this.#parts.download.run(entry)) === undefined) return;
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
    if (choice === "Try Again") await this.#useEntry(entry);
    else if (choice === "Choose Other…") await this.choose();
    else if (choice === "Show Log") await vscode.commands.executeCommand("wisp.showLog");
  }

  async #chooseFile(): Promise<void> {
    const [uri] =
      (await vscode.window.showOpenDialog({
        title: "A GGUF model file",
        canSelectMany: false,
        filters: { "GGUF models": ["gguf"], "All files": ["*"] },
      })) ?? [];
    if (!uri) return;
    // Says at once what is wrong with a file that the engine would refuse later.
    const header = await readGgufHeader(uri.fsPath);
    const { settings, control } = this.#parts;
    await settings.update("model.path", uri.fsPath);
    if (settings.machine.backend === "server") await settings.update("backend", undefined);
    await control.configure();
    const name = header.name ?? header.architecture;
    void vscode.window.showInformationMessage(
      header.hasFim
        ? `Wisp: ${name} is in use.`
        : `Wisp: ${name} is in use for chat. It has no tokens for filling in the middle, so it cannot suggest while you type.`,
    );
  }

  async #recommended(): Promise<CatalogueEntry> {
    return recommend(await readMachine()).entry;
  }

  #source(): string {
    const endpoint = this.#parts.settings.machine.downloadEndpoint ?? process.env["HF_ENDPOINT"];
    return endpoint && URL.canParse(endpoint) ? new URL(endpoint).host : "huggingface.co";
  }
}

async function confirmLicence({ name, licence }: CatalogueEntry): Promise<boolean> {
  const choice = await vscode.window.showWarningMessage(
    `${name} comes under the ${licence.name}.`,
    { modal: true, detail: licence.note ?? "" },
    "Use It",
  );
  return choice !== undefined;
}
