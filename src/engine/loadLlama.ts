import {
  getLlama,
  InsufficientMemoryError,
  type Llama,
  LlamaLogLevel,
  type LlamaModel,
} from "node-llama-cpp";
import type { Log } from "../base/log.ts";
import { readMachine } from "../model/machine.ts";
import { ApiError } from "./apiError.ts";
import { mostBatchTokens } from "./batchSize.ts";
import { readCpuTimes } from "./cpuTimes.ts";
import { fitMachine, loadFitted, type ModelFile } from "./fittedModel.ts";
import { provideGpuPackage, withoutDevices } from "./gpuPackage.ts";
import { LlamaRuntime } from "./llamaRuntime.ts";
import { complaintsHeard, complaintsOf, type Listener, loadFailure } from "./loadFailure.ts";
import {
  checkAdapterFile,
  checkMemory,
  checkModelFile,
  chooseContextSize,
  kvBytesPerToken,
} from "./modelFile.ts";
import type { ModelRuntime } from "./modelRuntime.ts";
import { openPromptStates } from "./promptStates.ts";
import type { EngineConfig } from "./protocol.ts";
import { chooseThreads, ThreadGovernor } from "./threadGovernor.ts";

const lanes = 2;

interface Backend {
  readonly llama: Llama;
  readonly listener: Listener;
  /** Names of the GPUs that it can use; a build for GPUs runs without one too. */
  readonly devices: readonly string[];
}

/**
 * llama.cpp itself, once per process and kind: a second one would lose its log, because the first one's farewell, which
 * comes late, switches off the log of both. Without a model it holds next to no memory.
 */
const backends = new Map<EngineConfig["gpu"], Promise<Backend>>();

function backendFor(config: Pick<EngineConfig, "gpu" | "gpuPackage">, log: Log): Promise<Backend> {
  const backend = backends.get(config.gpu) ?? startBackend(config, log);
  backends.set(config.gpu, backend);
  return backend;
}

async function startBackend(
  { gpu, gpuPackage }: Pick<EngineConfig, "gpu" | "gpuPackage">,
  log: Log,
): Promise<Backend> {
  if (gpu !== "off" && gpuPackage) provideGpuPackage(gpuPackage, log);
  const listener: Listener = { hear: () => {} };
  const llama = await getLlama({
    gpu: gpu === "off" ? false : "auto",
    build: "never",
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => listener.hear(level, message.trim()),
  });
  const devices = llama.gpu === false ? [] : await namesOfDevices(llama, log);
  return { llama, listener, devices };
}

async function namesOfDevices(llama: Llama, log: Log): Promise<readonly string[]> {
  try {
    return await llama.getGpuDeviceNames();
  } catch (error) {
    log.warn(`The GPUs could not be listed: ${(error as Error).message}`);
    return [];
  }
}

/**
 * Loads the model file, and the adapter where one is wanted, into llama.cpp, without building or downloading anything: on
 * the GPU where there is one that takes it, else on the processor.
 * @throws {ApiError} `no-model`, `bad-model-file`, `bad-adapter`, `out-of-memory`
 */
export async function loadLlama(config: EngineConfig, log: Log): Promise<ModelRuntime> {
  const contents = await checkModelFile(config.modelPath);
  const adapter = config.adapterPath && (await checkAdapterFile(config.adapterPath, config.modelPath, log));
  const order = { config, contents, ...(adapter && { adapter }) };
  const backend = await backendFor(config, log);
  const { devices, llama } = backend;
  if (devices.length === 0) {
    const isMissed = config.gpu !== "off" && config.gpuPackage !== undefined;
    const unusedGpu = isMissed ? withoutDevices(llama.gpu !== false) : undefined;
    if (unusedGpu !== undefined) log.warn(`The GPU support is not used: ${unusedGpu}`);
    return loadOn(backend, { ...order, unusedGpu }, log);
  }
  try {
    return await loadOn(backend, order, log);
  } catch (error) {
    if (error instanceof ApiError && error.code === "bad-adapter") throw error;
    const unusedGpu = `on ${devices.join(", ")} the model could not be loaded: ${(error as Error).message}`;
    // Of a build for GPUs large batches go to the GPU, also where no layer of the model lies there.
    const other = await backendFor({ gpu: "off" }, log).catch((failure: Error) => {
      log.debug(`There is no build for the processor alone: ${failure.message}`);
    });
    log.warn(`The processor is tried, because ${unusedGpu}`);
    return loadOn(other ?? { ...backend, devices: [] }, { ...order, unusedGpu }, log);
  }
}

interface Order {
  readonly config: EngineConfig;
  readonly contents: Awaited<ReturnType<typeof checkModelFile>>;
  readonly adapter?: Exclude<Awaited<ReturnType<typeof checkAdapterFile>>, undefined>;
  /** Why the GPU that was wanted is not used. */
  readonly unusedGpu?: string | undefined;
}

async function loadOn(
  { llama, listener, devices }: Backend,
  { config, contents, adapter, unusedGpu }: Order,
  log: Log,
): Promise<ModelRuntime> {
  const machine = await readMachine();
  checkMemory(contents.header.fileBytes, 0, machine.availableMemoryBytes);
  // Fast cores only where a processor has slow ones too; one is left to the editor where there are many.
  const cores = Math.min(machine.physicalCores, llama.cpuMathCores);
  const threads = chooseThreads(config.threads, cores, log);
  llama.maxThreads = threads;
  const load = async (file: ModelFile): Promise<ModelRuntime> => {
    const complaints = complaintsOf(listener, log);
    let model: LlamaModel | undefined;
    try {
      // Before loading, so that by the first batch it has seen what else runs.
      const governor = config.threads > 0 ? undefined : new ThreadGovernor(threads, readCpuTimes);
      // Where a build for GPUs is the only one (on Apple's processors), it runs the model on the processor too.
      const onProcessor = devices.length === 0 && llama.gpu !== false;
      const placed = onProcessor ? { gpuLayers: 0 } : {};
      model = await llama.loadModel({ modelPath: file.path, useMmap: true, ...placed });
      const { gpuLayers } = model;
      const { totalLayers } = model.fileInsights;
      if (devices.length > 0 && gpuLayers === 0)
        throw new ApiError("out-of-memory", "None of its layers fits into the GPU's memory.");
      const contextSize = chooseContextSize({
        wanted: config.contextSize,
        trained: model.trainContextSize,
        kvBytesPerToken: kvBytesPerToken(model.fileInfo.architectureMetadata),
        lanes,
        fileBytes: file.bytes,
        // Reading the file filled the page cache, which counts as available still.
        availableBytes: machine.availableMemoryBytes,
      });
      const context = await model.createContext({
        contextSize,
        sequences: lanes,
        batchSize: mostBatchTokens,
        threads: { ideal: threads, min: 1 },
        failedCreationRemedy: false,
        ...(adapter && { lora: { adapters: [{ filePath: adapter.path }] } }),
      });
      const isWhole = devices.length > 0 && gpuLayers >= totalLayers;
      const part = isWhole ? "" : ` (${gpuLayers} of ${totalLayers} layers)`;
      const device = devices.length > 0 ? `${devices.join(", ")}${part}` : undefined;
      const place = device ?? `threads ${threads}`;
      log.info(`Model loaded: ${contents.header.architecture}, context ${contextSize}, ${place}`);
      const build = `${llama.llamaCppRelease.release} ${llama.gpu}`;
      const states = await openPromptStates({ ...config, modelPath: file.path }, build, log);
      const placement = { device, unusedGpu };
      return new LlamaRuntime({
        llama,
        model,
        context,
        placement,
        governor: isWhole ? undefined : governor,
        states,
        log,
      });
    } catch (error) {
      await complaintsHeard(complaints);
      await model?.dispose();
      if (error instanceof InsufficientMemoryError) throw new ApiError("out-of-memory", error.message);
      throw loadFailure(error, complaints, config);
    }
  };
  return loadFitted(config, contents, await fitMachine(devices.length > 0, machine), load, log);
}
