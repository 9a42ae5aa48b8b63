import {
  getLlama,
  InsufficientMemoryError,
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaGrammar,
  LlamaGrammarEvaluationState,
  LlamaLogLevel,
  type LlamaModel,
  resolveChatWrapper,
  type Token,
} from "node-llama-cpp";
import { systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { readMachine } from "../model/machine.ts";
import { ApiError } from "./apiError.ts";
import { batchTokens, mostBatchTokens } from "./batchSize.ts";
import type { TokenEvent } from "./begunTokens.ts";
import { chatHistory, stopTexts } from "./chatTemplate.ts";
import { readCpuTimes } from "./cpuTimes.ts";
import { EngineSpeed } from "./engineSpeed.ts";
import { fitMachine, loadFitted, type ModelFile } from "./fittedModel.ts";
import { provideGpuPackage } from "./gpuPackage.ts";
import { KeptSequence } from "./keptSequence.ts";
import { likeliestTokens } from "./likeliestTokens.ts";
import { LineEnds } from "./lineEnds.ts";
import { grammarOf } from "./llamaGrammar.ts";
import { sampledTokens } from "./llamaSampling.ts";
import { LlamaVocabulary } from "./llamaVocabulary.ts";
import { complaintsHeard, complaintsOf, type Listener, loadFailure } from "./loadFailure.ts";
import {
  checkAdapterFile,
  checkMemory,
  checkModelFile,
  chooseContextSize,
  kvBytesPerToken,
} from "./modelFile.ts";
import type {
  ChatTurn,
  GenerateOptions,
  GenerationEvent,
  ModelRuntime,
  TokenId,
  WeighOptions,
} from "./modelRuntime.ts";
import { NextTokens } from "./nextTokens.ts";
import { patience } from "./patience.ts";
import { openPromptStates, type PromptStates } from "./promptStates.ts";
import type { EngineConfig } from "./protocol.ts";
import { readPrompt } from "./readPrompt.ts";
import { Recall } from "./recall.ts";
import { chooseThreads, ThreadGovernor } from "./threadGovernor.ts";
import { ToldNext } from "./toldNext.ts";
import { weighedTokens } from "./weighedTokens.ts";
import { epochNow, prefixLength, WorkLog } from "./workLog.ts";

const lanes = 2;

/**
 * llama.cpp itself, once per process: a second one would lose its log, because the first one's farewell, which
 * comes late, switches off the log of both. Without a model it holds next to no memory.
 */
const backends = new Map<EngineConfig["gpu"], ReturnType<typeof startBackend>>();

function backendFor(config: EngineConfig, log: Log): ReturnType<typeof startBackend> {
  const backend = backends.get(config.gpu) ?? startBackend(config, log);
  backends.set(config.gpu, backend);
  return backend;
}

async function startBackend({ gpu, gpuPackage }: EngineConfig, log: Log) {
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
  return { llama, listener };
}

/**
 * Loads the model file, and the adapter where one is wanted, into llama.cpp, without building or downloading anything.
 * @throws {ApiError} `no-model`, `bad-model-file`, `bad-adapter`, `out-of-memory`
 */
export async function loadLlama(config: EngineConfig, log: Log): Promise<ModelRuntime> {
  const contents = await checkModelFile(config.modelPath);
  const adapter = config.adapterPath && (await checkAdapterFile(config.adapterPath, config.modelPath, log));
  const machine = await readMachine();
  checkMemory(contents.header.fileBytes, 0, machine.availableMemoryBytes);
  const { llama, listener } = await backendFor(config, log);
  // A build for GPUs runs without one too.
  const devices = llama.gpu === false ? [] : await llama.getGpuDeviceNames();
  // Fast cores only where a processor has slow ones too; one is left to the editor where there are many.
  const cores = Math.min(machine.physicalCores, llama.cpuMathCores);
  const threads = chooseThreads(config.threads, cores, log);
  llama.maxThreads = threads;
  const load = async (file: ModelFile, gpuLayers: "auto" | 0 = "auto"): Promise<ModelRuntime> => {
    const complaints = complaintsOf(listener, log);
    let model: LlamaModel | undefined;
    try {
      // Before loading, so that by the first batch it has seen what else runs.
      const governor = config.threads > 0 ? undefined : new ThreadGovernor(threads, readCpuTimes);
      model = await llama.loadModel({ modelPath: file.path, useMmap: true, gpuLayers });
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
      const device = model.gpuLayers > 0 && devices.length > 0 ? devices.join(", ") : undefined;
      const place = device ?? `threads ${threads}`;
      log.info(`Model loaded: ${contents.header.architecture}, context ${contextSize}, ${place}`);
      const build = `${llama.llamaCppRelease.release} ${llama.gpu}`;
      const states = await openPromptStates({ ...config, modelPath: file.path }, build, log);
      return new LlamaRuntime({ llama, model, context, device, governor, states, log });
    } catch (error) {
      await complaintsHeard(complaints);
      await model?.dispose();
      if (devices.length > 0 && gpuLayers === "auto") {
        log.warn(`The model could not be loaded on the GPU and runs on the processor: ${String(error)}`);
        return load(file, 0);
      }
      if (error instanceof InsufficientMemoryError) throw new ApiError("out-of-memory", error.message);
      throw loadFailure(error, complaints, config);
    }
  };
  return loadFitted(config, contents, await fitMachine(devices.length > 0, machine), load, log);
}

interface RuntimeParts {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly device: string | undefined;
  /** Undefined: the number of threads stays as it is. */
  readonly governor: ThreadGovernor | undefined;
  readonly states: PromptStates | undefined;
  readonly log: Log;
}

class LlamaRuntime implements ModelRuntime {
  readonly vocabulary: LlamaVocabulary;
  readonly contextSize: number;
  readonly device: string | undefined;
  readonly work = new WorkLog();
  readonly #llama: Llama;
  readonly #model: LlamaModel;
  readonly #sequences: Readonly<Record<GenerateOptions["lane"], LlamaContextSequence>>;
  readonly #speed = new EngineSpeed();
  readonly #governor: ThreadGovernor | undefined;
  readonly #kept: KeptSequence | undefined;
  readonly #lineEnds: LineEnds<Token>;
  readonly #told = new ToldNext<Token>();
  readonly #recall = new Recall<Token>();

  constructor({ llama, model, context, device, governor, states, log }: RuntimeParts) {
    this.device = device;
    this.#llama = llama;
    this.#model = model;
    this.#governor = device === undefined ? governor : undefined;
    this.#sequences = { completion: context.getSequence(), chat: context.getSequence() };
    this.#kept = states && new KeptSequence(this.#sequences.completion, states, systemClock, log);
    // The sequence keeps one place free.
    this.contextSize = context.contextSize - 1;
    this.vocabulary = new LlamaVocabulary(
      model as unknown as ConstructorParameters<typeof LlamaVocabulary>[0],
    );
    this.#lineEnds = new LineEnds(this.vocabulary);
  }

  get speed(): ModelRuntime["speed"] {
    return this.#speed.perSecond;
  }

  chatPrompt(turns: readonly ChatTurn[]): { tokens: TokenId[]; stop: readonly string[] } {
    const template = this.#model.fileInfo.metadata.tokenizer.chat_template;
    const { contextText, stopGenerationTriggers } = resolveChatWrapper(this.#model).generateContextState({
      chatHistory: chatHistory(turns, template),
    });
    return { tokens: contextText.tokenize(this.#model.tokenizer), stop: stopTexts(stopGenerationTriggers) };
  }

  async *generate(options: GenerateOptions): AsyncGenerator<GenerationEvent, void, undefined> {
    const { tokens, maxTokens } = options;
    const readsOnly = maxTokens === 0 && options.alternatives === undefined;
    const sequence = this.#sequences[options.lane];
    const grammar = options.form && (await grammarOf(this.#llama, options.form));
    const breathe = this.#breathing(options);
    await breathe();
    const prompt = tokens as Token[];
    const kept = options.lane === "completion" ? this.#kept : undefined;
    await kept?.prepare(prompt);
    const isTold = this.#told.begins(options, sequence);
    // Unless it was told what follows the last token, that one is evaluated again: its logits are needed.
    if (!isTold) await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
    const cached = sequence.nextTokenIndex;
    const prefixTokens = prefixLength(prompt, this.vocabulary.fim);
    const read = { promptTokens: prompt.length, prefixTokens, reused: cached };
    const entry = this.work.begin({ lane: options.lane, decodes: maxTokens > 0, ...read });
    const started = performance.now();
    try {
      let at = isTold ? prompt.length - 1 : cached;
      const size = (): number => batchTokens(this.#speed.perSecond.prefill);
      const batches = { size, end: prompt.length - 1, isWhole: readsOnly, breathe };
      for await (const { tokens, ms } of readPrompt(sequence, prompt, at, batches)) {
        this.#speed.read(tokens, ms);
        entry.evaluated += tokens;
        yield { type: "read", tokens };
        at += tokens;
      }
      if (readsOnly) {
        entry.promptAt = epochNow();
        yield { type: "prompt", cached, evaluated: at - cached, ms: performance.now() - started };
        return;
      }
      const batch = isTold ? 0 : prompt.length - at;
      const results = this.#tokens(options, sequence, prompt.slice(at), grammar, isTold);
      try {
        let tokenStart = performance.now();
        for await (const event of results) {
          const ms = performance.now() - tokenStart;
          if (entry.decoded > 0) this.#speed.wrote(event, ms);
          else this.#speed.began(event, batch, ms);
          if (maxTokens > 0) entry.decoded++;
          if (entry.decoded <= 1) {
            entry.evaluated += batch;
            entry.promptAt = epochNow();
            yield { type: "read", tokens: batch };
            const evaluated = prompt.length - cached;
            yield { type: "prompt", cached, evaluated, ms: performance.now() - started };
          }
          yield event;
          if (entry.decoded >= maxTokens || this.#model.isEogToken(event.token as Token)) return;
          if (options.lane === "completion")
            await patience(this.vocabulary.detokenize([event.token], []), event.probability);
          await breathe();
          tokenStart = performance.now();
        }
      } finally {
        await results.return();
      }
    } finally {
      entry.endedAt = epochNow();
      kept?.rested();
    }
  }

  async *weigh(options: WeighOptions): AsyncGenerator<GenerationEvent, void, undefined> {
    const breathe = this.#breathing(options);
    await breathe();
    const batch = (): number => batchTokens(this.#speed.perSecond.prefill);
    yield* weighedTokens(this.#sequences[options.lane], { ...options, breathe, batch }, this.work);
  }

  #breathing({ breathe }: Pick<GenerateOptions, "breathe">): () => Promise<void> {
    return async () => {
      await breathe();
      if (this.#governor) this.#llama.maxThreads = this.#governor.threads(performance.now());
    };
  }

  #tokens(
    options: GenerateOptions,
    sequence: LlamaContextSequence,
    prompt: readonly Token[],
    grammar: LlamaGrammar | undefined,
    isTold: boolean,
  ): AsyncGenerator<TokenEvent, void, undefined> {
    if (grammar)
      return sampledTokens(sequence, prompt, options, {
        grammarEvaluationState: new LlamaGrammarEvaluationState({ model: this.#model, grammar }),
      });
    if (options.sampling.temperature > 0) return sampledTokens(sequence, prompt, options, {});
    const recall = sequence.needsCheckpoints ? undefined : this.#recall;
    const next = new NextTokens(options, this.vocabulary, this.#lineEnds, recall);
    const steps = this.#told.steps(options, sequence, this.vocabulary, isTold);
    return likeliestTokens(steps, prompt, options, this.vocabulary, next);
  }

  async dispose(): Promise<void> {
    await this.#kept?.leave();
    await this.#model.dispose();
  }
}
