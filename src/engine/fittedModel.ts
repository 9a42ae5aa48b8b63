import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../base/log.ts";
import { fittedName } from "../model/fittedFiles.ts";
import type { GgufContents } from "../model/ggufHeader.ts";
import { freeDiskBytes, hasAmx, type Machine } from "../model/machine.ts";
import { ApiError } from "./apiError.ts";
import { type FitPlan, fitPlan } from "./fitPlan.ts";
import { deleteOthers, isWhole, makeFitted, megabytes } from "./fittedFile.ts";
import { checkMemory } from "./modelFile.ts";
import { modelFingerprint } from "./promptStates.ts";
import type { EngineConfig } from "./protocol.ts";

/** Of the way of fitting: files of another one are deleted. */
const version = 1;
const mostBytes = 4_000_000_000;

/** A file that llama.cpp can load. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: number;
}

type FitOrder = Pick<EngineConfig, "modelPath" | "fittedFolder">;

/** What of this machine says whether a model is fitted to it. */
export interface FitMachine {
  readonly hasAmx: boolean;
  readonly usesGpu: boolean;
  readonly availableMemoryBytes: number;
  /** Bytes that may still be written in a folder. */
  readonly freeDiskBytes: (folder: string) => Promise<number>;
}

/** This machine. */
export async function fitMachine(
  usesGpu: boolean,
  { availableMemoryBytes }: Pick<Machine, "availableMemoryBytes">,
): Promise<FitMachine> {
  return { hasAmx: await hasAmx(), usesGpu, availableMemoryBytes, freeDiskBytes };
}

/**
 * A copy of a model with its matrices in a form for which llama.cpp has fast code on this processor: finds it in
 * `fittedFolder`, or makes it there, which takes some seconds once. What goes wrong is logged.
 * @param contents of the model's file.
 * @returns undefined where the model is to be loaded as it is.
 */
export async function fittedModel(
  { modelPath, fittedFolder }: FitOrder,
  contents: GgufContents,
  machine: FitMachine,
  log: Log,
): Promise<ModelFile | undefined> {
  if (fittedFolder === undefined || !machine.hasAmx || machine.usesGpu) return undefined;
  // llama.cpp finds the other parts of such a model by their names.
  if (/-\d{5}-of-\d{5}\.gguf$/.test(modelPath)) return undefined;
  try {
    const plan = fitPlan(contents);
    const obstacle = plan ? obstacleTo(plan, machine) : "nothing in it would be faster";
    if (!plan || obstacle !== undefined) {
      log.debug(`The model is not fitted to this processor: ${obstacle}.`);
      return undefined;
    }
    const name = fittedName(modelPath, version, await modelFingerprint(modelPath, []));
    const path = join(fittedFolder, name);
    await deleteOthers(fittedFolder, modelPath, path, log);
    if (!(await isWhole(path, plan, log)))
      await makeFitted(modelPath, path, contents, plan, machine.freeDiskBytes, log);
    return { path, bytes: plan.fileBytes };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn(`The model was not fitted to this processor and is loaded as it is: ${reason}`);
    return undefined;
  }
}

/**
 * Loads the fitted file of a model where there is one, and the model as it is where there is none or that cannot be
 * loaded.
 */
export async function loadFitted<T>(
  order: FitOrder,
  contents: GgufContents,
  machine: FitMachine,
  load: (file: ModelFile) => Promise<T>,
  log: Log,
): Promise<T> {
  const original = { path: order.modelPath, bytes: contents.header.fileBytes };
  const fitted = await fittedModel(order, contents, machine, log);
  if (!fitted) return load(original);
  try {
    return await load(fitted);
  } catch (error) {
    // Not for the adapter's sake: it would not fit the model either.
    if (error instanceof ApiError && error.code === "bad-adapter") throw error;
    log.warn(`The model is loaded as it is, because its fitted file was not loaded: ${error}`);
    if (error instanceof ApiError && error.code === "bad-model-file")
      await rm(fitted.path, { force: true }).catch((reason: unknown) =>
        log.warn(`It was not deleted: ${reason}`),
      );
    return load(original);
  }
}

/** Why the fitted file could not be used if it were there. */
function obstacleTo({ fileBytes }: FitPlan, { availableMemoryBytes }: FitMachine): string | undefined {
  if (fileBytes > mostBytes) return `the file would have ${megabytes(fileBytes)}`;
  try {
    checkMemory(fileBytes, 0, availableMemoryBytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.message.replace(/\.$/, "");
  }
}
