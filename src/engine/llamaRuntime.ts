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
import type { Log } from "../base/log.ts";
import { readMachine } from "../model/machine.ts";
import { ApiError, invalid } from "./apiError.ts";
import { jsonObjectGrammar } from "./jsonGrammar.ts";
import { LlamaVocabulary } from "./llamaVocabulary.ts";
import { checkMemory, checkModelFile, chooseContextSize } from "./modelFile.ts";
import type {
  AnswerForm,
  ChatTurn,
  GenerateOptions,
  GenerationEvent,
  ModelRuntime,
  TokenId,
} from "./modelRuntime.ts";
import { MovingRate } from "./movingRate.ts";
import type { EngineConfig } from "./protocol.ts";

/** Small, so that an abort frees the engine soon: one batch is the longest that nothing else can run. */
const batchTokens = 64;
const lanes = 2;

/**
 * Loads the model file into llama.cpp, without building or downloading anything.
 * @throws {ApiError} `no-model`, `bad-model-file`, `out-of-memory`
 */
export async function loadLlama(config: EngineConfig, log: Log): Promise<ModelRuntime> {
  const header = await checkModelFile(config.modelPath);
  const machine = await readMachine();
  checkMemory(header.fileBytes, 0, machine.availableMemoryBytes);
  const complaints: string[] = [];
  const llama = await getLlama({
    gpu: config.gpu === "off" ? false : "auto",
    build: "never",
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => {
      if (level === LlamaLogLevel.error || level === LlamaLogLevel.fatal) complaints.push(message.trim());
      log.debug(`llama.cpp: ${message.trim()}`);
    },
  });
  let model: LlamaModel | undefined;
  try {
    model = await llama.loadModel({ modelPath: config.modelPath, useMmap: true });
    const contextSize = chooseContextSize({
      wanted: config.contextSize,
      trained: model.trainContextSize,
      kvBytesPerToken: kvBytesPerToken(model),
      lanes,
      fileBytes: header.fileBytes,
      // Reading the file filled the page cache, which counts as available still.
      availableBytes: machine.availableMemoryBytes,
    });
    const threads = config.threads > 0 ? config.threads : Math.max(1, machine.physicalCores - 1);
    const context = await model.createContext({
      contextSize,
      sequences: lanes,
      batchSize: batchTokens,
      threads,
      failedCreationRemedy: false,
    });
    log.info(`Model loaded: ${header.architecture}, context ${contextSize}, threads ${threads}`);
    return new LlamaRuntime(llama, model, context);
  } catch (error) {
    await model?.dispose();
    await llama.dispose();
    if (error instanceof ApiError) throw error;
    if (error instanceof InsufficientMemoryError) throw new ApiError("out-of-memory", error.message);
    const reason = complaints.slice(-3).join("; ") || (error instanceof Error ? error.message : error);
    throw new ApiError("bad-model-file", `llama.cpp cannot load ${config.modelPath}: ${reason}`);
  }
}

class LlamaRuntime implements ModelRuntime {
  readonly vocabulary: LlamaVocabulary;
  readonly contextSize: number;
  readonly #llama: Llama;
  readonly #model: LlamaModel;
  readonly #sequences: Readonly<Record<GenerateOptions["lane"], LlamaContextSequence>>;
  readonly #prefill = new MovingRate();
  readonly #decode = new MovingRate();

  constructor(llama: Llama, model: LlamaModel, context: LlamaContext) {
    this.#llama = llama;
    this.#model = model;
    this.#sequences = { completion: context.getSequence(), chat: context.getSequence() };
    // The sequence keeps one place free.
    this.contextSize = context.contextSize - 1;
    this.vocabulary = new LlamaVocabulary(
      model as unknown as ConstructorParameters<typeof LlamaVocabulary>[0],
    );
  }

  get speed(): ModelRuntime["speed"] {
    return { prefill: this.#prefill.perSecond, decode: this.#decode.perSecond };
  }

  chatPrompt(turns: readonly ChatTurn[]): { tokens: TokenId[]; stop: readonly string[] } {
    const history = turns.map(({ role, content }) =>
      role === "assistant" ? { type: "model" as const, response: [content] } : { type: role, text: content },
    );
    const { contextText, stopGenerationTriggers } = resolveChatWrapper(this.#model).generateContextState({
      chatHistory: [...history, { type: "model", response: [] }],
    });
    const stop = stopGenerationTriggers.flatMap(({ values }) =>
      values.every((value) => typeof value === "string") ? [values.join("")] : [],
    );
    return { tokens: contextText.tokenize(this.#model.tokenizer), stop };
  }

  async *generate(options: GenerateOptions): AsyncGenerator<GenerationEvent, void, undefined> {
    const { tokens, maxTokens, sampling, breathe } = options;
    const sequence = this.#sequences[options.lane];
    const grammar = options.form && (await this.#grammar(options.form));
    await breathe();
    const prompt = tokens as Token[];
    // The last token is evaluated again: its logits are needed, and a prefill leaves them to the completion.
    await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
    const cached = sequence.nextTokenIndex;
    const started = performance.now();
    let at = cached;
    while (prompt.length - at > batchTokens || (maxTokens === 0 && prompt.length - at > 1)) {
      const end = Math.min(at + batchTokens, prompt.length - 1);
      const batchStart = performance.now();
      await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(at, end));
      this.#prefill.add(end - at, performance.now() - batchStart);
      at = end;
      await breathe();
    }
    if (maxTokens === 0) {
      yield { type: "prompt", cached, evaluated: at - cached, ms: performance.now() - started };
      return;
    }
    const results = sequence.evaluateWithMetadata(
      prompt.slice(at),
      { confidence: true, probabilities: options.alternatives > 0 } as {
        confidence: true;
        probabilities: true;
      },
      {
        temperature: sampling.temperature,
        topP: sampling.topP,
        topK: sampling.topK,
        minP: sampling.minP,
        ...(sampling.seed !== undefined && { seed: sampling.seed }),
        ...(grammar && {
          grammarEvaluationState: new LlamaGrammarEvaluationState({ model: this.#model, grammar }),
        }),
        yieldEogToken: true,
      },
    );
    try {
      let count = 0;
      let batchStart = performance.now();
      for await (const { token, confidence, probabilities } of results) {
        const now = performance.now();
        if (count === 0) {
          yield { type: "prompt", cached, evaluated: prompt.length - cached, ms: now - started };
          this.#prefill.add(prompt.length - at, now - batchStart);
        } else this.#decode.add(1, now - batchStart);
        // Absent unless it was asked for above.
        const alternatives = (probabilities as typeof probabilities | undefined)
          ? [...probabilities].slice(0, options.alternatives).map(([other, probability]) => ({
              token: other as TokenId,
              probability,
            }))
          : [];
        yield { type: "token", token, probability: confidence, alternatives };
        if (++count >= maxTokens || this.#model.isEogToken(token)) return;
        await breathe();
        batchStart = performance.now();
      }
    } finally {
      await results.return();
    }
  }

  async dispose(): Promise<void> {
    await this.#model.dispose();
    await this.#llama.dispose();
  }

  async #grammar(form: AnswerForm): Promise<LlamaGrammar> {
    if (form.type === "json_object") return this.#llama.createGrammar({ grammar: jsonObjectGrammar });
    try {
      return await this.#llama.createGrammarForJsonSchema(form.schema as { type: "object" });
    } catch (error) {
      throw invalid(`response_format: the schema has no grammar: ${(error as Error).message}`);
    }
  }
}

/** Keys and values of 16 bits each, for all layers. */
function kvBytesPerToken(model: LlamaModel): number {
  const { block_count, embedding_length, attention } = model.fileInfo.architectureMetadata;
  const heads = numberOf(attention?.head_count) ?? 1;
  const headSize = attention?.key_length ?? (embedding_length ?? 4096) / heads;
  return 2 * 2 * (block_count ?? 32) * headSize * (numberOf(attention?.head_count_kv) ?? heads);
}

/** Some architectures have a number per layer. */
function numberOf(value: number | readonly number[] | undefined): number | undefined {
  return typeof value === "number" || value === undefined ? value : Math.max(...value);
}
