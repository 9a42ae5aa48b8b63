import type {
  GenerateOptions,
  GenerationEvent,
  ModelRuntime,
  TokenId,
  Vocabulary,
  WeighOptions,
} from "../../../src/engine/modelRuntime.ts";
import { WorkLog } from "../../../src/engine/workLog.ts";

const special = 1000;

/** Tokens are UTF-16 units; from {@link special} on they are special. Stands in for native code only. */
export const unitVocabulary: Vocabulary = {
  bos: null,
  fim: {
    prefix: special,
    suffix: special + 1,
    middle: special + 2,
    repository: special + 3,
    file: special + 4,
  },
  tokenize: (text) => [...text].map((unit) => unit.charCodeAt(0)),
  detokenize: (tokens) =>
    tokens
      .filter((token) => token < special)
      .map((token) => String.fromCharCode(token))
      .join(""),
  isSpecial: (token) => token >= special,
  isEnd: (token) => token === special + 9,
};

/** Says `script`, one token per letter, and remembers what it was asked. */
export class ScriptedRuntime implements ModelRuntime {
  placement: ModelRuntime["placement"] = {};
  readonly contextSize = 200;
  readonly work = new WorkLog();
  readonly speed = { prefill: undefined, decode: undefined };
  readonly asked: GenerateOptions[] = [];
  readonly vocabulary: Vocabulary;
  script: readonly TokenId[];

  constructor(script: string, vocabulary: Vocabulary = unitVocabulary) {
    this.vocabulary = vocabulary;
    this.script = [...unitVocabulary.tokenize(script), special + 9];
  }

  chatPrompt(turns: readonly { content: string }[]): { tokens: TokenId[]; stop: readonly string[] } {
    return { tokens: unitVocabulary.tokenize(turns.map(({ content }) => content).join("\n")), stop: [] };
  }

  async *generate(options: GenerateOptions): AsyncGenerator<GenerationEvent, void, undefined> {
    this.asked.push(options);
    await options.breathe();
    const evaluated = options.tokens.length - 2;
    yield { type: "read", tokens: evaluated };
    yield { type: "prompt", cached: 2, evaluated, ms: 1 };
    // Foreseen, but not decoded.
    const told = options.maxTokens === 0 && options.alternatives !== undefined ? 1 : options.maxTokens;
    for (const token of this.script.slice(0, told)) {
      yield { type: "token", token, probability: 0.5, alternatives: [] };
      await options.breathe();
    }
  }

  /** Gives every token the probability one half and the token after it in the alphabet as the alternative. */
  async *weigh({ tokens, from, breathe }: WeighOptions): AsyncGenerator<GenerationEvent, void, undefined> {
    await breathe();
    yield { type: "read", tokens: tokens.length };
    yield { type: "prompt", cached: 0, evaluated: tokens.length, ms: 1 };
    for (const token of tokens.slice(from))
      yield {
        type: "token",
        token,
        probability: 0.5,
        alternatives: [{ token: token + 1, probability: 0.25 }],
      };
  }

  async dispose(): Promise<void> {}
}
