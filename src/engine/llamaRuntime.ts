import {
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaGrammar,
  LlamaGrammarEvaluationState,
  type LlamaModel,
  resolveChatWrapper,
  type Token,
} from "node-llama-cpp";
import { systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { batchTokens } from "./batchSize.ts";
import type { TokenEvent } from "./begunTokens.ts";
import { chatHistory, stopTexts } from "./chatTemplate.ts";
import { EngineSpeed } from "./engineSpeed.ts";
import { KeptSequence } from "./keptSequence.ts";
import { likeliestTokens } from "./likeliestTokens.ts";
import { LineEnds } from "./lineEnds.ts";
import { grammarOf } from "./llamaGrammar.ts";
import { sampledTokens } from "./llamaSampling.ts";
import { LlamaVocabulary } from "./llamaVocabulary.ts";
import type {
  ChatTurn,
  GenerateOptions,
  GenerationEvent,
  ModelRuntime,
  Placement,
  TokenId,
  WeighOptions,
} from "./modelRuntime.ts";
import { NextTokens } from "./nextTokens.ts";
import { patience } from "./patience.ts";
import type { PromptStates } from "./promptStates.ts";
import { readPrompt } from "./readPrompt.ts";
import { Recall } from "./recall.ts";
import type { ThreadGovernor } from "./threadGovernor.ts";
import { ToldNext } from "./toldNext.ts";
import { weighedTokens } from "./weighedTokens.ts";
import { epochNow, prefixLength, WorkLog } from "./workLog.ts";

export interface RuntimeParts {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly placement: Placement;
  /** Undefined: the number of threads stays as it is. */
  readonly governor: ThreadGovernor | undefined;
  readonly states: PromptStates | undefined;
  readonly log: Log;
}

/** A model that llama.cpp has loaded. */
export class LlamaRuntime implements ModelRuntime {
  readonly vocabulary: LlamaVocabulary;
  readonly contextSize: number;
  readonly placement: Placement;
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

  constructor({ llama, model, context, placement, governor, states, log }: RuntimeParts) {
    this.placement = placement;
    this.#llama = llama;
    this.#model = model;
    this.#governor = governor;
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
