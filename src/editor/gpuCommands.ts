import * as vscode from "vscode";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { abortableWait } from "../model/abortableWait.ts";
import type { EngineProcess } from "../model/engineProcess.ts";
import type { GpuSupport } from "../model/gpuSupport.ts";
import type { DownloadRequest } from "../model/modelDownload.ts";
import { ModelError } from "../model/modelErrors.ts";
import type { GpuState } from "./menu.ts";
import type { ModelControl } from "./modelControl.ts";
import type { ModelDownload } from "./modelDownload.ts";
import { sizeText } from "./modelTexts.ts";
import type { Settings } from "./settings.ts";

export interface GpuCommandParts {
  readonly gpu: GpuSupport;
  readonly engine: Pick<EngineProcess, "ask" | "restart">;
  readonly control: Pick<ModelControl, "configure" | "hasEngine">;
  readonly settings: Pick<Settings, "machine" | "update">;
  readonly download: Pick<ModelDownload, "run">;
  /** What was measured on the processor says nothing of the GPU, and the other way round. */
  readonly forgetSpeed: () => Promise<void>;
  /** Remembers over all windows what the user was asked. */
  readonly memory: vscode.Memento;
  readonly clock: Clock;
  readonly log: Log;
}

const loadedWithinMs = 120_000;
const askEveryMs = 250;

const askedKey = "wisp.askedForGpuSupport";

interface Health {
  readonly status: string;
  /** Both absent until the model is loaded. */
  readonly device?: string | null;
  readonly unused_gpu?: string | null;
  readonly error?: { readonly message: string };
}

/** Getting and removing what the engine needs to use a graphics processor. */
export class GpuCommands {
  readonly #parts: GpuCommandParts;

  constructor(parts: GpuCommandParts) {
    this.#parts = parts;
  }

  async state(): Promise<GpuState> {
    const { gpu } = this.#parts;
    if (!gpu.offered) return "none";
    return (await gpu.installed()) ? "present" : "absent";
  }

  async get(): Promise<void> {
    const { gpu, settings } = this.#parts;
    if (!gpu.offered) {
      void vscode.window.showInformationMessage(`Wisp: ${withoutPackage(process.platform)}`);
      return;
    }
    const { name, sizeBytes, unpackedBytes, url } = gpu.offered;
    const choice = await vscode.window.showInformationMessage(
      `Download ${name}, ${sizeText(sizeBytes)}, so that the model can run on a graphics processor?`,
      {
        modal: true,
        detail:
          `It comes once from ${new URL(url).host}, is checked, and takes ${sizeText(unpackedBytes)} beside the models. ` +
          "The graphics processor needs a driver for Vulkan. Without one, and where the model does not fit, it runs on the processor as before.",
      },
      "Download",
    );
    if (!choice || !(await this.#install())) return;
    if (settings.machine.engine.gpu === "off") await settings.update("engine.gpu", undefined);
    await this.#changed();
    // A driver may have been installed since it looked for one.
    this.#parts.engine.restart();
    await this.#tellDevice();
  }

  async remove(): Promise<void> {
    const { gpu } = this.#parts;
    const isThere = (await gpu.installed()) !== undefined || (await gpu.isOutdated());
    await gpu.remove();
    if (isThere) await this.#changed();
    void vscode.window.showInformationMessage(
      isThere ? "Wisp: The GPU support is removed." : "Wisp: There is no GPU support to remove.",
    );
  }

  /** A new version of Wisp may need a new package, and one may be damaged: nobody shall wonder why it has become slow. */
  async renewOutdated(): Promise<void> {
    const { gpu, settings, memory } = this.#parts;
    if (!gpu.offered || settings.machine.engine.gpu === "off" || !(await gpu.isOutdated())) return;
    const { sizeBytes, version } = gpu.offered;
    if (memory.get(askedKey) === version) return;
    const choice = await vscode.window.showInformationMessage(
      `Wisp: The GPU support is damaged or of another version and is needed anew (${sizeText(sizeBytes)}); until then the model runs on the processor.`,
      "Download",
      "Remove It",
      "Not Now",
    );
    if (choice === "Not Now") await memory.update(askedKey, version);
    else if (choice === "Remove It") await this.remove();
    else if (choice === "Download" && (await this.#install())) {
      await this.#changed();
      await this.#tellDevice();
    }
  }

  async #install(): Promise<boolean> {
    const { gpu, download, memory } = this.#parts;
    if (!gpu.offered) return false;
    const { name, sizeBytes } = gpu.offered;
    const bring = (request: DownloadRequest) => gpu.install(request);
    if ((await download.run({ name, sizeBytes, bring })) === undefined) return false;
    await memory.update(askedKey, undefined);
    return true;
  }

  async #changed(): Promise<void> {
    await this.#parts.forgetSpeed();
    await this.#parts.control.configure();
  }

  async #tellDevice(): Promise<void> {
    if (!this.#parts.control.hasEngine) {
      void vscode.window.showInformationMessage(
        "Wisp: The GPU support is there, and is used as soon as a model runs inside.",
      );
      return;
    }
    const { window } = vscode;
    const location = vscode.ProgressLocation.Window;
    const { device, why } = await window.withProgress({ location, title: "Wisp loads the model" }, () =>
      this.#placement(),
    );
    if (device) {
      void window.showInformationMessage(`Wisp: The model runs on ${device} now.`);
      return;
    }
    const choice = await window.showWarningMessage(
      `Wisp: The GPU support is there, and the model runs on the processor all the same: ${why}`,
      "Show Log",
      "Remove It",
    );
    if (choice === "Show Log") await vscode.commands.executeCommand("wisp.showLog");
    else if (choice === "Remove It") await this.remove();
  }

  /** Loads the model, and tells on which GPUs it runs or why on none. @throws {ModelError} */
  async #placement(): Promise<{ readonly device?: string; readonly why?: string }> {
    const { engine, clock } = this.#parts;
    const late = AbortSignal.timeout(loadedWithinMs);
    try {
      for (;;) {
        const answer = await engine.ask({ method: "GET", path: "/health?load=1" }, late);
        const { status, device, unused_gpu: why, error } = JSON.parse(await answer.text()) as Health;
        if (device) return { device };
        if (device === null) return { why: why ?? "the log tells more." };
        if (status === "error") throw notLoaded(error?.message ?? status);
        await abortableWait(clock, askEveryMs, late);
      }
    } catch (error) {
      throw late.aborted ? notLoaded(`it takes longer than ${loadedWithinMs / 1000} s`) : error;
    }
  }
}

function notLoaded(why: string): ModelError {
  return new ModelError(
    "bad-model-file",
    `The model could not be loaded: ${why}`,
    "See Wisp's log; “Wisp: Remove GPU Support” takes back what was changed.",
  );
}

function withoutPackage(platform: NodeJS.Platform): string {
  return platform === "darwin"
    ? "On a Mac with Apple's processor the model uses the GPU already; for others there is no GPU support."
    : `There is no GPU support for ${platform} on ${process.arch} in this version. A server with a GPU works everywhere: Wisp: Connect to a Server….`;
}
